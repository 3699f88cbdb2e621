// One door to a model in a page: from an address, an archive or files, to weights on the GPU.
import { FileError } from "../core/errors.ts";
import type { Gpu } from "../device/gpu.ts";
import type { OpenFile } from "../formats/byte_source.ts";
import { openZip } from "../formats/zip_files.ts";
import { DiffusionModel } from "../nn/model.ts";
import { addressOf, filesByPath, type ModelSource } from "./model_source.ts";
import { type WebOptions, webFile, webModelFolder } from "./web_files.ts";

/**
 * Loads a model from wherever a page has it.
 *
 * @throws FileError file/access for an address that cannot be fetched, file/missing where no model is
 *         there; else as `DiffusionModel.load` does; the signal's reason when it is aborted
 */
export async function loadModel(
  gpu: Gpu,
  source: ModelSource,
  options: WebOptions = {},
): Promise<DiffusionModel> {
  const { open, where } = await openSource(source, options);
  const model = await DiffusionModel.load(gpu, open, where);
  if (options.signal?.aborted) {
    model.dispose();
    options.signal.throwIfAborted();
  }
  return model;
}

async function openSource(
  source: ModelSource,
  options: WebOptions,
): Promise<{ open: OpenFile; where: string }> {
  if (typeof source === "string" || source instanceof URL) {
    return openAddress(addressOf(source), options);
  }
  if (source instanceof Blob) return openArchive(source);
  const files = filesByPath(source);
  const [only] = files.values();
  if (files.size === 1 && only instanceof Blob) return openArchive(only);
  return { open: async (path) => files.get(path), where: "the model" };
}

async function openAddress(address: URL, options: WebOptions) {
  const where = address.href.replace(/[?#].*$/, "").replace(/\/$/, "");
  if (!address.pathname.toLowerCase().endsWith(".zip")) {
    return { open: webModelFolder(new URL(`${where}/`), options), where };
  }
  const bytes = await webFile(address, options);
  if (bytes) return { open: openZip(bytes, where), where };
  throw new FileError(
    "file/missing",
    `${where}: there is no such archive.`,
    "Check the address, and that the server gives the file as it is.",
  );
}

async function openArchive(archive: Blob) {
  const where = archive instanceof File ? archive.name : "the archive";
  return { open: openZip(new Uint8Array(await archive.arrayBuffer()), where), where };
}
