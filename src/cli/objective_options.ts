// The options of `train` that say what is minimised: objective, loss, timesteps, variance, labels,
// and how the average warms up.
import { type Command, Option } from "commander";
import { OptionError } from "../core/errors.ts";
import { VARIANCES } from "../diffusion/scheduler_config.ts";
import { type DiffusionLoss, LOSSES } from "../kernels/diffusion_loss.ts";
import type { HyperParameters } from "../train/hyper_parameters.ts";
import { OBJECTIVES, type Objective, type ObjectiveName } from "../train/objective.ts";
import { TIMESTEP_DRAWS, type TimestepDraw } from "../train/timestep_losses.ts";
import { atLeastZero, fraction, numberOption, positiveNumber } from "./console.ts";

export interface ObjectiveOptions {
  objective?: ObjectiveName;
  gamma?: number;
  p2K?: number;
  lambda?: number;
  loss?: DiffusionLoss;
  timesteps?: TimestepDraw;
  variance?: string;
  classes?: string;
  labelDropout?: number;
  emaPower?: number;
  emaInvGamma?: number;
  emaMin?: number;
  emaUpdateAfter?: number;
}

const probability = numberOption("a number from 0 to 1", (p) => p >= 0 && p <= 1);

/** Adds them to a command. */
export const withObjective = (command: Command): Command =>
  command
    .addOption(new Option("--objective <name>", "what is minimised").choices(OBJECTIVES))
    .option("--gamma <x>", "of min-snr and soft-min-snr (5), of p2 (1)", positiveNumber)
    .option("--p2-k <x>", "k of p2 (1)", atLeastZero)
    .option("--lambda <x>", "of hybrid: what multiplies the bound (0.001)", positiveNumber)
    .addOption(new Option("--loss <name>", "of a prediction's error").choices(LOSSES))
    .addOption(new Option("--timesteps <how>", "how they are drawn").choices(TIMESTEP_DRAWS))
    .addOption(
      new Option("--variance <name>", "of the reverse step; hybrid learns it in a range")
        .choices(VARIANCES)
        .conflicts("resume"),
    )
    .option("--classes <file>", "labels: FILE.idx[.gz], or auto: those beside the images")
    .option("--label-dropout <p>", "label → null class, with this probability (0.1)", probability)
    .option("--ema-power <x>", "warm-up 1 − (1 + s / inv-gamma)^−x of the average", positiveNumber)
    .option("--ema-inv-gamma <x>", "of that warm-up (1)", positiveNumber)
    .option("--ema-min <x>", "least decay of the average in its warm-up", fraction)
    .option("--ema-update-after <n>", "steps before the average begins", atLeastZero);

/**
 * The hyper-parameters that they give; those that are not given are left out.
 *
 * @throws OptionError for a number of another objective than the one that is given
 */
export function objectiveOf(options: ObjectiveOptions): Partial<HyperParameters> {
  requireNumbers(options);
  const { loss, timesteps, emaPower, emaInvGamma, emaMin, emaUpdateAfter } = options;
  return {
    ...(options.objective !== undefined && { objective: namedObjective(options) }),
    ...(loss !== undefined && { loss }),
    ...(timesteps !== undefined && { timesteps }),
    ...(emaPower !== undefined && { emaPower, emaWarmup: true }),
    ...(emaInvGamma !== undefined && { emaInvGamma }),
    ...(emaMin !== undefined && { emaMin }),
    ...(emaUpdateAfter !== undefined && { emaUpdateAfter }),
  };
}

/** Numbers are those of the objective, as `namedObjective` takes them. */
function requireNumbers(options: ObjectiveOptions): void {
  const { gamma, p2K: k, lambda } = options;
  const named = namedObjective(options);
  const given = Object.entries({ gamma, k, lambda }).filter(([, value]) => value !== undefined);
  if (given.every(([name]) => name in named)) return;
  throw new OptionError(
    "option/objective",
    "train: --gamma is of min-snr, soft-min-snr and p2, --p2-k of p2, --lambda of hybrid, got " +
      `${options.objective ? `--objective ${options.objective}` : "no --objective"}.`,
    "Name the objective, or leave its numbers out.",
  );
}

function namedObjective({ objective: name = "simple", ...options }: ObjectiveOptions): Objective {
  const { gamma, p2K: k, lambda } = options;
  switch (name) {
    case "simple":
    case "bound":
      return { name };
    case "min-snr":
    case "soft-min-snr":
      return { name, gamma };
    case "p2":
      return { name, gamma, k };
    case "hybrid":
      return { name, lambda };
  }
}

/** The variance of a new model's scheduler; undefined: the preset's. */
export const varianceOf = ({ variance, objective }: ObjectiveOptions): string | undefined =>
  variance ?? (objective === "hybrid" ? "learned_range" : undefined);
