// The header of a safetensors file: JSON text to entries, each checked for itself.
//
// Rules are the reference's (safetensors/src/tensor.rs of huggingface/safetensors) and tighter
// limits of our own. How entries lie beside each other in the data is checked in safetensors.ts.
import { SafetensorsError } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import { isJsonObject, type JsonObject, showValue } from "./json.ts";
import { METADATA_KEY, scanHeader } from "./safetensors_scan.ts";
import { BYTES_PER_ELEMENT, DTYPES, type Dtype, isDtype } from "./stored_tensor.ts";

const HIGHEST_RANK = 8;
const LONGEST_NAME = 1024; // bytes of UTF-8
export const DAMAGED = "The header is damaged; fetch or save the file again.";

export interface Entry {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  /** first byte and the one past the last, counted from the end of the header */
  begin: number;
  end: number;
}

export interface Header {
  /** in the order of the file's header */
  entries: Entry[];
  metadata: Map<string, string>;
}

/**
 * Entries and metadata of a header's text.
 *
 * @param file  the file's name, for the errors
 * @throws SafetensorsError for whatever is not a header: each tensor needs a name of at most 1024 bytes,
 *         a known dtype, a shape of at most 8 sizes, two offsets that enclose just its bytes
 */
export function parseHeader(text: string, file: string): Header {
  scanHeader(text, file);
  const json = jsonOf(text, file);
  const entries: Entry[] = [];
  let metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(json)) {
    if (name === METADATA_KEY) metadata = metadataOf(value, file);
    else entries.push(entryOf(name, value, file));
  }
  return { entries, metadata };
}

const headerError = (kind: string, message: string, hint = DAMAGED): SafetensorsError =>
  new SafetensorsError(`safetensors/${kind}`, message, hint);

function jsonOf(text: string, file: string): JsonObject {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const message = `${file}: the header must be JSON, got ${showValue(text)}.`;
    throw new SafetensorsError("safetensors/header", message, DAMAGED, { cause });
  }
  if (isJsonObject(json)) return json;
  throw headerError("header", `${file}: the header must be a JSON object, got ${showValue(text)}.`);
}

function metadataOf(value: unknown, file: string): Map<string, string> {
  const metadata = new Map<string, string>();
  if (!isJsonObject(value)) {
    const got = showValue(value);
    throw headerError("header", `${file}: ${METADATA_KEY} must map names to text, got ${got}.`);
  }
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      const got = showValue(text);
      const message = `${file}: ${METADATA_KEY} "${key}" must be text, got ${got}.`;
      throw headerError("header", message, "Save other values as text.");
    }
    metadata.set(key, text);
  }
  return metadata;
}

function entryOf(name: string, value: unknown, file: string): Entry {
  requireName(name, file);
  if (!isJsonObject(value)) {
    const rule = "must have dtype, shape and data_offsets";
    throw headerError("header", `${file}: "${name}" ${rule}, got ${showValue(value)}.`);
  }
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isDtype(dtype)) {
    const message = `${file}: "${name}" has the unsupported dtype ${showValue(dtype)}.`;
    throw headerError("dtype", message, `Save it as one of ${DTYPES.join(", ")}.`);
  }
  requireExtents(name, shape, file);
  const [begin, end] = offsetsOf(name, offsets, file);
  requireBytes({ name, dtype, shape, begin, end }, file);
  return { name, dtype, shape, begin, end };
}

/** @throws SafetensorsError unless the name has at most 1024 bytes and is well-formed Unicode */
export function requireName(name: string, file: string): void {
  const bytes = new TextEncoder().encode(name).length;
  if (bytes <= LONGEST_NAME && !/\p{Surrogate}/u.test(name)) return;
  throw headerError(
    "name",
    `${file}: a tensor's name must be at most ${LONGEST_NAME} bytes of valid Unicode, ` +
      `got ${bytes} bytes, ${showValue(name)}.`,
    "Rename the tensor.",
  );
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** @throws SafetensorsError unless the shape is a list of at most 8 counts */
export function requireExtents(
  name: string,
  shape: unknown,
  file: string,
): asserts shape is number[] {
  if (Array.isArray(shape) && shape.length > HIGHEST_RANK) {
    const message = `${file}: "${name}" may have ${HIGHEST_RANK} axes, got ${shape.length}.`;
    throw headerError("limit", message, "Save it with fewer axes.");
  }
  if (Array.isArray(shape) && shape.every(isCount)) return;
  const rule = "must have a shape of sizes from 0 up";
  throw headerError("shape", `${file}: "${name}" ${rule}, got ${showValue(shape)}.`);
}

function offsetsOf(name: string, offsets: unknown, file: string): [number, number] {
  if (Array.isArray(offsets) && offsets.length === 2) {
    const [begin, end]: unknown[] = offsets;
    if (isCount(begin) && isCount(end) && begin <= end) return [begin, end];
  }
  const rule = "must have data_offsets [begin, end] with 0 ≤ begin ≤ end";
  throw headerError("offsets", `${file}: "${name}" ${rule}, got ${showValue(offsets)}.`);
}

function requireBytes({ name, dtype, shape, begin, end }: Entry, file: string): void {
  const expected = bytesOf(dtype, shape);
  if (expected === end - begin) return;
  throw headerError(
    "shape",
    `${file}: "${name}" is ${dtype} ${showShape(shape)}, which takes ` +
      `${expected ?? "more than 2^53"} bytes, got ${end - begin}.`,
  );
}

/** Bytes of a tensor; undefined where the product leaves the exact integers on the way. */
export function bytesOf(dtype: Dtype, shape: readonly number[]): number | undefined {
  let bytes: number = BYTES_PER_ELEMENT[dtype];
  for (const extent of shape) {
    bytes *= extent;
    if (!Number.isSafeInteger(bytes)) return undefined;
  }
  return bytes;
}
