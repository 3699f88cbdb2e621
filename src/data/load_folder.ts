// A model from a folder: on the web, or of files that are at hand. What a worker needs of loading; it
// brings no package along.
import type { Gpu } from "../device/gpu.ts";
import { DiffusionModel } from "../nn/model.ts";
import type { FilesByPath } from "./model_source.ts";
import { type WebOptions, webModelFolder } from "./web_files.ts";

/** What is left of a source once archives are open; it can be sent to a worker. */
export interface Folder {
  /** for messages; of a folder on the web its address, without a slash at the end */
  where: string;
  /** undefined: the folder lies on the web */
  files: FilesByPath | undefined;
}

/** @throws as `loadModel` does */
export async function loadFolder(
  gpu: Gpu,
  { where, files }: Folder,
  options: WebOptions,
): Promise<DiffusionModel> {
  const open = files
    ? async (path: string) => files.get(path)
    : webModelFolder(new URL(`${where}/`), options);
  const model = await DiffusionModel.load(gpu, open, where);
  if (options.signal?.aborted) {
    model.dispose();
    options.signal.throwIfAborted();
  }
  return model;
}
