// The run that this browser keeps: the last checkpoints, in the origin's own file system.
import {
  type Checkpoint,
  CheckpointStore,
  FileError,
  OpfsStorage,
  type Storage,
} from "../../src/index.ts";
import type { FilesByPath } from "../../src/worker.ts";

const FOLDER = "wgsl-diffusion/training-page";
const LOSSES = "losses.json";
const STATE = "training_state.json";

/** What the page noted in a checkpoint. */
export interface Notes {
  /** of the whole run */
  steps: number;
}

/** A run as it was kept. */
export interface Kept {
  step: number;
  notes: Notes;
  /** name of what it learns from */
  data: string;
  /** of every step so far */
  losses: readonly number[];
  files: FilesByPath;
}

export class KeptRun {
  readonly #storage: Storage;
  #store: CheckpointStore;

  private constructor(storage: Storage, store: CheckpointStore) {
    this.#storage = storage;
    this.#store = store;
  }

  /** @throws FileError file/access without storage, file/in-use while another tab has it */
  static async open(): Promise<KeptRun> {
    const storage = await OpfsStorage.open(FOLDER);
    return new KeptRun(storage, await CheckpointStore.open(storage, { keep: 1 }));
  }

  /** The last one that is whole; undefined: there is none. */
  async latest(): Promise<Kept | undefined> {
    const checkpoint = await this.#latest();
    if (!checkpoint) return undefined;
    const { state, where } = checkpoint;
    const folder = where.slice(where.lastIndexOf("/") + 1);
    const files = new Map<string, Uint8Array>();
    for (const name of [...state.files.keys(), STATE]) {
      files.set(name, (await this.#storage.read(`${folder}/${name}`)) ?? new Uint8Array());
    }
    const losses = await this.#losses(state.step);
    const notes = { steps: Number(state.run?.steps) || state.step };
    return { step: state.step, notes, data: state.data?.name ?? "", losses, files };
  }

  async #latest(): Promise<Checkpoint | undefined> {
    try {
      return await this.#store.latest(() => {}); // one that is damaged is passed over
    } catch (error) {
      if (error instanceof FileError && error.code === "checkpoint/missing") return undefined;
      throw error;
    }
  }

  async #losses(step: number): Promise<number[]> {
    const bytes = await this.#storage.read(LOSSES);
    const losses: unknown = bytes ? JSON.parse(new TextDecoder().decode(bytes)) : [];
    return Array.isArray(losses) ? losses.slice(0, step).map(Number) : [];
  }

  /** @throws FileError where it cannot be written, as on a full disk */
  async save(
    step: number,
    files: ReadonlyMap<string, Uint8Array>,
    losses: readonly number[],
  ): Promise<void> {
    const text = JSON.stringify(losses.map((loss) => Number(loss.toPrecision(4))));
    await this.#storage.writeFile(LOSSES, new TextEncoder().encode(text));
    await this.#store.add(step, files, { loss: losses.at(-1) ?? 0 });
  }

  async forget(): Promise<void> {
    for (const name of await this.#storage.names()) await this.#storage.remove(name);
    this.#store = await CheckpointStore.open(this.#storage, { keep: 1 });
  }
}
