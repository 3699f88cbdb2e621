// A dense row-major array of float64: all that the twins compute on.
//
// No views, no strides, no broadcasting: a reader of a twin should see the definition and nothing
// else. Shapes are PyTorch's: images [N, C, H, W], convolution weights [O, I, KH, KW].

export interface NdArray {
  shape: number[];
  data: Float64Array;
}

/** An array of that shape: zeros, or a copy of `values` in row-major order. */
export function ndarray(shape: readonly number[], values?: ArrayLike<number>): NdArray {
  const size = shape.reduce((product, n) => product * n, 1);
  if (values && values.length !== size) {
    throw new Error(`ndarray: [${shape}] holds ${size} values, got ${values.length}`);
  }
  return { shape: [...shape], data: values ? Float64Array.from(values) : new Float64Array(size) };
}

/** f(x_i, i) of every element. */
export function mapArray(x: NdArray, f: (value: number, i: number) => number): NdArray {
  return { shape: [...x.shape], data: x.data.map(f) };
}

export const absolute = (x: NdArray): NdArray => mapArray(x, Math.abs);

/**
 * |x| of every tensor of a record. A twin that only multiplies and adds, run on absolute values,
 * gives Σ|terms| of every element: what a float32 sum's rounding error is measured against.
 */
export function absoluteAll<T extends { [K in keyof T]: NdArray | undefined }>(tensors: T): T {
  const result = { ...tensors };
  for (const role in tensors) {
    const x: NdArray | undefined = tensors[role];
    if (x) Object.assign(result, { [role]: absolute(x) });
  }
  return result;
}

/** The four extents of an image or a convolution weight. */
export function extents4({ shape }: NdArray): [number, number, number, number] {
  if (shape.length !== 4) throw new Error(`needs four extents, got [${shape}]`);
  return [shape[0]!, shape[1]!, shape[2]!, shape[3]!];
}
