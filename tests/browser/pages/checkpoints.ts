// A page that keeps checkpoints in OPFS: saves them one after the other, and says what it finds.
import type { FileError } from "../../../src/core/errors.ts";
import { CheckpointStore } from "../../../src/train/checkpoint_store.ts";
import { OpfsStorage } from "../../../src/train/opfs_storage.ts";
import { stepCheckpoint, stepOf } from "../../support/step_checkpoint.ts";

interface Checkpoints {
  /** Saves without end; `saved` counts up. */
  saveForEver(): void;
  saved: number;
  /** Saves the next step. @returns what it was refused with; empty where it was not */
  save(): Promise<{ code: string; message: string }>;
  /** Opens a run's folder and keeps it. @returns "opened", or the error's code and message */
  open(path: string): Promise<string>;
  /** Closes all that `open` opened. */
  close(): void;
  latest(): Promise<{ step: number; damaged: string[]; names: string[] }>;
  /** Cuts a byte off a file. */
  damage(path: string): Promise<void>;
}

declare global {
  interface Window {
    checkpoints?: Checkpoints;
  }
}

const storage = await OpfsStorage.open("run/checkpoints", { exclusive: false });
const kept: OpfsStorage[] = [];
const size = 50_000; // 0.8 MB a checkpoint

window.checkpoints = {
  saved: 0,
  async saveForEver() {
    const store = await CheckpointStore.open(storage);
    for (let step = (store.kept[0]?.step ?? 0) + 1; ; step++) {
      await store.add(step, await stepCheckpoint(step, size), { loss: 1 });
      this.saved = step;
    }
  },
  async save() {
    const store = await CheckpointStore.open(storage);
    const step = (store.kept[0]?.step ?? 0) + 1;
    try {
      await store.add(step, await stepCheckpoint(step, size), { loss: 1 });
      return { code: "", message: "" };
    } catch (error) {
      const { code, message } = error as FileError;
      return { code, message };
    }
  },
  async open(path) {
    try {
      kept.push(await OpfsStorage.open(path));
      return "opened";
    } catch (error) {
      const { code, message } = error as FileError;
      return `${code}: ${message}`;
    }
  },
  close() {
    for (const one of kept.splice(0)) one.close();
  },
  async latest() {
    const damaged: string[] = [];
    const store = await CheckpointStore.open(storage);
    const step = stepOf(await store.latest((message) => damaged.push(message)));
    return { step, damaged, names: (await storage.names()).sort() };
  },
  async damage(path) {
    const [folder = "", name = ""] = path.split("/");
    const bytes = (await storage.read(path))!;
    const others = new Map<string, Uint8Array>();
    for (const file of ["config.json", "diffusion_pytorch_model.safetensors"]) {
      others.set(file, (await storage.read(`${folder}/${file}`))!);
    }
    for (const file of ["training_state.safetensors", "training_state.json"]) {
      others.set(file, (await storage.read(`${folder}/${file}`))!);
    }
    await storage.writeFolder(folder, others.set(name, bytes.slice(0, -1)));
  },
};
