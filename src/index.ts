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
export type { Raster } from "./data/crop_scale.ts";
export type { DataFile } from "./data/data_file.ts";
export { loadModel } from "./data/load_model.ts";
export type { FilesByPath, ModelSource } from "./data/model_source.ts";
export { type OpenDatasetOptions, openDataset } from "./data/open_dataset.ts";
export { type PageSource, pageFiles } from "./data/page_files.ts";
export type { DecodePicture } from "./data/pictures.ts";
export type { LoadProgress, WebOptions } from "./data/web_files.ts";
export { CanvasView } from "./device/canvas.ts";
export { type Choices, Gpu, type GpuOptions, type SubgroupMatrix } from "./device/gpu.ts";
export {
  bayesResiduals,
  DERIVATION_LINES,
  type DerivationLine,
  derivationLines,
  type LineTerm,
  lineSum,
  type TrajectoryFactors,
} from "./diffusion/derivation.ts";
export { type DiffusionTables, makeTables } from "./diffusion/schedule.ts";
export { type BoundReport, type DataBoundOptions, dataBound } from "./evaluate/data_bound.ts";
export { analyticDenoiser, type Denoiser, networkDenoiser } from "./evaluate/denoiser.ts";
export {
  drawTrajectories,
  type TrajectoryOptions,
  type TrajectoryRecord,
} from "./evaluate/derivation.ts";
export { type GivenTerms, givenTerms } from "./evaluate/given_terms.ts";
export { type BoundTerm, evaluateTerms, type TermsOptions } from "./evaluate/terms.ts";
export type { ByteSource, FileContent, OpenFile } from "./formats/byte_source.ts";
export type { WriteOptions } from "./formats/model_files.ts";
export type { ReadFile } from "./formats/model_folder.ts";
export { parseUNetConfig, type UNetConfig } from "./formats/unet_config.ts";
export { openZip, zipFiles } from "./formats/zip_files.ts";
export type { Tuned, Tuning } from "./graph/tuner.ts";
export {
  type ReplacementSource,
  replacementFamily,
  requireReplacement,
  testReplacement,
  timeReplacement,
} from "./inspect/replace.ts";
export { selfTest } from "./inspect/self_test.ts";
export { subgroupMatrix } from "./kernels/subgroup_matrix.ts";
export { nullClass } from "./nn/conditions.ts";
export { type Evaluation, evaluate } from "./nn/evaluate.ts";
export { NETWORK_DTYPES, type NetworkDtype } from "./nn/half_weights.ts";
export { DiffusionModel } from "./nn/model.ts";
export { saveModel } from "./nn/save_model.ts";
export { SAMPLERS, type SamplerName } from "./samplers/plan.ts";
export {
  type SampledImages,
  type SampledStep,
  type SampleRecoveryOptions,
  sampleThroughLosses,
} from "./samplers/recovery.ts";
export type { Inpainting, SampleOptions } from "./samplers/request.ts";
export { type SampleFrame, sample } from "./samplers/sample.ts";
export { samplingPlan } from "./samplers/sampler.ts";
export { respacedTimesteps } from "./samplers/spacing.ts";
export { slerp } from "./samplers/start.ts";
export { type Steering, type SteeringLoss, steering } from "./samplers/steering.ts";
export type { View } from "./samplers/views.ts";
export { type Checkpoint, readCheckpoint } from "./train/checkpoint.ts";
export {
  CheckpointStore,
  type KeptCheckpoint,
  type Score,
  type Storage,
} from "./train/checkpoint_store.ts";
export { type Dataset, fitImages, idxDataset, withLabels } from "./train/dataset.ts";
export { heldOut } from "./train/held_out.ts";
export { HYPER_PARAMETERS, type HyperParameters } from "./train/hyper_parameters.ts";
export type { LeftOut, NanPolicy } from "./train/not_finite.ts";
export { OBJECTIVES, type Objective } from "./train/objective.ts";
export { OpfsStorage } from "./train/opfs_storage.ts";
export { type Preset, presetFor } from "./train/presets.ts";
export { type RecoveryOptions, runThroughLosses } from "./train/recovery.ts";
export type { SavedBy } from "./train/saved_trainer.ts";
export type { TrainingRecord } from "./train/step_records.ts";
export type { LossHistogram } from "./train/timestep_losses.ts";
export { Trainer, type TrainingData } from "./train/trainer.ts";
export type { DataIdentity, DataPlace, TrainingState } from "./train/training_state.ts";
export {
  savedChoices,
  type TuneModelOptions,
  type TuningPlace,
  tuneModel,
} from "./train/tuning.ts";
export { Validation, type ValidationOptions } from "./train/validation.ts";
