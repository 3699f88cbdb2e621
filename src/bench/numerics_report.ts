// The numbers of a training step: each layer's error, what every dispatch leaves, and the first that is
// not finite. For the command line, in Node or in a page; all is plain data.
import { DiffusionError } from "../core/errors.ts";
import { Gpu, type Target } from "../device/gpu.ts";
import { type LayerErrors, layerErrors } from "../inspect/layer_errors.ts";
import { firstNotFinite, type WrittenNumbers, writtenNumbers } from "../inspect/numbers.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { Trainer } from "../train/trainer.ts";
import { type StepSource, stepModel, stepTrainer } from "./step_report.ts";

export interface NumericsReport extends LayerErrors {
  batch: number;
  /** of all that forward and backward pass write, after each dispatch */
  numbers: WrittenNumbers[];
  notFinite: WrittenNumbers | null;
}

/** So small that no float32 weight moves: the step's batch and numbers are sent by running it. */
const STILL = { learningRate: 1e-30, weightDecay: 0 };

interface Side {
  gpu: Gpu;
  model: DiffusionModel;
  trainer: Trainer;
}

/**
 * Looks at the numbers of one forward and backward pass.
 *
 * @throws DeviceError device/too-large where all activations together do not fit; train/not-finite is not
 *         thrown: it is what is looked for
 */
export async function numericsReport(
  gpu: Gpu,
  source: StepSource,
  { batch }: { batch: number },
): Promise<NumericsReport> {
  const plainGpu = await Gpu.open({ device: gpu.device, plain: true });
  const own = await prepared(gpu, source, { batch, target: gpu.target });
  const plain = await prepared(plainGpu, source, { batch, target: gpu.target });
  try {
    const errors = await layerErrors(sideOf(own), sideOf(plain));
    const numbers = await writtenNumbers(gpu, sideOf(own).dispatches);
    gpu.check();
    return { batch, ...errors, numbers, notFinite: firstNotFinite(numbers) ?? null };
  } finally {
    for (const { trainer, model } of [own, plain]) {
      trainer.dispose();
      model.dispose();
    }
    plainGpu.dispose();
  }
}

/** Forward and backward pass, without the optimiser. */
const sideOf = ({ gpu, trainer }: Side) => ({
  gpu,
  dispatches: trainer.program.dispatches.filter(({ phase }) => phase !== "optimiser"),
});

async function prepared(
  gpu: Gpu,
  source: StepSource,
  { batch, target }: { batch: number; target: Target },
): Promise<Side> {
  const model = await stepModel(gpu, source, target);
  const trainer = await stepTrainer(model, batch, STILL);
  try {
    for await (const _ of trainer.run({ steps: 1 }));
  } catch (error) {
    const isKnown = error instanceof DiffusionError && error.code === "train/not-finite";
    if (!isKnown) throw error;
  }
  return { gpu, model, trainer };
}
