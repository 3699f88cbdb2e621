// Checkpoints in a page: a folder of the browser's own file system (OPFS), as `Storage`.
//
// A file is written to the side and takes its place when it is closed; a folder is written file by
// file, so that latest.json, which comes after it, says whether it is whole. One page at a time: a Web
// Lock, held until close() or the end of the page, keeps others out.
import { FileError } from "../core/errors.ts";
import { type PageLock, pageLock } from "./page_lock.ts";

export class OpfsStorage {
  readonly where: string;
  readonly #folder: FileSystemDirectoryHandle;
  readonly #lock: PageLock | undefined;

  private constructor(
    folder: FileSystemDirectoryHandle,
    where: string,
    lock: PageLock | undefined,
  ) {
    this.#folder = folder;
    this.where = where;
    this.#lock = lock;
  }

  /**
   * A folder, made if need be.
   *
   * @param path       such as "my-run/checkpoints"
   * @param exclusive  no other page may have it open, for two would write over one another; default true
   * @throws FileError file/in-use where another page has it open; file/access where the page may not
   *         store files
   */
  static async open(
    path: string,
    { exclusive = true }: { exclusive?: boolean } = {},
  ): Promise<OpfsStorage> {
    const lock = exclusive ? await pageLock(path) : undefined;
    try {
      let folder = await navigator.storage.getDirectory();
      for (const name of path.split("/").filter(Boolean)) {
        folder = await folder.getDirectoryHandle(name, { create: true });
      }
      return new OpfsStorage(folder, path, lock);
    } catch (cause) {
      lock?.release();
      throw unusable(path, "opened", cause);
    }
  }

  /** Lets other pages open it. */
  close(): void {
    this.#lock?.release();
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    const [name = "", ...folders] = path.split("/").reverse();
    try {
      let folder = this.#folder;
      for (const one of folders.reverse()) folder = await folder.getDirectoryHandle(one);
      const file = await (await folder.getFileHandle(name)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw unusable(`${this.where}/${path}`, "read", cause);
    }
  }

  async writeFile(name: string, bytes: Uint8Array): Promise<void> {
    try {
      await write(this.#folder, name, bytes);
    } catch (cause) {
      throw unusable(`${this.where}/${name}`, "written", cause);
    }
  }

  async writeFolder(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    await this.remove(name);
    try {
      const folder = await this.#folder.getDirectoryHandle(name, { create: true });
      for (const [file, bytes] of files) await write(folder, file, bytes);
    } catch (cause) {
      throw unusable(`${this.where}/${name}`, "written", cause);
    }
  }

  async names(): Promise<string[]> {
    const names: string[] = [];
    for await (const name of this.#folder.keys()) names.push(name);
    return names;
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#folder.removeEntry(name, { recursive: true });
    } catch (cause) {
      if (!isMissing(cause)) throw unusable(`${this.where}/${name}`, "removed", cause);
    }
  }
}

async function write(
  folder: FileSystemDirectoryHandle,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  try {
    await writable.write(Uint8Array.from(bytes));
  } catch (cause) {
    await writable.abort().catch(() => {});
    throw cause;
  }
  await writable.close();
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof DOMException && cause.name === "NotFoundError";

function unusable(path: string, what: string, cause: unknown): FileError {
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new FileError(
    "file/access",
    `${path}: cannot be ${what} in the browser's file system: ${reason.replace(/\.$/, "")}.`,
    "Free some of the site's storage, or leave private browsing.",
    { cause },
  );
}
