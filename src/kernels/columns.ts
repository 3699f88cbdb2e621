// Columns of a matrix: what a layer reads of a product that many layers share.
import { requireShape } from "../core/shape.ts";
import type { Tensor } from "../graph/tensor.ts";

/** As many columns of a matrix [N, all] as a layer needs, from `first` on. */
export interface Columns {
  readonly of: Tensor;
  readonly first: number;
}

/** @throws ShapeError unless the matrix has these rows, and columns enough */
export function requireColumns(
  operation: string,
  name: string,
  { of, first }: Columns,
  [rows, columns]: readonly [number, number],
): void {
  const all = Math.max(of.shape[1] ?? 0, first + columns);
  requireShape(operation, name, of.shape, [rows, all]);
}
