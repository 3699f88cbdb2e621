// Writes safetensors files: the same tensors give the same bytes, in whatever order they come.
//
// Laid out as the reference does it: largest elements first, then by name, the header padded with
// spaces to a multiple of 8, so that every tensor is aligned for its element.
import { SafetensorsError } from "../core/errors.ts";
import { roundUp, showShape } from "../core/shape.ts";
import { bytesOf, requireExtents, requireName } from "./safetensors_header.ts";
import { METADATA_KEY, MOST_TENSORS } from "./safetensors_scan.ts";
import { DTYPES, type StoredTensor } from "./stored_tensor.ts";

const LENGTH_BYTES = 8;
const SPACE = 0x20;
const WRITER = "writeSafetensors";

/**
 * The bytes of a safetensors file.
 *
 * @param tensors   name and tensor; any order
 * @param metadata  text by name, written sorted; none by default
 * @throws SafetensorsError for a name given twice, reserved or too long, and for bytes that are not
 *         what dtype and shape take
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const sorted = [...tensors].sort(([nameA, a], [nameB, b]) => {
    const larger = DTYPES.indexOf(b.dtype) - DTYPES.indexOf(a.dtype);
    return larger || (nameA < nameB ? -1 : 1);
  });
  requireWritable(sorted);
  const header = new TextEncoder().encode(headerOf(sorted, metadata));
  const dataStart = LENGTH_BYTES + roundUp(header.length, 8);
  const dataBytes = sorted.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);

  const file = new Uint8Array(dataStart + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(dataStart - LENGTH_BYTES), true);
  file.set(header, LENGTH_BYTES);
  file.fill(SPACE, LENGTH_BYTES + header.length, dataStart);
  let at = dataStart;
  for (const [, { bytes }] of sorted) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

/** The header's JSON, put together as text: no key is an object's property, whatever it is called. */
function headerOf(
  sorted: readonly (readonly [string, StoredTensor])[],
  metadata: Readonly<Record<string, string>>,
): string {
  const parts: string[] = [];
  const pairs = Object.entries(metadata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
  if (pairs.length > 0) parts.push(`"${METADATA_KEY}":{${pairs.join(",")}}`);
  let begin = 0;
  for (const [name, { dtype, shape, bytes }] of sorted) {
    const end = begin + bytes.length;
    const entry = `{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${begin},${end}]}`;
    parts.push(`${JSON.stringify(name)}:${entry}`);
    begin = end;
  }
  return `{${parts.join(",")}}`;
}

function requireWritable(sorted: readonly (readonly [string, StoredTensor])[]): void {
  const names = new Set<string>();
  for (const [name, { dtype, shape, bytes }] of sorted) {
    requireName(name, WRITER);
    if (names.has(name) || name === METADATA_KEY) {
      const rule = name === METADATA_KEY ? "is reserved" : "must be given once, got it twice";
      const message = `${WRITER}: the name "${name}" ${rule}.`;
      throw new SafetensorsError("safetensors/duplicate", message, "Rename the tensor.");
    }
    names.add(name);
    requireExtents(name, shape, WRITER);
    const expected = bytesOf(dtype, shape);
    if (bytes.length !== expected) {
      throw new SafetensorsError(
        "safetensors/shape",
        `${WRITER}: "${name}" is ${dtype} ${showShape(shape)}, which takes ` +
          `${expected ?? "more than 2^53"} bytes, got ${bytes.length}.`,
        "Give the shape that the bytes were made for.",
      );
    }
  }
  if (names.size <= MOST_TENSORS) return;
  const message = `${WRITER}: a file may hold ${MOST_TENSORS} tensors, got ${names.size}.`;
  throw new SafetensorsError("safetensors/limit", message, "Split them into shards.");
}
