// Noise levels as σ = √((1 − ᾱ) / ᾱ), the coordinate of DPM-Solver++, Euler and Heun.
//
// x = √ᾱ (x_0 + σ ε): √ᾱ = 1 / √(1 + σ²), √(1 − ᾱ) = σ / √(1 + σ²), and λ = −ln σ is half the log
// SNR.

import { OptionError } from "../core/errors.ts";
import type { ForwardProcess } from "../diffusion/schedule.ts";
import type { SchedulerConfig } from "../diffusion/scheduler_config.ts";

const KARRAS_RHO = 7; // EDM §3
const LEAST_ALPHA_BAR = 2 ** -24; // in place of 0, with zero terminal SNR: diffusers'

/** A level to ask the network at. */
export interface Level {
  timestep: number;
  sigma: number;
}

/** σ of every training timestep, rising. float64 [T]. */
export const trainingSigmas = ({ alphaBars }: ForwardProcess): Float64Array =>
  alphaBars.map((bar) => {
    const kept = bar === 0 ? LEAST_ALPHA_BAR : bar;
    return Math.sqrt((1 - kept) / kept);
  });

export const alphaBarOf = (sigma: number): number => 1 / (1 + sigma ** 2);

/** √ᾱ and √(1 − ᾱ) at σ. */
export function signalAndNoise(sigma: number): { signal: number; noise: number } {
  const signal = 1 / Math.sqrt(1 + sigma ** 2);
  return { signal, noise: sigma * signal };
}

/** σ at timesteps that may lie between two: linear in t, as numpy.interp. */
export function levelsAt(timesteps: readonly number[], sigmas: Float64Array): Level[] {
  return timesteps.map((timestep) => {
    const below = Math.floor(timestep);
    const [low, high] = [sigmas[below]!, sigmas[below + 1] ?? sigmas[below]!];
    return { timestep, sigma: low + (timestep - below) * (high - low) };
  });
}

/**
 * Karras' levels: σ^(1/7) evenly spaced, each with the timestep whose ln σ it has.
 *
 * @param ends    [largest σ, smallest σ]
 * @param count   how many levels
 * @param sigmas  of the training timesteps, rising, T ≥ 2; between two, t is linear in ln σ
 * @throws OptionError for T = 1, and for ends that do not fall to a σ above 0
 * @see EDM (arXiv:2206.00364) eq. 5
 */
export function karrasLevels(
  ends: readonly [number, number],
  count: number,
  sigmas: Float64Array,
): Level[] {
  const [largest, smallest] = ends;
  if (sigmas.length < 2 || !(largest >= smallest && smallest > 0 && largest < Infinity)) {
    throw new OptionError(
      "option/sigmas",
      "sampling: Karras sigmas need 2 training steps or more and sigma_max ≥ sigma_min > 0, got " +
        `${sigmas.length} steps, ${largest} and ${smallest}.`,
      "Set use_karras_sigmas to false.",
    );
  }
  const [from, to] = [largest ** (1 / KARRAS_RHO), smallest ** (1 / KARRAS_RHO)];
  return Array.from({ length: count }, (_, i) => {
    const ramp = count === 1 ? 0 : i * (1 / (count - 1));
    const sigma = (from + ramp * (to - from)) ** KARRAS_RHO;
    return { timestep: timestepOf(sigma, sigmas), sigma };
  });
}

function timestepOf(sigma: number, sigmas: Float64Array): number {
  const above = sigmas.findIndex((level) => Math.log(level) > Math.log(sigma));
  const index = above < 0 ? sigmas.length - 2 : Math.max(above - 1, 0);
  const [low, high] = [Math.log(sigmas[index]!), Math.log(sigmas[index + 1]!)];
  const weight = Math.min(Math.max((low - Math.log(sigma)) / (low - high), 0), 1);
  return (1 - weight) * index + weight * (index + 1);
}

/** σ after the last step: 0, or with final_sigmas_type "sigma_min" that of timestep 0. */
export function finalSigma(config: SchedulerConfig, sigmas: Float64Array): number {
  const { final_sigmas_type: type = "zero" } = config;
  if (type === "zero") return 0;
  if (type === "sigma_min") return sigmas[0]!;
  throw new OptionError(
    "option/sigmas",
    `sampling: final_sigmas_type must be zero or sigma_min, got ${type}.`,
    'The default is "zero".',
  );
}
