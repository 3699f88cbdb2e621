// What a family's self-test launches on some device, recorded and not run.
import type { Target } from "../../src/device/gpu.ts";
import type { Variant } from "../../src/device/shader.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { SelfTestFamily } from "../../src/inspect/cases/case.ts";

export function variantsOf({ cases }: SelfTestFamily, target: Target): Variant[] {
  const graph = new Graph(target);
  for (const one of cases) {
    const tensors = Object.entries(one.inputs()).map(([name, { shape, data }]) => {
      const dtype = data instanceof Uint32Array ? "u32" : "f32";
      return [name, graph.alloc(shape, name, dtype)] as const;
    });
    one.launch(graph, Object.fromEntries(tensors));
  }
  return graph.dispatches.map(({ variant }) => variant);
}
