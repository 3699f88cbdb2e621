// What the measuring kernels compute, from their definitions, in float64.
import { type NdArray, ndarray } from "./ndarray.ts";

const CHAINS = 12;

/** x ← a x + b, 4 · rounds times, from ((i + 5c) mod 16) / 16; y_i = Σ_c x_c. */
export function chains(lanes: number, rounds: number, { a, b }: { a: number; b: number }): NdArray {
  const y = new Float64Array(lanes);
  for (let i = 0; i < lanes; i++) {
    for (let c = 0; c < CHAINS; c++) {
      let x = ((i + 5 * c) % 16) / 16;
      for (let k = 0; k < 4 * rounds; k++) x = a * x + b;
      y[i]! += x;
    }
  }
  return ndarray([lanes], y);
}

/** y_i = Σ_k Σ_j x[(i + k) mod G, j], k < rounds, of x [G, 4]. */
export function shared({ shape, data }: NdArray, lanes: number, rounds: number): NdArray {
  const [G = 1] = shape;
  const y = new Float64Array(lanes);
  for (let i = 0; i < lanes; i++) {
    for (let k = 0; k < rounds; k++) {
      for (let j = 0; j < 4; j++) y[i]! += data[4 * ((i + k) % G) + j]!;
    }
  }
  return ndarray([lanes], y);
}
