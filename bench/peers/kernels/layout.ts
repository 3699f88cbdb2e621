// How an engine has its tensors: the order of their axes, from NCHW, OIHW and [N, C, S].
import type { JobTensor } from "../engines/job.ts";

export interface Layout {
  images: readonly number[];
  filters: readonly number[];
  tokens: readonly number[];
}

/** A tensor as the engine has it. */
export const toLayout = (name: string, tensor: JobTensor, layout: Layout): JobTensor =>
  permuted(tensor, orderOf(name, tensor.shape.length, layout));

/** The engine's values of a tensor of this shape, as the cases have it. */
export function fromLayout(
  name: string,
  data: Float32Array<ArrayBuffer>,
  { shape }: { shape: readonly number[] },
  layout: Layout,
): Float32Array<ArrayBuffer> {
  const order = orderOf(name, shape.length, layout);
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return permuted({ shape: order.map((axis) => shape[axis]!), data }, inverse).data;
}

function orderOf(name: string, rank: number, layout: Layout): readonly number[] {
  if (rank === 4) return name.endsWith("weight") ? layout.filters : layout.images;
  return rank === 3 ? layout.tokens : [0];
}

/** Axis i of the result is axis order[i]. */
function permuted({ shape, data }: JobTensor, order: readonly number[]): JobTensor {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const extents = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const values = data.map((_, i) => {
    let [rest, at] = [i, 0];
    for (let axis = extents.length - 1; axis >= 0; axis--) {
      at += (rest % extents[axis]!) * steps[axis]!;
      rest = Math.floor(rest / extents[axis]!);
    }
    return data[at]!;
  });
  return { shape: extents, data: values };
}
