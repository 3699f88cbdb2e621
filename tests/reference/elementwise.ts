// y = (a + b) / scale in float64: the residual connection. The twin of elementwise.wgsl.
import { mapArray, type NdArray } from "./ndarray.ts";

export function addScale(a: NdArray, b: NdArray, scale: number): NdArray {
  return mapArray(a, (value, i) => (value + b.data[i]!) / scale);
}

/** da = db = dy / scale. */
export function addScaleBackward(dy: NdArray, scale: number) {
  return { da: mapArray(dy, (g) => g / scale), db: mapArray(dy, (g) => g / scale) };
}
