// The terms of the variational bound as the loss kernel takes them: L_t as a function of the
// prediction's error d and the learned variance v, in units of the posterior's deviation √β̃_t.
//
// Formed in float64, so that the kernel subtracts no nearly equal numbers: without clipping,
// μ̃ − μ_θ is a multiple of d, and ln σ² − ln β̃ is linear in v.
import { OptionError } from "../core/errors.ts";
import type { DiffusionTables } from "../diffusion/schedule.ts";
import type { Prediction } from "../diffusion/scheduler_config.ts";
import type { BoundRow } from "../kernels/diffusion_loss.ts";

/** Variances whose bound can be trained. The `_log` names are diffusers' for the same. */
export const TRAINED_VARIANCES = [
  "fixed_small",
  "fixed_small_log",
  "fixed_large",
  "fixed_large_log",
  "learned",
  "learned_range",
] as const;
export type TrainedVariance = (typeof TRAINED_VARIANCES)[number];

/** Half of a pixel's bin, of bytes scaled to [−1, 1]. */
const HALF_BIN = 1 / 255;

/**
 * L_t in the kernel's terms, a row a timestep.
 *
 *   μ̃ − μ_θ = coefX0 · (x_0 − x̂_0) = deviation · √β̃ · d      d = prediction − target
 *     epsilon  x_0 − x̂_0 = √(1 − ᾱ) / √ᾱ · d        sample  −d        v_prediction  √(1 − ᾱ) · d
 *   ln σ² − ln β̃ = gap + slope · v
 *     fixed_small  0, 0       fixed_large  ln β − ln β̃, 0       learned  −ln β̃, 1
 *     learned_range  ½ (ln β − ln β̃), as much: v = −1 is β̃, v = 1 is β
 *
 * ln β̃ of t = 0 is that of t = 1, and fixed_large has it there too, as in Ho's and OpenAI's code.
 *
 * @returns [T]
 * @throws OptionError for an unknown variance, T = 1, or ε predicted of pure noise (ᾱ = 0)
 * @see DDPM (arXiv:2006.11239) eq. 5–8, 13; Improved DDPM (arXiv:2102.09672) eq. 15
 */
export function boundRows(
  tables: DiffusionTables,
  { target, variance }: { target: Prediction; variance: string },
): BoundRow[] {
  const known = TRAINED_VARIANCES.find((name) => name === variance);
  if (!known || tables.steps < 2) {
    throw new OptionError(
      "option/objective",
      `train: the bound needs a variance of ${TRAINED_VARIANCES.join(", ")} and 2 timesteps or ` +
        `more, got ${variance} and ${tables.steps}.`,
      "Set variance_type in scheduler_config.json.",
    );
  }
  return Array.from(tables.betas, (_, t) => {
    const inverse = Math.exp(-0.5 * tables.posteriorLogVariance[t]!); // 1 / √β̃
    return {
      deviation: tables.posteriorCoefX0[t]! * x0ErrorOf(tables, target, t) * inverse,
      ...gapOf(tables, known, t),
      bin: t === 0 ? HALF_BIN * inverse : 0,
    };
  });
}

/** x_0 − x̂_0 of d = 1. */
function x0ErrorOf({ alphaBars }: DiffusionTables, target: Prediction, t: number): number {
  const bar = alphaBars[t]!;
  if (target === "sample") return -1;
  if (target === "v_prediction") return Math.sqrt(1 - bar);
  if (bar > 0) return Math.sqrt((1 - bar) / bar);
  throw new OptionError(
    "option/objective",
    `train: the bound is infinite where ε is predicted of pure noise, got alphaBar[${t}] = 0.`,
    "With rescale_betas_zero_snr predict v_prediction or sample.",
  );
}

function gapOf(tables: DiffusionTables, variance: TrainedVariance, t: number) {
  const small = tables.posteriorLogVariance[t]!;
  const range = Math.log(tables.betas[t]!) - small;
  switch (variance) {
    case "fixed_small":
    case "fixed_small_log":
      return { gap: 0, slope: 0 };
    case "fixed_large":
    case "fixed_large_log":
      return { gap: t === 0 ? 0 : range, slope: 0 };
    case "learned":
      return { gap: -small, slope: 1 };
    case "learned_range":
      return { gap: range / 2, slope: range / 2 };
  }
}
