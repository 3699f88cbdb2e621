// Nearest-neighbour doubling and 2×2 averaging in float64. The twin of resample.wgsl.
//
// Both are linear with weights ≥ 0: run on absolute values, they give Σ|terms|.
import { extents4, type NdArray, ndarray } from "./ndarray.ts";

/** y[n, c, i, j] = x[n, c, ⌊i/2⌋, ⌊j/2⌋]; [N, C, H, W] → [N, C, 2H, 2W]. */
export function upsampleNearest2x(x: NdArray): NdArray {
  const [N, C, H, W] = extents4(x);
  const y = ndarray([N, C, 2 * H, 2 * W]);
  for (let nc = 0; nc < N * C; nc++) {
    for (let i = 0; i < 2 * H; i++) {
      for (let j = 0; j < 2 * W; j++) {
        const source = (nc * H + Math.floor(i / 2)) * W + Math.floor(j / 2);
        y.data[(nc * 2 * H + i) * 2 * W + j] = x.data[source]!;
      }
    }
  }
  return y;
}

/** dx = the sum of dy over the four pixels that each pixel of x became. */
export function upsampleNearest2xBackward(dy: NdArray): NdArray {
  const [N, C, H2, W2] = extents4(dy);
  const [H, W] = [H2 / 2, W2 / 2];
  const dx = ndarray([N, C, H, W]);
  for (let nc = 0; nc < N * C; nc++) {
    for (let i = 0; i < H2; i++) {
      for (let j = 0; j < W2; j++) {
        const source = (nc * H + Math.floor(i / 2)) * W + Math.floor(j / 2);
        dx.data[source]! += dy.data[(nc * H2 + i) * W2 + j]!;
      }
    }
  }
  return dx;
}

/** y[n, c, i, j] = mean of the 2×2 block of x at (2i, 2j); a last odd row or column drops out. */
export function averagePool2x2(x: NdArray): NdArray {
  const [N, C, H, W] = extents4(x);
  const [outH, outW] = [Math.floor(H / 2), Math.floor(W / 2)];
  const y = ndarray([N, C, outH, outW]);
  for (let nc = 0; nc < N * C; nc++) {
    for (let i = 0; i < outH; i++) {
      for (let j = 0; j < outW; j++) {
        const corner = (nc * H + 2 * i) * W + 2 * j;
        const top = x.data[corner]! + x.data[corner + 1]!;
        const bottom = x.data[corner + W]! + x.data[corner + W + 1]!;
        y.data[(nc * outH + i) * outW + j] = (top + bottom) / 4;
      }
    }
  }
  return y;
}

/** dx = ¼ dy of the block a pixel belongs to, 0 in a dropped row or column. */
export function averagePool2x2Backward(dy: NdArray, shapeOfX: readonly number[]): NdArray {
  const dx = ndarray(shapeOfX);
  const [N, C, H, W] = extents4(dx);
  const [outH, outW] = [Math.floor(H / 2), Math.floor(W / 2)];
  for (let nc = 0; nc < N * C; nc++) {
    for (let h = 0; h < 2 * outH; h++) {
      for (let w = 0; w < 2 * outW; w++) {
        const block = (nc * outH + Math.floor(h / 2)) * outW + Math.floor(w / 2);
        dx.data[(nc * H + h) * W + w] = dy.data[block]! / 4;
      }
    }
  }
  return dx;
}
