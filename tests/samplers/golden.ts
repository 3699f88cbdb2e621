// diffusers' trajectories with the analytic denoiser of x_0 ~ N(μ, s² I), as float64 arrays.

import { readFileSync } from "node:fs";
import type { Prediction, SchedulerConfig } from "../../src/diffusion/scheduler_config.ts";
import type { Denoised } from "../reference/reverse_step.ts";

export interface GoldenCase {
  name: string;
  scheduler: string;
  config: SchedulerConfig;
  step: { eta?: number; use_clipped_model_output?: boolean };
  steps: number;
  timesteps: number[];
  /** ᾱ that the denoiser was asked at */
  alphaBars: number[];
  noiseSteps: number[];
  /** [a, b, c, d, sigma] a step; sigma null for learned variances */
  coefficients?: (number | null)[][];
  sigmas?: number[];
  initNoiseSigma?: number;
  initial: string;
  /** after every step */
  sample: string;
  diffusersFinal: string;
  noise?: string;
  variance?: string;
}

export const IMAGES = 32; // 2 images of 16 pixels

const file: { s: number; mu: string; cases: GoldenCase[] } = JSON.parse(
  readFileSync(new URL("../fixtures/samplers/trajectories.json", import.meta.url), "utf8"),
);

export const cases = file.cases;

/** Rows of 32 numbers from base64 of little-endian float32. */
export function rowsOf(base64 = ""): Float64Array[] {
  const bytes = Uint8Array.from(Buffer.from(base64, "base64"));
  const values = Float64Array.from(new Float32Array(bytes.buffer));
  return Array.from({ length: values.length / IMAGES }, (_, i) =>
    values.subarray(i * IMAGES, (i + 1) * IMAGES),
  );
}

const muBytes = Uint8Array.from(Buffer.from(file.mu, "base64"));
const mu = new Float32Array(muBytes.buffer);

/** What the perfect network gives for x at level ᾱ. */
export function analyticDenoiser(x: Float64Array, bar: number, prediction: Prediction): Denoised {
  const variance = bar * file.s ** 2 + 1 - bar;
  const output = x.map((xi, i) => {
    const mean = mu[i % mu.length]!;
    const centred = xi - Math.sqrt(bar) * mean;
    const x0 = mean + ((Math.sqrt(bar) * file.s ** 2) / variance) * centred;
    const eps = (Math.sqrt(1 - bar) / variance) * centred;
    if (prediction === "sample") return x0;
    return prediction === "epsilon" ? eps : Math.sqrt(bar) * eps - Math.sqrt(1 - bar) * x0;
  });
  return { output };
}
