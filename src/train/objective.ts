// What training aims at, as numbers for the GPU: levels of noise, the target, the loss weights, and
// the terms of the variational bound. Float64 here; the kernels get float32.
import { OptionError } from "../core/errors.ts";
import type { DiffusionTables } from "../diffusion/schedule.ts";
import {
  type Prediction,
  parseSchedulerConfig,
  type SchedulerConfig,
  tablesOf,
} from "../diffusion/scheduler_config.ts";
import { packLevels } from "../kernels/diffusion.ts";
import { packBounds } from "../kernels/diffusion_loss.ts";
import { trainedTerms } from "./trained_terms.ts";

/**
 * What a training step minimises; d = prediction − target, SNR = ᾱ / (1 − ᾱ).
 *
 *   simple        mean l(d)                                               [DDPM eq. 14]
 *   min-snr       w · l(d), w = min(SNR, γ) / SNR                         [Hang et al. 2023]
 *   soft-min-snr  w · l(d), w = γ / (SNR + γ)                             [Crowson et al. 2024]
 *   p2            w · l(d), w = (k + SNR)^−γ                              [Choi et al. 2022]
 *   bound         T · L_t, the bound's terms with their true weights      [DDPM eq. 5]
 *   hybrid        mean l(d) + λ · T · L_t of a learned variance, the mean detached
 *                                                                         [Nichol & Dhariwal 2021]
 */
export const OBJECTIVES = ["simple", "min-snr", "soft-min-snr", "p2", "bound", "hybrid"] as const;
export type ObjectiveName = (typeof OBJECTIVES)[number];

/** An objective with its numbers. */
export type Objective =
  | { name: "simple" | "bound" }
  /** γ > 0, default 5 */
  | { name: "min-snr" | "soft-min-snr"; gamma?: number | undefined }
  /** k ≥ 0 and γ ≥ 0, default 1 and 1 */
  | { name: "p2"; k?: number | undefined; gamma?: number | undefined }
  /** λ > 0, default 0.001 */
  | { name: "hybrid"; lambda?: number | undefined };

export interface LevelTable {
  /** T, timesteps of the forward process */
  steps: number;
  /** f32 [T, 5], see `packLevels` */
  values: Float32Array<ArrayBuffer>;
  /** terms of the bound, where the objective has them */
  bound?: BoundTable;
}

export interface BoundTable {
  /** f32 [T, 7], see `packBounds` */
  values: Float32Array<ArrayBuffer>;
  /** multiplies the terms, which the kernel gives in nats a dimension */
  scale: number;
  detachMean: boolean;
}

/**
 * w_t of l(d): what the objective says of ‖ε − ε̂‖², in terms of what the network predicts.
 *
 *   ‖ε − ε̂‖² = SNR · ‖x_0 − x̂_0‖² = SNR / (SNR + 1) · ‖v − v̂‖²
 *
 * So min-SNR is min(SNR, γ) for x_0 and min(SNR, γ) / (SNR + 1) for v. "simple" and "hybrid" are 1
 * whatever is predicted, as in diffusers and OpenAI's code; "bound" is 0: its terms say all.
 *
 * @returns float64 [T]
 * @throws OptionError for numbers out of range
 * @see Hang et al. 2023 (min-SNR, arXiv:2303.09556) §3.4; Crowson et al. 2024 (arXiv:2401.11605)
 *      for the soft minimum, 1 / (1/SNR + 1/γ); Choi et al. 2022 (P2, arXiv:2204.00227) eq. 8
 */
export function lossWeights(
  { snr }: Pick<DiffusionTables, "snr">,
  target: Prediction,
  objective: Objective,
): Float64Array {
  requireObjective(objective);
  switch (objective.name) {
    case "simple":
    case "hybrid":
      return snr.map(() => 1);
    case "bound":
      return snr.map(() => 0);
    case "min-snr": {
      const { gamma = 5 } = objective;
      return snr.map((ratio) => inTermsOf(target, ratio, Math.min(1, gamma / ratio)));
    }
    case "soft-min-snr": {
      const { gamma = 5 } = objective;
      return snr.map((ratio) => inTermsOf(target, ratio, gamma / (ratio + gamma)));
    }
    case "p2": {
      const { k = 1, gamma = 1 } = objective;
      return snr.map((ratio) => inTermsOf(target, ratio, (k + ratio) ** -gamma));
    }
  }
}

/** A weight of ‖ε − ε̂‖² as one of the prediction's error. */
function inTermsOf(target: Prediction, snr: number, weight: number): number {
  if (target === "epsilon") return weight;
  return target === "sample" ? weight * snr : (weight * snr) / (snr + 1);
}

/**
 * The table of a scheduler's forward process and prediction, with the objective's weights and terms.
 *
 * `bound` is in bits a dimension: E over uniform t of T · L_t / ln 2 is the sum of all terms. In
 * `hybrid` the same sum is multiplied by λ: of T = 1000 and λ = 0.001, OpenAI's RESCALED_MSE.
 *
 * @param scheduler  parsed scheduler_config.json; DDPM's where there is none
 * @param objective  default: simple
 * @throws OptionError for a schedule, prediction or variance that is unknown, or does not fit
 * @see DDPM (arXiv:2006.11239) eq. 5, 14; Improved DDPM (arXiv:2102.09672) §3.1
 */
export function levelTable(
  scheduler: Record<string, unknown> | undefined,
  objective: Objective = { name: "simple" },
): LevelTable {
  const config: SchedulerConfig = parseSchedulerConfig(scheduler);
  const tables = tablesOf(config);
  const { steps, alphaBars } = tables;
  const target = config.prediction_type ?? "epsilon";
  const weights = lossWeights(tables, target, objective);
  const values = packLevels(alphaBars, { target, weights });
  if (objective.name !== "bound" && objective.name !== "hybrid") return { steps, values };

  const rows = trainedTerms(tables, { target, variance: config.variance_type ?? "fixed_small" });
  const lambda = objective.name === "hybrid" ? (objective.lambda ?? 0.001) : 1;
  const bound: BoundTable = {
    values: packBounds(values, rows),
    scale: (lambda * steps) / Math.LN2,
    detachMean: objective.name === "hybrid",
  };
  return { steps, values, bound };
}

/** @throws OptionError for a name that is unknown, or numbers out of range */
export function requireObjective(objective: Objective): void {
  if (!OBJECTIVES.includes(objective.name)) {
    throw new OptionError(
      "option/objective",
      `train: the objective must be one of ${OBJECTIVES.join(", ")}, got ${objective.name}.`,
      "DDPM's is simple.",
    );
  }
  const rules: Record<string, [string, (x: number) => boolean]> = {
    gamma: ["above 0", (x) => x > 0],
    k: ["0 or more", (x) => x >= 0],
    lambda: ["above 0", (x) => x > 0],
  };
  for (const [name, value] of Object.entries(objective)) {
    const rule = rules[name];
    if (!rule || value === undefined) continue;
    if (Number.isFinite(value) && rule[1](Number(value))) continue;
    throw new OptionError(
      "option/objective",
      `train: ${name} of ${objective.name} must be ${rule[0]}, got ${String(value)}.`,
      "Usual: gamma 5 of min-snr, k = 1 and gamma 1 of p2, lambda 0.001 of hybrid.",
    );
  }
}
