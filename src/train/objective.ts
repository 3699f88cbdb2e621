// What training aims at, as numbers for the GPU: levels of noise, the target, the loss weights.
import {
  parseSchedulerConfig,
  type SchedulerConfig,
  tablesOf,
} from "../diffusion/scheduler_config.ts";
import { packLevels } from "../kernels/diffusion.ts";

export interface LevelTable {
  /** T, timesteps of the forward process */
  steps: number;
  /** f32 [T, 5], see `packLevels` */
  values: Float32Array<ArrayBuffer>;
}

/**
 * The table of a scheduler's forward process and prediction, with L_simple's weights, all 1.
 *
 * @param scheduler  parsed scheduler_config.json; DDPM's where there is none
 * @throws OptionError for a schedule or prediction that is unknown
 * @see DDPM (arXiv:2006.11239) eq. 14
 */
export function levelTable(scheduler: Record<string, unknown> | undefined): LevelTable {
  const config: SchedulerConfig = parseSchedulerConfig(scheduler);
  const { steps, alphaBars } = tablesOf(config);
  const target = config.prediction_type ?? "epsilon";
  return { steps, values: packLevels(alphaBars, { target }) };
}
