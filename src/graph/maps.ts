// Which tensors of a graph are maps: those that kernels read or write as `elem`, in float32 or float16.
import { entryOf } from "../device/shader.ts";
import { Graph } from "./graph.ts";
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

/** The names of those tensors that `launch` uses as maps, in the variants of any device. */
export function mapNames<Tensors extends Readonly<Record<string, Tensor>>>(
  tensors: Tensors,
  launch: (graph: Graph, tensors: Tensors) => unknown,
): string[] {
  const graph = new Graph();
  launch(graph, tensors);
  const maps = mapsOf(graph);
  return Object.keys(tensors).filter((name) => maps.has(tensors[name]!));
}
