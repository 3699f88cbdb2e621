// Which tensors of a graph are maps: those that kernels read or write as `elem`, in float32 or float16.
import { entryOf } from "../device/shader.ts";
import type { Graph } from "./graph.ts";
import type { Tensor } from "./tensor.ts";

/** The tensors that every dispatch which binds them binds as `elem`. */
export function mapsOf({ dispatches }: Graph): Set<Tensor> {
  const maps = new Set<Tensor>();
  const others = new Set<Tensor>();
  for (const { variant, tensors } of dispatches) {
    const { bindings } = entryOf(variant);
    for (const { binding, tensor, unread } of tensors) {
      if (unread) continue;
      const isMap = bindings.find((one) => one.binding === binding)?.elem === true;
      (isMap ? maps : others).add(tensor);
    }
  }
  for (const tensor of others) maps.delete(tensor);
  return maps;
}
