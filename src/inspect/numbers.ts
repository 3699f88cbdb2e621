// What numbers every dispatch of a program leaves: histograms, and the first that is not finite.
//
// The program is recorded again with a histogram behind each dispatch, of all that it writes; it then
// runs once, and only the counts come back. No value is changed by it.
import type { Gpu } from "../device/gpu.ts";
import { type Dispatch, Graph, type Phase } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { homeOf, ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import {
  HISTOGRAM_FIELDS,
  type Histogram,
  histogram,
  unpackHistogram,
} from "../kernels/histogram.ts";
import { layerOf, usedTensors } from "./layers.ts";

/** A tensor, just after the dispatch that wrote it: the last one, where several write parts of it. */
export interface WrittenNumbers extends Histogram {
  /** the dispatch's place in the program */
  dispatch: number;
  /** family.entry */
  kernel: string;
  phase: Phase;
  /** whose parameters it binds; null where it binds none */
  layer: string | null;
  tensor: string;
  shape: readonly number[];
}

interface Watch {
  dispatch: number;
  tensor: Tensor;
  counts: Tensor;
}

/**
 * Runs a program's dispatches once, and counts what each has written.
 *
 * @param dispatches  of a program on this device, whose inputs are there
 * @returns           one entry a tensor written, of a joined one two, in the order of the dispatches;
 *                    u32 tensors, and those that nothing reads, are left out
 */
export async function writtenNumbers(
  gpu: Gpu,
  dispatches: readonly Dispatch[],
): Promise<WrittenNumbers[]> {
  const buffer = new ResidentBuffer("numbers");
  const graph = new Graph(gpu.target);
  const used = usedTensors(dispatches);
  const last = lastWrites(dispatches);
  const watches = dispatches.flatMap((dispatch, index): Watch[] => {
    graph.phase = dispatch.phase;
    graph.dispatches.push(dispatch);
    const isDone = (tensor: Tensor) =>
      used.has(tensor) && (tensor.home || last.get(tensor) === index);
    return watch(graph, buffer, { dispatch, index, isDone });
  });
  const program = await Program.compile(gpu, graph, { label: "numbers" });
  try {
    program.run();
    const words = new Uint32Array(await gpu.read(buffer.buffer, 0, buffer.size));
    return watches.map(({ dispatch: index, tensor, counts }): WrittenNumbers => {
      const first = homeOf(counts).offset / 4;
      const { label: kernel, phase, ...dispatch } = dispatches[index]!;
      const place = { dispatch: index, kernel, phase, layer: layerOf(dispatch) ?? null };
      const found = unpackHistogram(words.slice(first, first + HISTOGRAM_FIELDS));
      return { ...place, tensor: tensor.label, shape: tensor.shape, ...found };
    });
  } finally {
    program.dispose();
    buffer.destroy(gpu);
  }
}

/** The last dispatch that writes each tensor: before it, parts may be unwritten. */
function lastWrites(dispatches: readonly Dispatch[]): Map<Tensor, number> {
  const last = new Map<Tensor, number>();
  for (const [index, { tensors }] of dispatches.entries()) {
    for (const { tensor, writes } of tensors) if (writes) last.set(tensor, index);
  }
  return last;
}

/** Appends a histogram of each tensor that a dispatch writes. */
function watch(
  graph: Graph,
  buffer: ResidentBuffer,
  {
    dispatch,
    index,
    isDone,
  }: { dispatch: Dispatch; index: number; isDone(tensor: Tensor): unknown },
): Watch[] {
  const done = dispatch.tensors.filter(({ tensor, writes }) => writes && isDone(tensor));
  const written = done.flatMap(({ tensor }) => tensor.parts ?? [tensor]);
  return written.flatMap((tensor) => {
    const { dtype, label } = tensor;
    if (dtype === "u32") return [];
    const counts = buffer.add([HISTOGRAM_FIELDS], `numbers.${label}`, "u32");
    histogram(graph, { x: tensor }, { type: dtype }, counts);
    return [{ dispatch: index, tensor, counts }];
  });
}

/** The first tensor with an infinity or what is no number: where it came into the program. */
export const firstNotFinite = (numbers: readonly WrittenNumbers[]): WrittenNumbers | undefined =>
  numbers.find((one) => one.firstNotFinite !== null);
