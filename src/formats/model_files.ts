// A model made into the files of a diffusers folder: of a U-Net, or of a whole pipeline.
//
// The same model gives the same bytes. Reading is in model_folder.ts; which scheduler a pipeline has
// is the caller's choice.
import { FileError } from "../core/errors.ts";
import { type FloatDtype, floatTensor } from "./half.ts";
import { type JsonObject, jsonText, showValue } from "./json.ts";
import { CONFIG, type ModelFolder, PIPELINE, SCHEDULER, WEIGHTS } from "./model_folder.ts";
import { writeShards } from "./shards_write.ts";
import { type StoredTensor, toFloat32 } from "./stored_tensor.ts";
import { DIFFUSERS_VERSION, unetConfigJson } from "./unet_config.ts";

export interface WriteOptions {
  /** what floating-point weights are stored as; default: as they are */
  dtype?: FloatDtype | undefined;
  /** weights beyond this many bytes are cut into shards with an index */
  mostShardBytes?: number | undefined;
}

/** Schedulers whose pipeline has a class of its own; the others run in a DDPMPipeline. */
const PIPELINES: Readonly<Record<string, string>> = { DDIMScheduler: "DDIMPipeline" };

/**
 * The files of a U-Net folder, by name: what `readModelFolder` and diffusers read.
 *
 * config.json, diffusion_pytorch_model.safetensors (or shards and their index), and
 * scheduler_config.json where the model has a scheduler.
 */
export function modelFiles(
  { config, tensors, scheduler }: ModelFolder,
  options: WriteOptions = {},
): Map<string, Uint8Array> {
  const { dtype, mostShardBytes } = options;
  const stored = dtype ? mapValues(tensors, (tensor, name) => as(dtype, tensor, name)) : tensors;
  const files = new Map([
    [CONFIG, jsonBytes(unetConfigJson(config))],
    ...writeShards(stored, WEIGHTS, mostShardBytes),
  ]);
  if (scheduler) files.set(SCHEDULER, jsonBytes(scheduler));
  return files;
}

/**
 * The files of a pipeline folder, by path: `DDPMPipeline.from_pretrained` opens it.
 *
 * @param model  its scheduler is whole, and says its class
 * @throws FileError for a model whose scheduler does not say its class
 */
export function pipelineFiles(
  model: ModelFolder,
  options: WriteOptions = {},
): Map<string, Uint8Array> {
  const { scheduler, ...unet } = model;
  const schedulerClass = classOf(scheduler);
  const index = {
    _class_name: PIPELINES[schedulerClass] ?? "DDPMPipeline",
    _diffusers_version: DIFFUSERS_VERSION,
    scheduler: ["diffusers", schedulerClass],
    unet: ["diffusers", "UNet2DModel"],
  };
  const files = new Map([[PIPELINE, jsonBytes(index)]]);
  files.set(`scheduler/${SCHEDULER}`, jsonBytes(scheduler ?? {}));
  const parts = modelFiles({ ...unet, scheduler: undefined }, options);
  for (const [name, bytes] of parts) files.set(`unet/${name}`, bytes);
  return files;
}

function classOf(scheduler: JsonObject | undefined): string {
  const name: unknown = scheduler?._class_name;
  if (typeof name === "string" && /^\w+$/.test(name)) return name;
  throw new FileError(
    "file/scheduler-class",
    `a pipeline's scheduler must say its class in _class_name, got ${showValue(name)}.`,
    "DDPMScheduler is usual.",
  );
}

/** Floating-point tensors as `dtype`; others as they are. */
function as(dtype: FloatDtype, tensor: StoredTensor, name: string): StoredTensor {
  if (tensor.dtype === dtype || !/^B?F\d+$/.test(tensor.dtype)) return tensor;
  return floatTensor(tensor.shape, toFloat32(tensor, name), dtype);
}

const mapValues = <T>(map: ReadonlyMap<string, T>, change: (value: T, name: string) => T) =>
  new Map([...map].map(([name, value]) => [name, change(value, name)] as const));

const jsonBytes = (object: JsonObject): Uint8Array => new TextEncoder().encode(jsonText(object));
