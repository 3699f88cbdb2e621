// The model's process with fewer steps: the same noise levels at some of its timesteps, and the same
// network. Its derivation holds as well as that of all T, and takes a fraction of the time.
import {
  type Denoiser,
  type DiffusionModel,
  makeTables,
  networkDenoiser,
  nullClass,
  respacedTimesteps,
} from "../../src/index.ts";

/**
 * p_θ of a model on n of its T timesteps: β'_k = 1 − ᾱ_{s_k} / ᾱ_{s_{k−1}}, and the network is asked
 * at s_k.
 *
 * @param steps  n, 2 … T
 * @see Improved DDPM (arXiv:2102.09672) §4, eq. 19
 */
export function shortened(model: DiffusionModel, steps: number): Denoiser {
  const whole = networkDenoiser(model, undefined, noClass(model));
  const { alphaBars, steps: T } = whole.tables;
  if (steps >= T) return whole;
  const times = respacedTimesteps(T, String(steps));
  const trainedBetas = times.map((t, k) => {
    return 1 - alphaBars[t]! / (k === 0 ? 1 : alphaBars[times[k - 1]!]!);
  });
  return {
    tables: makeTables({ trainedBetas }),
    variance: whole.variance,
    clip: whole.clip,
    x0HatFrom: (k) => whole.x0HatFrom(times[k]!),
    attach(buffer, shape) {
      const attached = whole.attach(buffer, shape);
      return {
        record: (graph, xt) => attached.record(graph, xt),
        write: (gpu, k) => attached.write(gpu, times[k]!),
      };
    },
  };
}

/** What a class-conditional model is told for no class. */
export const noClass = ({ config }: DiffusionModel): number | undefined =>
  config.num_class_embeds === null ? undefined : nullClass(config);
