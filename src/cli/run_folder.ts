// A run's folder: model/ and ema/ as diffusers lays them, checkpoints/, samples, losses.
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import { encodePng, type PixelImage } from "../formats/png.ts";
import { exists, readBytesIfAny, writeBytes, writeFolder } from "../platform/files.ts";
import { FolderStorage } from "../platform/folder_storage.ts";
import { type Checkpoint, readCheckpoint, STATE_FILE } from "../train/checkpoint.ts";
import { CheckpointStore } from "../train/checkpoint_store.ts";

const CHECKPOINTS = "checkpoints";
/** Names that `writeFolder` and `writeBytes` give to what is not whole yet. */
const LEFT_OVER = /^\.(model|ema)-[0-9a-f-]{36}(-old)?$|^\..+\.\d+\.partial$/;

type ModelFiles = ReadonlyMap<string, Uint8Array>;

/** What `--resume` named. */
export interface Resumed {
  checkpoint: Checkpoint;
  /** the run's folder, to go on in; undefined: a checkpoint was named, which needs a new one */
  folder: RunFolder | undefined;
  /** where the curve up to here may be */
  logs: readonly string[];
}

export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * A new folder; its parents are made.
   *
   * @param path   default: one in runs/, named by the time
   * @throws FileError where there is one already, unless `force`
   */
  static async create(path: string | undefined, force: boolean): Promise<RunFolder> {
    const folder = path ?? join("runs", new Date().toISOString().slice(0, 19).replace(/:/g, "-"));
    if (!force && (await exists(folder))) {
      throw new FileError(
        "file/exists",
        `${folder}: exists already.`,
        "Name another folder with --out, or say --force to write into it.",
      );
    }
    return new RunFolder(folder);
  }

  /**
   * What `--resume` names: a run's folder, whose latest checkpoint that is whole is taken, or one
   * checkpoint.
   *
   * @param tell  gets a sentence about each checkpoint that is damaged
   * @throws FileError checkpoint/missing, checkpoint/damaged, checkpoint/format
   */
  static async resume(path: string, tell: (message: string) => void): Promise<Resumed> {
    if (await exists(join(path, STATE_FILE))) {
      const read = (name: string) => readBytesIfAny(join(path, name));
      const logs = [path, join(path, "..", "..")];
      return { checkpoint: await readCheckpoint(read, path), folder: undefined, logs };
    }
    const folder = new RunFolder(path);
    const checkpoint = await (await folder.store()).latest(tell);
    return { checkpoint, folder, logs: [path] };
  }

  /** @param keep  how many of the last checkpoints to keep */
  store(keep?: number): Promise<CheckpointStore> {
    const storage = new FolderStorage(join(this.path, CHECKPOINTS));
    return CheckpointStore.open(storage, keep === undefined ? {} : { keep });
  }

  /** model/ and ema/: each is the old one or the new one at any moment, as its weights alone change. */
  async saveModels(models: Record<"model" | "ema", ModelFiles>): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeFolder(join(this.path, "model"), models.model);
    await writeFolder(join(this.path, "ema"), models.ema);
    await this.#tidy();
  }

  /** Removes what a writer that was killed left beside what it was to replace. */
  async #tidy(): Promise<void> {
    for (const name of await readdir(this.path)) {
      if (LEFT_OVER.test(name)) await rm(join(this.path, name), { recursive: true, force: true });
    }
  }

  async savePicture(name: string, image: PixelImage): Promise<void> {
    await writeBytes(join(this.path, name), encodePng(image));
  }
}
