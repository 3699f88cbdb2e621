// The checkpoints of a run: which are there, which are kept, and which is the latest that is whole.
//
// latest.json is the commit point: a folder that it does not name was never finished, or is no longer
// wanted. Where files lie is the caller's: it gives a `Storage` of the folder checkpoints/.
import { FileError } from "../core/errors.ts";
import { sha256 } from "../core/sha256.ts";
import { isJsonObject, jsonText, parseJsonObject } from "../formats/json.ts";
import { type Checkpoint, readCheckpoint, STATE_FILE } from "./checkpoint.ts";

/** Files in folders; a path is "folder/name" or "name". */
export interface Storage {
  /** the folder's name, for messages */
  readonly where: string;
  /** undefined: there is no such file */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Writes a file: a reader sees the old one or the new one. */
  writeFile(name: string, bytes: Uint8Array): Promise<void>;
  /** Writes a folder of files, whole where that can be had; it replaces one of that name. */
  writeFolder(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** Names of all files and folders, unfinished ones too; none where there is no such folder. */
  names(): Promise<string[]>;
  /** Removes a file, or a folder with all that is in it. */
  remove(name: string): Promise<void>;
}

/** How good a checkpoint is. */
export interface Score {
  /** mean of the last steps' losses */
  loss: number;
  /** on held-out images */
  validationLoss?: number | undefined;
}

/** A line of latest.json. */
export interface KeptCheckpoint extends Score {
  folder: string;
  step: number;
  /** of training_state.json */
  sha256?: string | undefined;
}

const POINTER = "latest.json";
const FORMAT = 1;
const FOLDER = /^step-(\d{6,})$/;
/** Checkpoints, and what a writer that was killed left of one or of the pointer. */
const OURS = /^\.?step-\d{6,}|^\.latest\.json\./;

export class CheckpointStore {
  readonly #storage: Storage;
  readonly #keep: number;
  #kept: readonly KeptCheckpoint[] = [];

  private constructor(storage: Storage, keep: number, kept: readonly KeptCheckpoint[]) {
    this.#storage = storage;
    this.#keep = keep;
    this.#kept = kept;
  }

  /** @param keep  how many of the last to keep, beside the best; default 2 */
  static async open(storage: Storage, { keep = 2 }: { keep?: number } = {}) {
    return new CheckpointStore(storage, keep, await readPointer(storage));
  }

  /** What latest.json names, newest first. */
  get kept(): readonly KeptCheckpoint[] {
    return this.#kept;
  }

  /** The least validation loss, or the least loss where nothing was validated. */
  get best(): KeptCheckpoint | undefined {
    return bestOf(this.#kept);
  }

  /**
   * Writes a checkpoint, then names it the latest, then removes what is no longer kept.
   *
   * @param files  of `Trainer.save`
   * @throws FileError where it cannot be written; what was the latest before is so still
   */
  async add(step: number, files: ReadonlyMap<string, Uint8Array>, score: Score): Promise<void> {
    const folder = `step-${String(step).padStart(6, "0")}`;
    const hash = await sha256(files.get(STATE_FILE) ?? new Uint8Array());
    await this.#storage.writeFolder(folder, files);
    const all = [
      { ...score, folder, step, sha256: hash },
      ...this.#kept.filter((other) => other.step < step),
    ];
    const best = bestOf(all);
    const kept = all.filter((one, i) => i < this.#keep || one === best);
    await this.#storage.writeFile(POINTER, pointerBytes(kept));
    this.#kept = kept;
    for (const name of await this.#storage.names()) {
      const isKept = kept.some((one) => one.folder === name);
      if (OURS.test(name) && !isKept) await this.#storage.remove(name);
    }
  }

  /**
   * The latest checkpoint that is whole: the one that latest.json names, else those before it.
   *
   * @param tell  gets a sentence about each that is damaged
   * @throws FileError checkpoint/missing where none is whole
   */
  async latest(tell: (message: string) => void): Promise<Checkpoint> {
    const { where } = this.#storage;
    const listed = this.#kept.map(({ folder }) => folder);
    const others = (await this.#storage.names()).filter((name) => FOLDER.test(name));
    const unlisted = others.filter((name) => !listed.includes(name)).sort(byStepDown);
    for (const folder of [...listed, ...unlisted]) {
      try {
        return await this.#read(folder);
      } catch (error) {
        if (!(error instanceof FileError)) throw error;
        tell(`${where}/${folder} is damaged, and left out: ${error.message}`);
      }
    }
    throw new FileError(
      "checkpoint/missing",
      `${where}: holds no checkpoint that is whole.`,
      "Name the folder of a run that saved some (train --save-every).",
    );
  }

  async #read(folder: string): Promise<Checkpoint> {
    const where = `${this.#storage.where}/${folder}`;
    const read = (name: string) => this.#storage.read(`${folder}/${name}`);
    const hash = this.#kept.find((one) => one.folder === folder)?.sha256;
    const state = await read(STATE_FILE);
    if (hash !== undefined && state && (await sha256(state)) !== hash) {
      throw new FileError(
        "checkpoint/damaged",
        `${where}/${STATE_FILE}: its SHA-256 must be ${hash}, got another.`,
        "Resume from another checkpoint.",
      );
    }
    return readCheckpoint(read, where);
  }
}

const byStepDown = (a: string, b: string): number => stepOf(b) - stepOf(a);
const stepOf = (folder: string): number => Number(FOLDER.exec(folder)?.[1] ?? -1);

function bestOf(all: readonly KeptCheckpoint[]): KeptCheckpoint | undefined {
  const validated = all.filter(({ validationLoss }) => validationLoss !== undefined);
  const lossOf = ({ loss, validationLoss }: Score) =>
    validated.length > 0 ? (validationLoss ?? Number.POSITIVE_INFINITY) : loss;
  return all.reduce<KeptCheckpoint | undefined>(
    (best, one) => (!best || lossOf(one) < lossOf(best) ? one : best),
    undefined,
  );
}

function pointerBytes(kept: readonly KeptCheckpoint[]): Uint8Array {
  const checkpoints = kept.map(({ validationLoss, ...one }) => ({
    ...one,
    validation_loss: validationLoss,
  }));
  const [latest, best] = [kept[0]?.folder, bestOf(kept)?.folder];
  return new TextEncoder().encode(jsonText({ format: FORMAT, latest, best, checkpoints }));
}

/** What latest.json lists; nothing where it is missing or damaged: the folders tell then. */
async function readPointer(storage: Storage): Promise<KeptCheckpoint[]> {
  const bytes = await storage.read(POINTER);
  if (!bytes) return [];
  try {
    const { checkpoints } = parseJsonObject(bytes, `${storage.where}/${POINTER}`);
    return Array.isArray(checkpoints) ? checkpoints.flatMap(keptOf) : [];
  } catch (error) {
    if (error instanceof FileError) return [];
    throw error;
  }
}

function keptOf(value: unknown): KeptCheckpoint[] {
  if (!isJsonObject(value)) return [];
  const { folder, loss, validation_loss, sha256: hash } = value;
  if (typeof folder !== "string" || !FOLDER.test(folder)) return [];
  const number = (x: unknown) => (typeof x === "number" ? x : undefined);
  const text = typeof hash === "string" ? hash : undefined;
  const score = {
    loss: number(loss) ?? Number.POSITIVE_INFINITY,
    validationLoss: number(validation_loss),
  };
  return [{ ...score, folder, step: stepOf(folder), sha256: text }];
}
