// Where a page may have a model, and what it comes down to: a folder on the web, or files by path.
import { FileError } from "../core/errors.ts";
import type { Folder } from "./load_folder.ts";
import { type WebOptions, webFile } from "./web_files.ts";

/**
 * Where a model lies:
 *
 * - an address, relative to the page: a folder with config.json (or a pipeline's model_index.json), or
 *   an archive whose name ends with .zip
 * - a Blob: an archive
 * - files that were chosen: of a folder, or one archive
 * - files by their paths, as `saveModel` gives them
 */
export type ModelSource = string | URL | Blob | readonly File[] | FilesByPath;

/** Bytes, or a Blob that is read piece by piece, by path in a folder. */
export type FilesByPath = ReadonlyMap<string, Uint8Array | Blob>;

/** @throws FileError file/access, file/missing, file/zip; the signal's reason when it is aborted */
export async function folderOf(source: ModelSource, options: WebOptions): Promise<Folder> {
  if (typeof source === "string" || source instanceof URL) {
    return ofAddress(addressOf(source), options);
  }
  if (source instanceof Blob) return ofArchive(source);
  const files = filesByPath(source);
  const [only] = files.values();
  if (files.size === 1 && only instanceof Blob) return ofArchive(only);
  return { where: "the model", files };
}

/** An address, whole. @throws FileError file/access for text that is none */
function addressOf(source: string | URL): URL {
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
function filesByPath(files: readonly File[] | FilesByPath): FilesByPath {
  if (!isList(files)) return files;
  return new Map(
    files.map((file) => {
      const [, ...below] = file.webkitRelativePath?.split("/") ?? [];
      return [below.join("/") || file.name, file];
    }),
  );
}

const isList = (files: readonly File[] | FilesByPath): files is readonly File[] =>
  Array.isArray(files);

async function ofAddress(address: URL, options: WebOptions): Promise<Folder> {
  const where = address.href.replace(/[?#].*$/, "").replace(/\/$/, "");
  if (!address.pathname.toLowerCase().endsWith(".zip")) return { where, files: undefined };
  const bytes = await webFile(address, options);
  if (bytes) return unzipped(bytes, where);
  throw new FileError(
    "file/missing",
    `${where}: there is no such archive.`,
    "Check the address, and that the server gives the file as it is.",
  );
}

async function ofArchive(archive: Blob): Promise<Folder> {
  const where = archive instanceof File ? archive.name : "the archive";
  return unzipped(new Uint8Array(await archive.arrayBuffer()), where);
}

/** The reader of archives comes when one is opened: it needs a package, the rest needs none. */
async function unzipped(bytes: Uint8Array, where: string): Promise<Folder> {
  const { unzipFiles } = await import("../formats/zip_files.ts");
  return { where, files: unzipFiles(bytes, where) };
}
