// A folder of files as one zip archive, and back: how a page hands out a model or a checkpoint.
import { zipSync } from "fflate";
import type { ReadFile } from "./model_folder.ts";
import { readZip, type ZipFile } from "./zip.ts";

/** Of every file in an archive, so that the same files make the same bytes. */
const DATE = new Date(1980, 0, 1);

/**
 * A zip archive of files, by their paths in it; stored as they are, for weights do not compress.
 *
 * @param files  those of `saveModel`, `trainer.save()` or a run folder
 */
export function zipFiles(files: ReadonlyMap<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(zipSync(Object.fromEntries(files), { level: 0, mtime: DATE }));
}

/**
 * The files of an archive, for `DiffusionModel.load` and `readCheckpoint`; where all of them lie in one
 * folder, by their paths in that.
 *
 * @param name  of the archive, for the errors
 * @throws FileError as `readZip` does
 */
export function openZip(bytes: Uint8Array, name: string): ReadFile {
  const byPath = new Map(unwrapped(bytes, name));
  return async (path) => byPath.get(path)?.read();
}

/** As `openZip`, all files at once. */
export function unzipFiles(bytes: Uint8Array, name: string): Map<string, Uint8Array> {
  return new Map(unwrapped(bytes, name).map(([path, file]) => [path, file.read()]));
}

function unwrapped(bytes: Uint8Array, name: string): [path: string, file: ZipFile][] {
  const files = readZip(bytes, name);
  const top = files[0]?.path.split("/")[0];
  const isWrapped = files.every(({ path }) => path.startsWith(`${top}/`));
  const start = isWrapped ? `${top}/`.length : 0;
  return files.map((file) => [file.path.slice(start), file]);
}
