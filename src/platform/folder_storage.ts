// A folder on disk as checkpoints are stored in: the `Storage` of src/train/checkpoint_store.ts.
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import { readBytesIfAny, writeBytes, writeFolder } from "./files.ts";

export class FolderStorage {
  readonly where: string;

  constructor(folder: string) {
    this.where = folder;
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return readBytesIfAny(join(this.where, path));
  }

  writeFile(name: string, bytes: Uint8Array): Promise<void> {
    return writeBytes(join(this.where, name), bytes);
  }

  writeFolder(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    return writeFolder(join(this.where, name), files);
  }

  async names(): Promise<string[]> {
    try {
      return await readdir(this.where);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw this.#unusable("listed", cause);
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await rm(join(this.where, name), { recursive: true, force: true });
    } catch (cause) {
      throw this.#unusable("tidied", cause);
    }
  }

  #unusable(what: string, cause: unknown): FileError {
    return new FileError(
      "file/access",
      `${this.where}: cannot be ${what}: ${(cause as Error).message}.`,
      "Check its permissions and the disk.",
      { cause },
    );
  }
}
