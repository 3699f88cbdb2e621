// Where a model may lie, in a page or in what a page sends to its worker. Nothing is opened here.
import { FileError } from "../core/errors.ts";

/**
 * Where a model lies:
 *
 * - an address, relative to the page: a folder with config.json (or a pipeline's model_index.json), or
 *   an archive whose name ends with .zip
 * - a Blob: an archive
 * - files that were chosen: of a folder, or one archive
 * - files by their paths, as `model.files()` gives them
 */
export type ModelSource = string | URL | Blob | readonly File[] | FilesByPath;

/** Bytes, or a Blob that is read piece by piece, by path in a folder. */
export type FilesByPath = ReadonlyMap<string, Uint8Array | Blob>;

/** An address, whole. @throws FileError file/access for text that is none */
export function addressOf(source: string | URL): URL {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    return new URL(source, base);
  } catch (cause) {
    throw new FileError(
      "file/access",
      `loadModel: "${source}" is no address.`,
      "Give the address of a folder or of a .zip; outside a page it must be whole.",
      { cause },
    );
  }
}

/** Chosen files by their paths in the folder that was chosen; a map as it is. */
export function filesByPath(files: readonly File[] | FilesByPath): FilesByPath {
  if (!Array.isArray(files)) return files as FilesByPath;
  return new Map(
    (files as readonly File[]).map((file) => {
      const [, ...below] = file.webkitRelativePath?.split("/") ?? [];
      return [below.join("/") || file.name, file];
    }),
  );
}
