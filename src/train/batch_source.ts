// Where batches come from: drawn on the GPU from a data set, or given by the host.
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { UNetInputs } from "../nn/unet.ts";

export interface BatchSource {
  /** Records how x_t is made, and what the network is told beside it. */
  noised(graph: Graph): UNetInputs;
  /** Records the loss of the prediction and its gradient. */
  loss(graph: Graph, prediction: Tensor): { dprediction: Tensor; perImage: Tensor };
  /** Fills what never changes. Once, after the allocation. */
  writeTables(): void;
  /** Queues what a step reads, before that step is submitted; `isFirst` of a run. */
  prepare(step: number, isFirst: boolean): void;
}
