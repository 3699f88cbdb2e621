// The terms of the variational bound as the loss kernel takes them: L_t as a function of the
// prediction's error d and the learned variance v, in units of the posterior's deviation √β̃_t.
//
// Formed in float64 of src/diffusion/bound.ts's rows, so that the kernel subtracts no nearly equal
// numbers: without clipping, μ̃ − μ_θ is a multiple of d, and ln σ² − ln β̃ is linear in v.
import { OptionError } from "../core/errors.ts";
import { boundRows } from "../diffusion/bound.ts";
import type { DiffusionTables } from "../diffusion/schedule.ts";
import { type Prediction, VARIANCES } from "../diffusion/scheduler_config.ts";
import type { TrainedTerm } from "../kernels/diffusion_loss.ts";

/** Half of a pixel's bin, of bytes scaled to [−1, 1]. */
const HALF_BIN = 1 / 255;

/**
 * L_t in the kernel's terms, a row a timestep.
 *
 *   μ̃ − μ_θ = coefX0 · (x_0 − x̂_0) = deviation · √β̃ · d      d = prediction − target
 *   ln σ² − ln β̃ = gap + slope · v
 *
 * @returns [T]
 * @throws OptionError for an unknown variance, T = 1, or ε predicted of pure noise (ᾱ = 0)
 * @see DDPM (arXiv:2006.11239) eq. 5–8, 13; Improved DDPM (arXiv:2102.09672) eq. 15
 */
export function trainedTerms(
  tables: DiffusionTables,
  { target, variance }: { target: Prediction; variance: string },
): TrainedTerm[] {
  const known = VARIANCES.find((name) => name === variance);
  if (!known || tables.steps < 2) {
    throw new OptionError(
      "option/objective",
      `train: the bound needs a variance of ${VARIANCES.join(", ")} and 2 timesteps or ` +
        `more, got ${variance} and ${tables.steps}.`,
      "Set variance_type in scheduler_config.json.",
    );
  }
  const clip = Number.POSITIVE_INFINITY;
  const rows = boundRows(tables, { prediction: target, variance: known, clip });
  return rows.map(({ fromOutput, shift, slope, scale, discrete }) => ({
    deviation: scale * fromOutput,
    gap: 0 - shift,
    slope: 0 - slope,
    bin: discrete * HALF_BIN * scale,
  }));
}
