// Rows of a table by index in float64: the class embedding. The twin of embedding.wgsl.
import { type NdArray, ndarray } from "./ndarray.ts";

/** y[n, c] = table[indices[n], c]; table [rows, C], y [N, C]. */
export function embedding(table: NdArray, indices: ArrayLike<number>): NdArray {
  const C = table.shape[1]!;
  const y = ndarray([indices.length, C]);
  for (let n = 0; n < indices.length; n++) {
    for (let c = 0; c < C; c++) y.data[n * C + c] = table.data[indices[n]! * C + c]!;
  }
  return y;
}

/** dtable[r, c] = Σ dy[n, c] over the n whose index is r: rows that nobody asked for get 0. */
export function embeddingBackward(dy: NdArray, indices: ArrayLike<number>, rows: number): NdArray {
  const C = dy.shape[1]!;
  const dtable = ndarray([rows, C]);
  for (let n = 0; n < indices.length; n++) {
    for (let c = 0; c < C; c++) dtable.data[indices[n]! * C + c]! += dy.data[n * C + c]!;
  }
  return dtable;
}
