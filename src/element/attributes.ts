// The attributes of <diffusion-canvas>, their defaults, and what they ask of `sample`.
import type { SamplerName } from "../samplers/plan.ts";
import type { SampleOptions } from "../samplers/request.ts";

/** Every attribute that begins the picture anew when it changes; `src` loads another model as well. */
export const OBSERVED = [
  "src",
  "steps",
  "seed",
  "sampler",
  "count",
  "class-label",
  "guidance",
  "eta",
] as const;

export type Observed = (typeof OBSERVED)[number];

/** Of numbers that are not given. */
export const DEFAULTS = { steps: 20, seed: 0, count: 1, guidance: 1, eta: 0 } as const;

/** A number of an attribute; `otherwise` where it is missing or no number. */
export function numberOf(text: string | null, otherwise: number): number {
  if (text === null || text.trim() === "") return otherwise;
  const value = Number(text);
  return Number.isFinite(value) ? value : otherwise;
}

/** What attributes ask for; what is wrong with it `sample` says. */
export function requestOf(read: (name: Observed) => string | null): SampleOptions {
  const { steps, seed, count, guidance, eta } = DEFAULTS;
  const images = numberOf(read("count"), count);
  const label = read("class-label");
  const options: SampleOptions = {
    count: images,
    steps: numberOf(read("steps"), steps),
    seed: numberOf(read("seed"), seed),
  };
  const sampler = read("sampler");
  if (sampler) options.sampler = sampler as SamplerName;
  if (read("eta") !== null) options.eta = numberOf(read("eta"), eta);
  if (label !== null && label.trim() !== "") {
    options.classLabels = Array.from({ length: images }, () => Number(label));
  }
  if (read("guidance") !== null) options.guidance = numberOf(read("guidance"), guidance);
  return options;
}
