// Denoising of pictures of every class, one seed at a time, held where the page asks for it.
import { type DiffusionModel, type SampleFrame, sample } from "../../src/index.ts";

export interface DenoisingOptions {
  seed: number;
  /** pictures */
  count: number;
  steps: number;
  /** ms of GPU work between two of the page's frames */
  frameBudgetMs: number;
  /** resolves when the next step may be made */
  ready: () => Promise<void>;
  signal: AbortSignal;
}

/** Classes of a class-conditional model; its last one stands for none. 0: it knows no classes. */
export const classesOf = ({ config }: DiffusionModel): number =>
  Math.max(0, (config.num_class_embeds ?? 0) - 1);

/** @throws what `sample` throws; the signal's reason when it is aborted */
export async function* denoised(
  model: DiffusionModel,
  { ready, ...options }: DenoisingOptions,
): AsyncGenerator<SampleFrame, void, void> {
  const classes = classesOf(model);
  const labels = Array.from({ length: options.count }, (_, i) => i % classes);
  const classLabels = classes > 0 ? labels : undefined;
  for await (const frame of sample(model, { ...options, classLabels, sampler: "ddim" })) {
    yield frame;
    await ready();
  }
}
