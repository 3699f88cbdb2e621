// Winograd's F(2×2, 3×3) in float64, from its matrices, and what rounding may do to it.
//
//   tile of y = Aᵀ [ Σ_c (G g Gᵀ) ⊙ (Bᵀ d B) ] A        [Lavin & Gray 2016, arXiv:1509.09308, §4.1]
//
// Every step multiplies and adds. On absolute values of the numbers and of the matrices it gives
// Σ|terms| of all that the float32 kernel sums, its transforms written out: to first order, c · ε · that
// bounds its error, as Σ|terms| of the definition bounds the direct kernel's. It is larger, for most of
// the terms cancel: of numbers of one size a pixel of y has 9 terms a channel by the definition, and
// 4 · (1 + 1.5 + 1.5)² = 64 here.
import { extents4, mapArray, type NdArray, ndarray } from "./ndarray.ts";

export type Matrix = readonly (readonly number[])[];

export interface Transforms {
  pixels: Matrix;
  taps: Matrix;
  back: Matrix;
}

/** Bᵀ, G and Aᵀ. */
export const TRANSFORMS: Transforms = {
  pixels: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  taps: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  back: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

const absoluteOf = (matrix: Matrix) => matrix.map((row) => row.map(Math.abs));

/** Their absolute values. */
export const ABSOLUTES: Transforms = {
  pixels: absoluteOf(TRANSFORMS.pixels),
  taps: absoluteOf(TRANSFORMS.taps),
  back: absoluteOf(TRANSFORMS.back),
};

export interface WinogradInputs {
  /** [N, C, H, W] */
  x: NdArray;
  /** [O, C, 3, 3] */
  weight: NdArray;
}

interface Options {
  padding: { top: number; bottom: number; left: number; right: number };
}

/** y = weight ⋆ x, in a frame of zeros. */
export function winograd(
  { x, weight }: WinogradInputs,
  { padding: { top, bottom, left, right } }: Options,
  { pixels, taps, back }: Transforms = TRANSFORMS,
): NdArray {
  const [N, C, H, W] = extents4(x);
  const [O] = extents4(weight);
  const y = ndarray([N, O, H + top + bottom - 2, W + left + right - 2]);
  const [, , outH, outW] = extents4(y);
  const pixel = (n: number, c: number, i: number, j: number) =>
    i < 0 || j < 0 || i >= H || j >= W ? 0 : x.data[((n * C + c) * H + i) * W + j]!;
  const filters = Array.from({ length: O * C }, (_, oc) =>
    sandwich(
      taps,
      grid(3, (u, v) => weight.data[(oc * 3 + u) * 3 + v]!),
    ),
  );
  for (const [n, down, across] of indices(N, Math.ceil(outH / 2), Math.ceil(outW / 2))) {
    const [i, j] = [2 * down, 2 * across];
    const patches = Array.from({ length: C }, (_, c) =>
      sandwich(
        pixels,
        grid(4, (u, v) => pixel(n, c, i + u - top, j + v - left)),
      ),
    );
    for (let o = 0; o < O; o++) {
      const products = grid(4, (u, v) =>
        patches.reduce((sum, patch, c) => sum + filters[o * C + c]![u]![v]! * patch[u]![v]!, 0),
      );
      for (const [u, row] of sandwich(back, products).entries()) {
        for (const [v, value] of row.entries()) {
          const isInside = i + u < outH && j + v < outW;
          if (isInside) y.data[((n * O + o) * outH + i + u) * outW + j + v] = value;
        }
      }
    }
  }
  return y;
}

/** dx of Σ y · dy: the same of dy, with the taps turned round and the channels exchanged. */
export function winogradBackward(
  { weight, dy }: { weight: NdArray; dy: NdArray },
  { padding }: Options,
  transforms?: Transforms,
): NdArray {
  const [O, C] = extents4(weight);
  const turned = mapArray(ndarray([C, O, 3, 3]), (_, i) => {
    const [c, o, tap] = [Math.floor(i / 9 / O), Math.floor(i / 9) % O, i % 9];
    return weight.data[(o * C + c) * 9 + 8 - tap]!;
  });
  const { top, bottom, left, right } = padding;
  const turnedPadding = { top: 2 - top, bottom: 2 - bottom, left: 2 - left, right: 2 - right };
  return winograd({ x: dy, weight: turned }, { padding: turnedPadding }, transforms);
}

export const grid = (size: number, value: (u: number, v: number) => number) =>
  Array.from({ length: size }, (_, u) => Array.from({ length: size }, (_, v) => value(u, v)));

/** L m Lᵀ. */
export function sandwich(L: Matrix, m: Matrix): number[][] {
  const columns = m[0]!.map((_, j) =>
    L.map((l) =>
      dot(
        l,
        m.map((row) => row[j]!),
      ),
    ),
  );
  return L.map((_, i) =>
    L.map((l) =>
      dot(
        l,
        columns.map((column) => column[i]!),
      ),
    ),
  );
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

export function* indices(N: number, H: number, W: number): Generator<[number, number, number]> {
  for (let n = 0; n < N; n++)
    for (let h = 0; h < H; h++) for (let w = 0; w < W; w++) yield [n, h, w];
}
