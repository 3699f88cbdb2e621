// A checkpoint as files: a model folder with the state of its training beside it. README.md here has
// the format. Where the files lie (disk, OPFS, a zip) is the caller's.
import { FileError } from "../core/errors.ts";
import { sha256 } from "../core/sha256.ts";
import { sameShape, showShape } from "../core/shape.ts";
import type { ReadFile } from "../formats/model_folder.ts";
import {
  float32Tensor,
  readSafetensors,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from "../formats/safetensors.ts";
import type { NamedValues } from "../nn/model.ts";
import { type FileRecord, parseState, stateText, type TrainingState } from "./training_state.ts";

export const STATE_FILE = "training_state.json";
const TENSORS_FILE = "training_state.safetensors";
const MODEL_FILES = ["config.json", "scheduler_config.json", "diffusion_pytorch_model.safetensors"];

/** The sets of numbers that have one for each parameter, by their prefix in the file. */
export const MOMENT_SETS = ["ema", "exp_avg", "exp_avg_sq"] as const;
export type MomentSet = (typeof MOMENT_SETS)[number];

/** A checkpoint that was read and verified. */
export interface Checkpoint {
  /** its folder, for messages */
  readonly where: string;
  readonly state: TrainingState;
  /** of training_state.safetensors, by name */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** gives the model's files to `DiffusionModel.load` */
  readonly read: ReadFile;
}

/**
 * The files of a checkpoint, training_state.json last.
 *
 * @param model    of `DiffusionModel.files`
 * @param sets     ema, exp_avg, exp_avg_sq: a value for each parameter
 * @param history  other tensors, by their name in the file
 */
export async function checkpointFiles(
  state: Omit<TrainingState, "files">,
  parts: {
    model: ReadonlyMap<string, Uint8Array>;
    sets: Record<MomentSet, NamedValues>;
    history: ReadonlyMap<string, StoredTensor>;
  },
): Promise<Map<string, Uint8Array>> {
  const moments = MOMENT_SETS.flatMap((set) =>
    [...parts.sets[set]].map(
      ([name, { shape, data }]) => [`${set}.${name}`, float32Tensor(shape, data)] as const,
    ),
  );
  const files = new Map(parts.model);
  files.set(TENSORS_FILE, writeSafetensors([...moments, ...parts.history], { format: "pt" }));
  const records = new Map<string, FileRecord>();
  for (const [name, bytes] of files) {
    records.set(name, { bytes: bytes.length, sha256: await sha256(bytes) });
  }
  const text = stateText({ ...state, files: records });
  return files.set(STATE_FILE, new TextEncoder().encode(text));
}

/**
 * Reads a checkpoint, and verifies every file that it lists.
 *
 * @param read   its files by name; undefined: there is none
 * @param where  its folder, for the errors
 * @throws FileError checkpoint/missing, checkpoint/damaged, checkpoint/format, file/json;
 *         SafetensorsError; OptionError
 */
export async function readCheckpoint(read: ReadFile, where: string): Promise<Checkpoint> {
  const json = await read(STATE_FILE);
  if (!json) {
    throw new FileError(
      "checkpoint/missing",
      `${where}: a checkpoint must hold ${STATE_FILE}, which is not there.`,
      "Name a run's folder, or one of its checkpoints; to start from weights alone, use --model.",
    );
  }
  const state = parseState(json, `${where}/${STATE_FILE}`);
  const files = new Map<string, Uint8Array>();
  for (const name of new Set([...MODEL_FILES, TENSORS_FILE, ...state.files.keys()])) {
    const bytes = await read(name);
    const expected = state.files.get(name);
    if (expected) await requireSame(`${where}/${name}`, bytes, expected);
    if (bytes) files.set(name, bytes);
  }
  const stored = files.get(TENSORS_FILE);
  if (!stored) throw damaged(`${where}: ${TENSORS_FILE} is not there.`);
  const { tensors } = readSafetensors(stored, `${where}/${TENSORS_FILE}`);
  return { where, state, tensors, read: async (name) => files.get(name) ?? read(name) };
}

/**
 * One of a checkpoint's sets: a value for each parameter.
 *
 * @param parameters  names and shapes of the parameters
 * @throws FileError where one is missing or of another shape
 */
export function momentsOf(
  { where, tensors }: Checkpoint,
  set: MomentSet,
  parameters: Iterable<{ name: string; shape: readonly number[] }>,
): NamedValues {
  return new Map(
    Array.from(parameters, ({ name, shape }) => {
      const full = `${set}.${name}`;
      const stored = tensors.get(full);
      if (!stored || !sameShape(stored.shape, shape)) {
        const got = stored ? showShape(stored.shape) : "none";
        throw new FileError(
          "checkpoint/format",
          `${where}/${TENSORS_FILE}: must hold ${full} ${showShape(shape)}, got ${got}.`,
          "Weights and training state belong to different networks.",
        );
      }
      return [name, { shape, data: toFloat32(stored, full) }] as const;
    }),
  );
}

async function requireSame(
  path: string,
  bytes: Uint8Array | undefined,
  expected: FileRecord,
): Promise<void> {
  if (!bytes) throw damaged(`${path}: is not there.`);
  if (bytes.length !== expected.bytes) {
    throw damaged(`${path}: must have ${expected.bytes} bytes, got ${bytes.length}.`);
  }
  const hash = await sha256(bytes);
  if (hash === expected.sha256) return;
  throw damaged(`${path}: its SHA-256 must be ${expected.sha256}, got ${hash}.`);
}

const damaged = (message: string): FileError =>
  new FileError("checkpoint/damaged", message, "Resume from another checkpoint.");
