import type { Adapter } from "../shared/words.ts";

// What the page and its worker say to each other. Types alone, no code.

/** What a run is to do; what is left out is the preset's for the adapter. */
export interface RunRequest {
  /** of starting weights, images, timesteps and noise */
  seed: number;
  /** of training */
  steps?: number | undefined;
  /** images a step */
  batch?: number | undefined;
  /** steps between two sample grids */
  every?: number | undefined;
  /** images in a grid */
  count?: number | undefined;
  /** steps of the sampler for a grid */
  samplerSteps?: number | undefined;
}

export type ToWorker =
  | { type: "start"; request: RunRequest }
  | { type: "pause" }
  | { type: "resume" }
  | { type: "stop" };

export interface RunPlan {
  steps: number;
  batch: number;
  parameters: number;
  /** height and width of the images, in pixels */
  size: readonly [number, number];
  /** of one training step */
  dispatches: number;
  memoryBytes: number;
}

/** Grey images, [count, H, W], bytes 0 … 255. */
export interface SampleGrid {
  /** training steps done when they were drawn */
  step: number;
  shape: readonly [count: number, height: number, width: number];
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

export interface Losses {
  /** the step of the first of them: 1, 2, … */
  first: number;
  losses: number[];
  /** over the last seconds of training */
  imagesPerSecond: number;
}

export type FromWorker =
  | { type: "ready"; adapter: Adapter }
  | { type: "planned"; plan: RunPlan }
  | { type: "losses"; losses: Losses }
  | { type: "samples"; samples: SampleGrid }
  /** a pause has come into force: nothing more is said until it ends */
  | { type: "held" }
  | { type: "ended"; reason: "finished" | "stopped" }
  | { type: "failed"; code: string; message: string };
