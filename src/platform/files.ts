// Files in Node: whole or not at all.
//
// A file is written beside its place under another name, flushed, and renamed: a reader sees the old
// one or the new one. A folder of files is made the same way.
import { randomUUID } from "node:crypto";
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { FileError } from "../core/errors.ts";

/** Reads a file. @throws FileError where it is missing or unreadable */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readBytesIfAny(path);
  if (bytes) return bytes;
  throw new FileError("file/missing", `${path}: there is no such file.`, "Check the path.");
}

/** Reads a file; undefined where there is none. @throws FileError for any other failure */
export async function readBytesIfAny(
  path: string | URL,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return Uint8Array.from(await readFile(path));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unusable(String(path), "read", cause);
  }
}

/** A file that is read range by range; a range may be put into `scratch`, where there is room. */
export interface OpenedFile {
  readonly size: number;
  read(begin: number, end: number, scratch?: Uint8Array): Promise<Uint8Array>;
}

/** Opens a file; undefined where there is none. @throws FileError for any other failure */
export async function openFile(path: string): Promise<OpenedFile | undefined> {
  try {
    const { size } = await stat(path);
    const read = (begin: number, end: number, scratch = new Uint8Array(end - begin)) =>
      readRange(path, begin, scratch.subarray(0, end - begin));
    return { size, read };
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw unusable(path, "read", cause);
  }
}

/** Fills `bytes` from byte `begin` on; what is returned is shorter where the file ends sooner. */
async function readRange(path: string, begin: number, bytes: Uint8Array): Promise<Uint8Array> {
  let filled = 0;
  try {
    const file = await open(path, "r");
    try {
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, begin + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unusable(path, "read", cause);
  }
  return bytes.subarray(0, filled);
}

/**
 * Writes a file, whole or not at all, and on the disk when this returns; its folder is made if need
 * be.
 */
export async function writeBytes(path: string, bytes: Uint8Array | string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  try {
    await writeDurably(temporary, bytes);
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw unusable(path, "written", cause);
  }
}

/** Appends to a file; it and its folder are made if need be. */
export async function appendBytes(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await appendFile(path, bytes);
  } catch (cause) {
    throw unusable(path, "written", cause);
  }
}

/**
 * Writes a folder of files, replacing the folder that is there: whole or not at all, and on the disk
 * when this returns. Systems rename a folder over another in two steps, between which there is none; so
 * where its largest file alone is to change, such as a model's weights, that file is replaced, in one.
 */
export async function writeFolder(
  folder: string,
  files: ReadonlyMap<string, Uint8Array | string>,
): Promise<void> {
  try {
    await mkdir(dirname(folder), { recursive: true });
    const temporary = join(dirname(folder), `.${basename(folder)}-${randomUUID()}`);
    const largest = await largestIfOthersAreThere(folder, files);
    try {
      if (largest) {
        await writeDurably(temporary, largest.bytes);
        await rename(temporary, largest.path);
        await syncFolder(dirname(largest.path));
        return;
      }
      await mkdir(temporary);
      for (const [name, bytes] of files) await writeDurably(join(temporary, name), bytes);
      await syncFolder(temporary);
      await replaceFolder(temporary, folder);
      await syncFolder(dirname(folder));
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => {});
    }
  } catch (cause) {
    throw unusable(folder, "written", cause);
  }
}

/** The largest of some files, where a folder holds one of its name, all others as they are, and no more. */
async function largestIfOthersAreThere(
  folder: string,
  files: ReadonlyMap<string, Uint8Array | string>,
): Promise<{ path: string; bytes: Uint8Array | string } | undefined> {
  if (!(await exists(folder))) return undefined;
  const names = await readdir(folder, { recursive: true }); // of folders in it too
  const [largest, ...others] = [...files]
    .map(([name, bytes]) => ({ path: join(folder, name), bytes }))
    .sort((a, b) => b.bytes.length - a.bytes.length);
  const wanted = [...files.keys()].map((name) => join(name));
  const isWanted = (found: string) =>
    wanted.some((name) => name === found || name.startsWith(found + sep));
  if (!wanted.every((name) => names.includes(name)) || !names.every(isWanted)) return undefined;
  for (const { path, bytes } of others) {
    if (!(await readFile(path)).equals(Buffer.from(bytes))) return undefined;
  }
  return largest;
}

async function replaceFolder(from: string, to: string): Promise<void> {
  if (!(await exists(to))) return rename(from, to);
  const old = `${from}-old`;
  await rename(to, old);
  try {
    await rename(from, to);
  } catch (cause) {
    await rename(old, to);
    throw cause;
  }
  await rm(old, { recursive: true, force: true });
}

/** A new file, its bytes on the disk. */
async function writeDurably(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Systems without it (Windows) name folders safely by other means, or not at all. */
const NO_FOLDER_SYNC = ["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP"];

/** What a folder names is on the disk, where the system can say so. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    await handle.sync().finally(() => handle.close());
  } catch (cause) {
    if (!NO_FOLDER_SYNC.includes((cause as NodeJS.ErrnoException).code ?? "")) throw cause;
  }
}

export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

function unusable(path: string, what: string, cause: unknown): FileError {
  return new FileError(
    "file/access",
    `${path}: cannot be ${what}: ${(cause as Error).message}.`,
    "Check its permissions and the room on the disk.",
    { cause },
  );
}
