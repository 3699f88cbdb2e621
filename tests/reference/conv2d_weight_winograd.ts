// Winograd's F(3×3, 2×2) in float64, from its matrices: a convolution's gradient by its taps.
//
//   dg = Gᵀ [ Σ (A dY Aᵀ) ⊙ (Bᵀ d B) ] G, over the 2×2 tiles of dy   [the transpose of conv2d_winograd.ts in g]
//
// On absolute values of the numbers and of the matrices it gives Σ|terms| of all that the float32 kernel
// sums, as conv2d_winograd.ts has it: of numbers of one size up to 9 times the definition's.
import {
  grid,
  indices,
  type Matrix,
  sandwich,
  TRANSFORMS,
  type Transforms,
} from "./conv2d_winograd.ts";
import { extents4, type NdArray, ndarray } from "./ndarray.ts";

interface Options {
  padding: { top: number; bottom: number; left: number; right: number };
}

/** dweight [O, C, 3, 3] of z [N, C, H, W], in a frame of zeros, and dy [N, O, outH, outW]. */
export function winogradWeight(
  { z, dy }: { z: NdArray; dy: NdArray },
  { padding: { top, left } }: Options,
  { pixels, taps, back }: Transforms = TRANSFORMS,
): NdArray {
  const [N, C] = extents4(z);
  const [, O, outH, outW] = extents4(dy);
  const sums = Array.from({ length: O * C }, () => grid(4, () => 0));
  for (const [n, down, across] of indices(N, Math.ceil(outH / 2), Math.ceil(outW / 2))) {
    const [i, j] = [2 * down, 2 * across];
    const patches = Array.from({ length: C }, (_, c) =>
      sandwich(pixels, square(z, { plane: n * C + c, i: i - top, j: j - left, size: 4 })),
    );
    const tiles = Array.from({ length: O }, (_, o) =>
      sandwich(transposed(back), square(dy, { plane: n * O + o, i, j, size: 2 })),
    );
    for (const [o, c, u] of indices(O, C, 4)) {
      const row = sums[o * C + c]![u]!;
      for (const v of row.keys()) row[v]! += tiles[o]![u]![v]! * patches[c]![u]![v]!;
    }
  }
  const ends = transposed(taps);
  return ndarray(
    [O, C, 3, 3],
    sums.flatMap((places) => sandwich(ends, places).flat()),
  );
}

/** Pixels from i, j on, zeros outside the plane. */
function square(
  images: NdArray,
  { plane, i, j, size }: { plane: number; i: number; j: number; size: number },
): number[][] {
  const [, , H, W] = extents4(images);
  return grid(size, (u, v) => {
    const [y, x] = [i + u, j + v];
    return y < 0 || x < 0 || y >= H || x >= W ? 0 : images.data[(plane * H + y) * W + x]!;
  });
}

const transposed = (matrix: Matrix): Matrix =>
  matrix[0]!.map((_, j) => matrix.map((row) => row[j]!));
