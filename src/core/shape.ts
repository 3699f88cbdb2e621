// Shapes: lists of extents, row-major, and the checks every operation makes of them.
import { ShapeError } from "./errors.ts";

export type Shape = readonly number[];

/** Number of elements of a shape; 1 for a scalar's []. */
export const sizeOf = (shape: Shape): number => shape.reduce((product, n) => product * n, 1);

export const showShape = (shape: Shape): string => `[${shape.join(", ")}]`;

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((n, i) => n === b[i]);

export const ceilDiv = (a: number, b: number): number => Math.ceil(a / b);

export const roundUp = (value: number, multiple: number): number =>
  ceilDiv(value, multiple) * multiple;

/** @throws ShapeError unless `shape` is `expected` */
export function requireShape(operation: string, name: string, shape: Shape, expected: Shape): void {
  if (sameShape(shape, expected)) return;
  throw new ShapeError(
    "shape/mismatch",
    `${operation}: ${name} must be ${showShape(expected)}, got ${showShape(shape)}.`,
    "Check which tensor was passed.",
  );
}

/** The four extents of an image tensor [N, C, H, W]. @throws ShapeError for any other rank */
export function shape4(operation: string, shape: Shape): [number, number, number, number] {
  if (shape.length === 4) return shape as unknown as [number, number, number, number];
  throw new ShapeError(
    "shape/rank",
    `${operation}: needs images [N, C, H, W], got ${showShape(shape)}.`,
    "Reshape the tensor to four extents.",
  );
}

/** That groups do not divide channels, and what does. */
export function groupsError(message: string, channels: number): ShapeError {
  const all = Array.from({ length: channels }, (_, i) => i + 1);
  const divisors = all.filter((divisor) => channels % divisor === 0);
  return new ShapeError(
    "shape/groups",
    message,
    `Divisors of ${channels}: ${divisors.join(", ")}.`,
  );
}
