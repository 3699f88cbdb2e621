// wgsl-diffusion: the public API, in the order of the README. Runs in pages and in Node; touches
// nothing at import.
export {
  DeviceError,
  DiffusionError,
  FileError,
  OptionError,
  SafetensorsError,
  ShapeError,
} from "./core/errors.ts";
export { Gpu, type GpuOptions } from "./device/gpu.ts";
export type { ReadFile } from "./formats/model_folder.ts";
export { parseUNetConfig, type UNetConfig } from "./formats/unet_config.ts";
export { selfTest } from "./inspect/self_test.ts";
export { type Evaluation, evaluate } from "./nn/evaluate.ts";
export { DiffusionModel } from "./nn/model.ts";
export { SAMPLERS, type SamplerName } from "./samplers/plan.ts";
export { type SampleFrame, type SampleOptions, sample } from "./samplers/sample.ts";
export { samplingPlan } from "./samplers/sampler.ts";
export { type Dataset, fitImages, idxDataset } from "./train/dataset.ts";
export { HYPER_PARAMETERS, type HyperParameters } from "./train/hyper_parameters.ts";
export { type Preset, presetFor } from "./train/presets.ts";
export { Trainer, type TrainingData, type TrainingRecord } from "./train/trainer.ts";
