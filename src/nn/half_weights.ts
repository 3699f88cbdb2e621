// A float16 copy of a network's weights, for networks whose maps are float16.
//
// Convolutions read the copy; the float32 weights stay the ones that are trained, averaged and saved.
import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { homeOf, ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import { narrow } from "../kernels/cast.ts";
import type { Weights } from "./weights.ts";

/** What maps, and the weights that meet them, are stored in. */
export const NETWORK_DTYPES = ["float32", "float16"] as const;

export type NetworkDtype = (typeof NETWORK_DTYPES)[number];

export class HalfWeights {
  /** to be destroyed by whoever made this */
  readonly buffer: ResidentBuffer;
  readonly #weights: Weights;
  readonly #flat: Tensor;
  readonly #copies = new Map<Tensor, Tensor>();

  /** @param weights  all of them declared */
  constructor(weights: Weights) {
    this.#weights = weights;
    this.buffer = new ResidentBuffer(`${weights.buffer.label}.half`);
    this.#flat = this.buffer.add(weights.buffer.whole().shape, "half", "f16");
  }

  /** The copy of one tensor of the weights: the same one at every call. */
  of(weight: Tensor): Tensor {
    const known = this.#copies.get(weight);
    if (known) return known;
    const { label, shape } = weight;
    const home = { buffer: this.buffer, offset: homeOf(weight).offset / 2 };
    const copy: Tensor = { label: `${label}.half`, shape, dtype: "f16", home };
    this.#copies.set(weight, copy);
    return copy;
  }

  /** Appends what makes the copy that of the weights as they are then: where they change, a step. */
  refresh(graph: Graph): void {
    narrow(graph, { x: this.#weights.buffer.whole() }, this.#flat);
  }

  /** Queues the same once, for weights that stay. @throws DeviceError as Program.compile does */
  async fill(gpu: Gpu): Promise<void> {
    const graph = new Graph(gpu.target);
    this.refresh(graph);
    const program = await Program.compile(gpu, graph, { label: this.buffer.label });
    try {
      program.run();
    } finally {
      program.dispose();
    }
  }
}

/**
 * The copy for a network of this dtype; undefined for float32.
 *
 * @throws DeviceError device/feature where the device has no shader-f16
 */
export function halfWeights(
  gpu: Gpu,
  weights: Weights,
  dtype: NetworkDtype | undefined,
): HalfWeights | undefined {
  if (dtype !== "float16") return undefined;
  if (gpu.has("shader-f16")) return new HalfWeights(weights);
  throw new DeviceError(
    "device/feature",
    "dtype float16: needs the feature shader-f16, which this device does not have.",
    "Use float32, or another adapter: `wgsl-diffusion doctor` says what there is.",
  );
}
