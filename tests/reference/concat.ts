// Concatenation along channels in float64: y = channels of a, then of b. The twin of concat.wgsl.
import { extents4, type NdArray, ndarray } from "./ndarray.ts";

/** y [N, Ca + Cb, H, W] from a [N, Ca, H, W] and b [N, Cb, H, W]. */
export function concatChannels(a: NdArray, b: NdArray): NdArray {
  const [N, Ca, H, W] = extents4(a);
  const Cb = extents4(b)[1];
  const C = Ca + Cb;
  const pixels = H * W;
  const y = ndarray([N, C, H, W]);
  for (let n = 0; n < N; n++) {
    for (let c = 0; c < C; c++) {
      for (let p = 0; p < pixels; p++) {
        y.data[(n * C + c) * pixels + p] =
          c < Ca ? a.data[(n * Ca + c) * pixels + p]! : b.data[(n * Cb + c - Ca) * pixels + p]!;
      }
    }
  }
  return y;
}

/** da: the first `channelsOfA` channels of dy; db: the rest. */
export function concatChannelsBackward(dy: NdArray, channelsOfA: number) {
  const [N, C, H, W] = extents4(dy);
  const Ca = channelsOfA;
  const Cb = C - Ca;
  const pixels = H * W;
  const da = ndarray([N, Ca, H, W]);
  const db = ndarray([N, Cb, H, W]);
  for (let n = 0; n < N; n++) {
    for (let c = 0; c < C; c++) {
      for (let p = 0; p < pixels; p++) {
        const value = dy.data[(n * C + c) * pixels + p]!;
        if (c < Ca) da.data[(n * Ca + c) * pixels + p] = value;
        else db.data[(n * Cb + c - Ca) * pixels + p] = value;
      }
    }
  }
  return { da, db };
}
