// The grid of images that training draws: from the averaged weights, from the same noise every time.
import { gridImage } from "../formats/png.ts";
import { sample } from "../samplers/sample.ts";
import { presetFor } from "../train/presets.ts";
import type { Progress } from "./console.ts";
import type { Start } from "./train_start.ts";

/**
 * @param name      of the picture in the run's folder
 * @param progress  is told of the sampler's steps
 * @throws the signal's reason
 */
export async function drawSamples(
  { trainer, folder, options, classes }: Start,
  name: string,
  signal: AbortSignal,
  progress?: Progress,
): Promise<void> {
  const { model, ema } = trainer;
  const count = options.samples;
  const steps = presetFor(model.gpu.target).samplerSteps;
  const isConditional = model.config.num_class_embeds !== null;
  const classLabels = Array.from({ length: count }, (_, n) => n % Math.max(1, classes));
  const conditions = isConditional ? { classLabels } : {};
  const asked = { count, steps, seed: trainer.options.seed, weights: ema, ...conditions };
  for await (const frame of sample(model, { ...asked, signal })) {
    progress?.update(frame.step, `t = ${frame.timestep}`);
    if (frame.step < frame.of) continue;
    const scale = Math.max(1, Math.round(96 / frame.shape[3]));
    const images = await frame.images();
    await folder.savePicture(name, gridImage(images, frame.shape, { scale, columns: 8 }));
  }
}
