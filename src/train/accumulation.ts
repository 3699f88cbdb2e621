// A step of several batches: their gradients and losses are summed to the means over all images.
//
// The batches of a step are one program, run several times; the optimiser is another, run after the
// last. Noise, timesteps and masks are numbered through the images of a step, so that its batches
// together are what one large batch would be.
import type { Graph } from "../graph/graph.ts";
import { ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import { accumulate, nextBatch } from "../kernels/gradient_sums.ts";
import { type Weights, weightsLike } from "../nn/weights.ts";

export class Accumulation {
  readonly buffers: readonly ResidentBuffer[];
  /** [count], as the gradients lie: the mean over the images of the step, after its last batch */
  readonly gradients: Tensor;
  /** [N]: its mean is the step's loss, after its last batch */
  readonly perImage: Tensor;
  readonly #images: number;
  readonly #batches: number;

  /**
   * @param images   of a batch
   * @param batches  of a step
   */
  constructor(weights: Weights, { images, batches }: { images: number; batches: number }) {
    const { buffer } = weightsLike(weights, "gradientSums");
    const losses = new ResidentBuffer("train.lossSums");
    this.gradients = buffer.whole();
    this.perImage = losses.add([images], "lossSums");
    this.buffers = [buffer, losses];
    this.#images = images;
    this.#batches = batches;
  }

  /** Records the end of a batch: its part of the sums. */
  record(graph: Graph, batch: { state: Tensor; gradients: Tensor; perImage: Tensor }): void {
    const { state, gradients, perImage } = batch;
    const scale = 1 / this.#batches;
    accumulate(graph, { state, x: gradients, sum: this.gradients }, { scale });
    accumulate(graph, { state, x: perImage, sum: this.perImage }, { scale });
    nextBatch(graph, { state }, { images: this.#images, batches: this.#batches });
  }
}
