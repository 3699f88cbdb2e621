// The error of every layer of a whole forward and backward pass, against the plain kernels.
//
// Two programs of one step, on the same weights and inputs: as this device runs it, and with the plain
// variant of every family. Tensors that both write are compared, element by element. The plain
// kernels are float32 too: what both round alike is not seen here. A float64 network, a second engine
// and slow, lies in tests/nn/float64: `npm run numerics` is the error against it.
import { sizeOf } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import { type Dispatch, Graph, type Phase } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import type { Tensor } from "../graph/tensor.ts";
import { layerOf, usedTensors } from "./layers.ts";

/** A tensor of both programs. */
export interface LayerError {
  /** its last writer, in the program of this device */
  dispatch: number;
  kernel: string;
  phase: Phase;
  layer: string | null;
  tensor: string;
  shape: readonly number[];
  /** largest difference, as a part of the plain tensor's largest value; null where one is not finite */
  error: number | null;
  /** what is allowed */
  bound: number;
  ok: boolean;
}

export interface LayerErrors {
  /** in the order of the dispatches */
  layers: LayerError[];
  /** tensors of this device's program that the plain one has no like of: partial sums, transposed weights */
  unmatched: number;
}

/**
 * What rounding may be of a tensor's largest value: PyTorch's float32 network is 1e-6 (activations) and
 * 7e-5 (the worst gradient) off float64; twenty and a few times that.
 */
export const LAYER_BOUNDS = { forward: 2e-5, backward: 2e-4 } as const;

/** A gradient below this part of the largest of all is rounding alone: that of attention's key bias. */
const ROUNDING = 1e-6;

interface Side {
  gpu: Gpu;
  dispatches: readonly Dispatch[];
}

/**
 * Compares two programs of one step.
 *
 * @param own    as this device runs it
 * @param plain  the same with plain variants, on the same device, weights and inputs
 */
export async function layerErrors(own: Side, plain: Side): Promise<LayerErrors> {
  const [mine, theirs] = [writtenTensors(own.dispatches), writtenTensors(plain.dispatches)];
  const pairs = [...mine].flatMap(([key, written]) => {
    const other = theirs.get(key);
    const isAlike = other?.length === written.length;
    return isAlike ? written.map((one, i) => [one, other[i]!] as const) : [];
  });
  pairs.sort(([a], [b]) => a.dispatch - b.dispatch);
  const [actual, expected] = [
    await valuesOf(
      own,
      pairs.map(([{ tensor }]) => tensor),
    ),
    await valuesOf(
      plain,
      pairs.map(([, { tensor }]) => tensor),
    ),
  ];
  const gradients = pairs.flatMap(([{ dispatch }], i) =>
    own.dispatches[dispatch]!.phase === "backward" ? [largestOf(expected[i]!)] : [],
  );
  const rounding = ROUNDING * Math.max(0, ...gradients);
  const layers = pairs.map(([{ tensor, dispatch }], i): LayerError => {
    const { label: kernel, phase, tensors } = own.dispatches[dispatch]!;
    const bound = phase === "backward" ? LAYER_BOUNDS.backward : LAYER_BOUNDS.forward;
    const least = phase === "backward" ? rounding : 0;
    const part = differenceOf(actual[i]!, expected[i]!, least);
    const error = Number.isFinite(part) ? part : null;
    const layer = layerOf({ tensors }) ?? null;
    const place = { dispatch, kernel, phase, layer, tensor: tensor.label, shape: tensor.shape };
    return { ...place, error, bound, ok: part <= bound };
  });
  const all = [...mine.values()].reduce((sum, { length }) => sum + length, 0);
  return { layers, unmatched: all - layers.length };
}

interface Written {
  tensor: Tensor;
  /** its last writer */
  dispatch: number;
}

/** Float32 tensors that are written and used, by label and shape, in the order in which they are first written. */
function writtenTensors(dispatches: readonly Dispatch[]): Map<string, Written[]> {
  const used = usedTensors(dispatches);
  const last = new Map<Tensor, number>();
  for (const [index, { tensors }] of dispatches.entries()) {
    for (const { tensor, writes } of tensors)
      if (writes && used.has(tensor)) last.set(tensor, index);
  }
  const byName = new Map<string, Written[]>();
  for (const [tensor, dispatch] of last) {
    if (tensor.dtype !== "f32") continue;
    const key = `${tensor.label} [${tensor.shape}]`;
    byName.set(key, [...(byName.get(key) ?? []), { tensor, dispatch }]);
  }
  return byName;
}

/** Runs the dispatches with nothing overwritten, and reads the tensors. */
async function valuesOf(
  { gpu, dispatches }: Side,
  tensors: readonly Tensor[],
): Promise<Float32Array[]> {
  const graph = new Graph(gpu.target);
  graph.dispatches.push(...dispatches);
  const keep = tensors.filter(({ home }) => home === undefined);
  const program = await Program.compile(gpu, graph, { label: "layers", keep });
  try {
    program.run();
    const values: Float32Array[] = [];
    for (const tensor of tensors) {
      values.push((await program.read(tensor)).subarray(0, sizeOf(tensor.shape)));
    }
    return values;
  } finally {
    program.dispose();
  }
}

const largestOf = (values: Float32Array): number =>
  values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);

/** max |a − b| / max(max |b|, least); 0 for two tensors of zeros. */
function differenceOf(a: Float32Array, b: Float32Array, least: number): number {
  let worst = 0;
  for (const [i, value] of b.entries()) {
    const difference = Math.abs(a[i]! - value);
    if (!(difference <= worst)) worst = difference; // NaN stays
  }
  return worst === 0 ? 0 : worst / Math.max(largestOf(b), least);
}
