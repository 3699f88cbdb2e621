// training_state.json of a checkpoint: what it says, written and strictly read. README.md here has
// the format; tensors and files are in checkpoint.ts.
import { FileError } from "../core/errors.ts";
import type { Choices } from "../device/gpu.ts";
import { isJsonObject, type JsonObject, jsonText, parseJsonObject } from "../formats/json.ts";
import {
  HYPER_PARAMETERS,
  type HyperParameters,
  requireHyperParameters,
} from "./hyper_parameters.ts";

/** Where a step begins in the data. */
export interface DataPlace {
  epoch: number;
  /** place in the epoch's order, from 0 */
  position: number;
  /** of the data set */
  images: number;
}

/** What a run is trained on. */
export interface DataIdentity {
  name: string;
  images: number;
  /** [C, H, W] */
  shape: readonly number[];
  /** of the images' bytes, then of the labels */
  sha256: string;
}

export interface FileRecord {
  bytes: number;
  sha256: string;
}

export interface TrainingState {
  /** steps of the optimiser done */
  step: number;
  hyperParameters: HyperParameters;
  dataOrder: DataPlace | undefined;
  skippedSteps: number;
  lossScale: JsonObject | undefined;
  data: DataIdentity | undefined;
  adapter: JsonObject | undefined;
  /** variants of the kernels of a step */
  kernels: readonly string[] | undefined;
  /** candidates of a step's kernels that a tuning found faster than the first */
  choices?: Choices | undefined;
  package: JsonObject | undefined;
  /** options of who runs the training, in its own names */
  run: JsonObject | undefined;
  /** the checkpoint's other files, by name */
  files: ReadonlyMap<string, FileRecord>;
}

const FORMAT = 1;

/** The file's text; keys whose value is undefined are left out. */
export function stateText(state: TrainingState): string {
  const { seed, ...hyperParameters } = state.hyperParameters;
  return jsonText({
    format: FORMAT,
    step: state.step,
    seed: Number.isSafeInteger(Number(seed)) ? Number(seed) : String(seed),
    hyper_parameters: { ...hyperParameters, clip: finiteClip(hyperParameters.clip) },
    data_order: state.dataOrder,
    skipped_steps: state.skippedSteps,
    loss_scale: state.lossScale,
    data: state.data,
    adapter: state.adapter,
    kernels: state.kernels,
    choices: state.choices,
    package: state.package,
    run: state.run,
    files: Object.fromEntries(state.files),
  });
}

/** Infinity, which JSON has not, clips as little as 0. */
const finiteClip = (clip: number): number => (Number.isFinite(clip) ? clip : 0);

/**
 * @param name  of the file, for the errors
 * @throws FileError file/json, checkpoint/format for what the format forbids; OptionError for
 *         hyper-parameters out of range
 */
export function parseState(bytes: Uint8Array, name: string): TrainingState {
  const json = new Fields(parseJsonObject(bytes, name), name);
  if (json.count("format") !== FORMAT) {
    throw new FileError(
      "checkpoint/format",
      `${name}: format must be ${FORMAT}, got ${String(json.value("format"))}.`,
      "A newer wgsl-diffusion wrote it: use that one.",
    );
  }
  return {
    step: json.count("step"),
    hyperParameters: hyperParametersOf(json),
    dataOrder: placeOf(json.optional("data_order")),
    skippedSteps: json.value("skipped_steps") === undefined ? 0 : json.count("skipped_steps"),
    lossScale: json.optional("loss_scale")?.json,
    data: identityOf(json.optional("data")),
    adapter: json.optional("adapter")?.json,
    kernels: kernelsOf(json),
    choices: choicesOf(json),
    package: json.optional("package")?.json,
    run: json.optional("run")?.json,
    files: filesOf(json.optional("files")),
  };
}

/** A JSON object whose values are asked for by name and kind. */
class Fields {
  readonly json: JsonObject;
  readonly #name: string;

  constructor(json: JsonObject, name: string) {
    this.json = json;
    this.#name = name;
  }

  value(key: string): unknown {
    return Object.hasOwn(this.json, key) ? this.json[key] : undefined;
  }

  count(key: string): number {
    const value = this.value(key);
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw this.wrong(key, "a whole number, 0 or more");
  }

  text(key: string): string {
    const value = this.value(key);
    if (typeof value === "string") return value;
    throw this.wrong(key, "text");
  }

  object(key: string): Fields {
    const value = this.value(key);
    if (isJsonObject(value)) return new Fields(value, `${this.#name}: ${key}`);
    throw this.wrong(key, "an object");
  }

  optional(key: string): Fields | undefined {
    const value = this.value(key);
    return value === undefined || value === null ? undefined : this.object(key);
  }

  wrong(key: string, rule: string): FileError {
    const got = JSON.stringify(this.value(key)) ?? "nothing";
    return new FileError(
      "checkpoint/format",
      `${this.#name}: ${key} must be ${rule}, got ${got.slice(0, 60)}.`,
      "The format is in src/train/README.md.",
    );
  }
}

function hyperParametersOf(json: Fields): HyperParameters {
  const given = json.object("hyper_parameters");
  const values = Object.entries(HYPER_PARAMETERS).flatMap(([name, usual]) => {
    const value = given.value(name);
    if (value === undefined || name === "seed") return [];
    if (kindOf(value) !== kindOf(usual)) throw given.wrong(name, `a ${kindOf(usual)}`);
    return [[name, value] as const];
  });
  const options: HyperParameters = {
    ...HYPER_PARAMETERS,
    ...Object.fromEntries(values),
    seed: seedOf(json),
  };
  requireHyperParameters(options);
  return options;
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? "list" : typeof value);

function seedOf(json: Fields): number | bigint {
  const value = json.value("seed");
  if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value);
  return json.count("seed");
}

function placeOf(json: Fields | undefined): DataPlace | undefined {
  if (!json) return undefined;
  const place = {
    epoch: json.count("epoch"),
    position: json.count("position"),
    images: json.count("images"),
  };
  if (place.position < place.images) return place;
  throw json.wrong("position", `below the ${place.images} images`);
}

function identityOf(json: Fields | undefined): DataIdentity | undefined {
  if (!json) return undefined;
  const shape = json.value("shape");
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n));
  if (!isShape) throw json.wrong("shape", "a list of whole numbers");
  const { name, sha256 } = { name: json.text("name"), sha256: json.text("sha256") };
  return { name, images: json.count("images"), shape: shape.map(Number), sha256 };
}

function choicesOf(json: Fields): Choices | undefined {
  const choices = json.optional("choices")?.json;
  if (choices === undefined) return undefined;
  if (Object.values(choices).every((name) => typeof name === "string")) return choices as Choices;
  throw json.wrong("choices", "names of variants");
}

function kernelsOf(json: Fields): string[] | undefined {
  const kernels = json.value("kernels");
  if (kernels === undefined || kernels === null) return undefined;
  if (Array.isArray(kernels) && kernels.every((name) => typeof name === "string")) return kernels;
  throw json.wrong("kernels", "a list of names");
}

function filesOf(json: Fields | undefined): Map<string, FileRecord> {
  const names = json ? Object.keys(json.json) : [];
  return new Map(
    names.map((name) => {
      const file = json!.object(name);
      return [name, { bytes: file.count("bytes"), sha256: file.text("sha256") }];
    }),
  );
}
