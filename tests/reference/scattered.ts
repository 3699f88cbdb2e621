// Inputs that look random, and the scalar product: for tests of gradients. Needs no test framework.
import { mapArray, type NdArray, ndarray } from "./ndarray.ts";

/** Σ y·dy: the scalar whose gradients every backward twin gives. */
export function inner(y: NdArray, dy: NdArray): number {
  return y.data.reduce((sum, value, i) => sum + value * dy.data[i]!, 0);
}

/** Numbers in [−1, 1) that look random: the same for the same shape and seed. */
export function scattered(shape: readonly number[], seed: number): NdArray {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return mapArray(ndarray(shape), () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes' generator
    return state / 2 ** 31 - 1;
  });
}
