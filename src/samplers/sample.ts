// Sampling: a plan run on the GPU, one replay of a recorded program a row.
//
// The loop yields after every row; whoever reads it decides whether to draw, wait or stop. Nothing is
// read back unless a frame is asked for its numbers. What can be asked for is in ./request.ts.
import type { DiffusionModel } from "../nn/model.ts";
import { type ImageShape, requestedPlan, requestedShape, type SampleOptions } from "./request.ts";
import { SamplingRun } from "./run.ts";
import type { View } from "./views.ts";

/** The state after one row. Use it before the loop goes on. */
export interface SampleFrame {
  /** rows done, 1 … of */
  readonly step: number;
  readonly of: number;
  /** what the network was asked at */
  readonly timestep: number;
  readonly shape: ImageShape;
  /** x after the row, [count, C, H, W], read back from the GPU; in [−1, 1] at the end */
  images(): Promise<Float32Array<ArrayBuffer>>;
  /** x̂_0 of the row: what the network takes the image to be */
  x0Hat(): Promise<Float32Array<ArrayBuffer>>;
  /** ε̂ of the row: what it takes the noise to be */
  epsHat(): Promise<Float32Array<ArrayBuffer>>;
  /**
   * One of them as a picture on the model's device, without reading back: rgba8unorm, ⌈√count⌉ images
   * in a row. The same texture at every frame; it is destroyed when the loop ends.
   *
   * @throws ShapeError unless the images have 1 or 3 channels
   */
  texture(view: View): Promise<GPUTexture>;
}

/**
 * Samples images; yields after every step of the sampler.
 *
 * @throws OptionError for options out of range or that do not go together, ShapeError for images that
 *         do not fit, DeviceError; the signal's reason when it is aborted
 * @see DDPM (arXiv:2006.11239) Algorithm 2; the other samplers in ./sampler.ts
 */
export async function* sample(
  model: DiffusionModel,
  options: SampleOptions,
): AsyncGenerator<SampleFrame, void, void> {
  const { signal, frameBudgetMs } = options;
  signal?.throwIfAborted();
  model.requireAlive();
  const shape = requestedShape(model, options);
  const plan = requestedPlan(model, options);
  const run = await SamplingRun.create(model, { plan, shape, options });
  try {
    for (const [i, row] of plan.rows.entries()) {
      signal?.throwIfAborted();
      await run.step(frameBudgetMs);
      await model.gpu.idle();
      yield {
        step: i + 1,
        of: plan.rows.length,
        timestep: row.timestep,
        shape,
        images: () => run.read("x"),
        x0Hat: () => run.read("x0Hat"),
        epsHat: () => run.read("epsHat"),
        texture: (view) => run.texture(view),
      };
    }
  } finally {
    run.dispose();
  }
}
