// Where batches come from: drawn on the GPU from a data set, or given by the host.
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { UNetInputs } from "../nn/unet.ts";
import type { BatchLoss } from "./timestep_losses.ts";
import type { DataIdentity, DataPlace } from "./training_state.ts";

export interface BatchSource {
  /**
   * Records how x_t is made, and what the network is told beside it.
   *
   * @param drawn  u32 [N]: timesteps to take instead of uniform ones, where they are drawn here
   */
  noised(graph: Graph, drawn?: Tensor): UNetInputs;
  /** T of the forward process. */
  readonly steps: number;
  /** u32 [N]: the timesteps of the batch, once `noised` is recorded. */
  readonly timesteps: Tensor;
  /** Records the loss of the prediction and its gradient. */
  loss(graph: Graph, prediction: Tensor): BatchLoss;
  /** Fills what never changes. Once, after the allocation. */
  writeTables(): void;
  /** Queues what a batch reads, before it is submitted; `isFirst` of a run. Batches count from 0. */
  prepare(batch: number, isFirst: boolean): void;
  /** Where a batch begins in the data; undefined where batches are given. */
  placeOf(batch: number): DataPlace | undefined;
  /** Lets a batch begin at a place. Before it is prepared. */
  startAt(batch: number, place: DataPlace): void;
  /** What the data is. */
  identity(): Promise<DataIdentity>;
}
