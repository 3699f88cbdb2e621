// A checkpoint of one parameter, whose every number is the step: for tests that need no GPU.
import { modelFiles } from "../../src/formats/model_files.ts";
import { float32Tensor } from "../../src/formats/safetensors.ts";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import { type Checkpoint, checkpointFiles } from "../../src/train/checkpoint.ts";
import { HYPER_PARAMETERS } from "../../src/train/hyper_parameters.ts";

const CONFIG = parseUNetConfig({ sample_size: 8, in_channels: 1, out_channels: 1 });

export function stepCheckpoint(step: number, size = 100): Promise<Map<string, Uint8Array>> {
  const data = new Float32Array(size).fill(step);
  const values = new Map([["w", { shape: [size], data }]]);
  const tensors = new Map([["w", float32Tensor([size], data)]]);
  const state = {
    ...{ step, hyperParameters: HYPER_PARAMETERS, dataOrder: undefined, skippedSteps: 0 },
    ...{ lossScale: undefined, data: undefined, adapter: undefined, kernels: undefined },
    ...{ package: undefined, run: undefined },
  };
  const model = modelFiles({ config: CONFIG, tensors, scheduler: undefined });
  const sets = { ema: values, exp_avg: values, exp_avg_sq: values };
  return checkpointFiles(state, { model, sets, history: new Map() });
}

/** The step of a checkpoint. @throws Error where its numbers are not it */
export function stepOf({ state, tensors }: Checkpoint): number {
  const { bytes } = tensors.get("exp_avg.w")!;
  const numbers = new Float32Array(bytes.slice().buffer);
  if (numbers.every((value) => value === state.step)) return state.step;
  throw new Error(`checkpoint of step ${state.step} has other numbers`);
}
