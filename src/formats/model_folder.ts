// A diffusers folder, read: a U-Net's config, weights and scheduler. Writing is in model_files.ts.
//
// Where files come from (disk, web, a picked folder) is the caller's: it gives a function. Whether
// the weights fit the config is for who builds the network. Two kinds of folder are known: a U-Net
// (config.json) and a pipeline (model_index.json, unet/, scheduler/).
import { FileError } from "../core/errors.ts";
import { withCurrentNames } from "./attention_names.ts";
import { bytesOf, type OpenFile } from "./byte_source.ts";
import { type JsonObject, parseJsonObject, showValue } from "./json.ts";
import { type OpenTensor, openSafetensors, readTensor } from "./safetensors_open.ts";
import { openShards } from "./shards.ts";
import type { StoredTensor } from "./stored_tensor.ts";
import { parseUNetConfig, type UNetConfig } from "./unet_config.ts";

/** The bytes of a file by its path in the folder, "unet/config.json"; undefined: there is none. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>;

export interface ModelFolder<Tensor = StoredTensor> {
  config: UNetConfig;
  /** by today's names, see attention_names.ts */
  tensors: Map<string, Tensor>;
  /** scheduler_config.json as it is; undefined where there is none */
  scheduler: JsonObject | undefined;
}

export const CONFIG = "config.json";
export const SCHEDULER = "scheduler_config.json";
export const PIPELINE = "model_index.json";
export const WEIGHTS = "diffusion_pytorch_model.safetensors";
const INDEX = `${WEIGHTS}.index.json`;
const PICKLES = ["diffusion_pytorch_model.bin", "diffusion_pytorch_model.bin.index.json"];

/** The model of a folder with all of its weights read. @throws as `openModelFolder` does */
export async function readModelFolder(open: OpenFile, where: string): Promise<ModelFolder> {
  const { tensors, ...rest } = await openModelFolder(open, where);
  const read = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) read.set(name, await readTensor(tensor));
  return { ...rest, tensors: read };
}

/**
 * The model of a U-Net folder or a pipeline folder, its weights not read yet.
 *
 * @param read   the folder's files
 * @param where  the folder's name, for the errors
 * @throws FileError for missing or wrong files, and for weights in pickle; SafetensorsError for
 *         damaged weights; OptionError, ShapeError for a config that cannot be built
 */
export async function openModelFolder(
  read: OpenFile,
  where: string,
): Promise<ModelFolder<OpenTensor>> {
  const pipeline = await readJson(read, PIPELINE, where);
  if (pipeline) requireUNet(pipeline, `${where}/${PIPELINE}`);
  const [unet, scheduling] = pipeline ? ["unet/", "scheduler/"] : ["", ""];

  const json = await readJson(read, unet + CONFIG, where);
  if (!json) {
    const expected = pipeline ? `${unet}${CONFIG}` : `${CONFIG} (of a U-Net) or ${PIPELINE}`;
    throw missing(`${where}: a model folder must hold ${expected}, which is not there.`);
  }
  const config = parseUNetConfig(json, `${where}/${unet}${CONFIG}`);
  const scheduler = await readJson(read, scheduling + SCHEDULER, where);
  const weights = await openWeights((file) => read(unet + file), `${where}/${unet}`);
  return { config, tensors: withCurrentNames(weights, where), scheduler };
}

async function readJson(
  read: OpenFile,
  path: string,
  where: string,
): Promise<JsonObject | undefined> {
  const file = await read(path);
  return file && parseJsonObject(await bytesOf(file), `${where}/${path}`);
}

/** One file, or shards. `folder` ends with a slash. */
async function openWeights(read: OpenFile, folder: string): Promise<Map<string, OpenTensor>> {
  const file = await read(WEIGHTS);
  if (file) return openSafetensors(file, folder + WEIGHTS);
  const index = await read(INDEX);
  if (index) return openShards(await bytesOf(index), folder + INDEX, read);
  for (const pickle of PICKLES) {
    if (!(await read(pickle))) continue;
    throw new FileError(
      "file/pickle",
      `${folder}: the weights must be ${WEIGHTS}, got ${pickle}, a pickle: it could run any code.`,
      "Save them in Python with safe_serialization=True.",
    );
  }
  throw missing(`${folder}: the weights must be in ${WEIGHTS} or ${INDEX}, neither is there.`);
}

const missing = (message: string): FileError =>
  new FileError("file/missing", message, "Check the folder's path, or fetch all of its files.");

/** A pipeline's `unet` entry is [library, class]. */
function requireUNet(pipeline: JsonObject, name: string): void {
  const { unet } = pipeline;
  if (Array.isArray(unet) && unet[1] === "UNet2DModel") return;
  throw new FileError(
    "file/model-class",
    `${name}: the pipeline's unet must be a UNet2DModel, got ${showValue(unet)}.`,
    "Other networks of diffusers cannot be loaded.",
  );
}
