// One door to a model in a page: from an address, an archive or files, to weights on the GPU.
import type { Gpu } from "../device/gpu.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { loadFolder } from "./load_folder.ts";
import { folderOf, type ModelSource } from "./model_source.ts";
import type { WebOptions } from "./web_files.ts";

/**
 * Loads a model from wherever a page has it.
 *
 * @throws FileError file/access for an address that cannot be fetched, file/missing where no model is
 *         there, file/zip; else as `DiffusionModel.load` does; the signal's reason when it is aborted
 */
export async function loadModel(
  gpu: Gpu,
  source: ModelSource,
  options: WebOptions = {},
): Promise<DiffusionModel> {
  return loadFolder(gpu, await folderOf(source, options), options);
}
