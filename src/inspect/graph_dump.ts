// A recorded graph as data and as Graphviz: dispatches, and the tensors that pass between them.
import type { Dispatch } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";

export interface DumpedDispatch {
  index: number;
  label: string;
  phase: string;
  constants: Record<string, unknown>;
  workgroups: readonly number[];
  flops: number;
  reads: string[];
  writes: string[];
}

/** Names that tell tensors of one label apart: label#number [shape], numbered as they first occur. */
function tensorNames(): (tensor: Tensor) => string {
  const numbers = new Map<Tensor, number>();
  return (tensor) => {
    const number = numbers.get(tensor) ?? numbers.size;
    numbers.set(tensor, number);
    return `${tensor.label}#${number} [${tensor.shape.join(", ")}]`;
  };
}

/** The dispatches with what they read and write, in order; a joined tensor as its parts. */
export function dumpGraph(dispatches: readonly Dispatch[]): DumpedDispatch[] {
  const nameOf = tensorNames();
  return dispatches.map(({ label, phase, variant, workgroups, flops, tensors }, index) => {
    const named = (writes: boolean) => {
      const bound = tensors.filter((one) => one.writes === writes);
      return bound.flatMap(({ tensor }) => tensor.parts ?? [tensor]).map(nameOf);
    };
    const { constants } = variant;
    const [reads, writes] = [named(false), named(true)];
    return { index, label, phase, constants, workgroups, flops, reads, writes };
  });
}

/** The same as Graphviz: an edge from a tensor's last writer to each of its readers. */
export function graphviz(dump: readonly DumpedDispatch[]): string {
  const writers = new Map<string, number>();
  const lines: string[] = [];
  for (const { index, label, phase, reads, writes } of dump) {
    lines.push(`  d${index} [label=${JSON.stringify(`${index} ${label}`)}, tooltip="${phase}"];`);
    for (const name of reads) {
      const writer = writers.get(name);
      if (writer !== undefined)
        lines.push(`  d${writer} -> d${index} [label=${JSON.stringify(name)}];`);
    }
    for (const name of writes) writers.set(name, index);
  }
  return `digraph step {\n  node [shape=box];\n${lines.join("\n")}\n}\n`;
}
