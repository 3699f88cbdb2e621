// safetensors files: named tensors in one file, strictly read. Writing is in safetensors_write.ts,
// reading tensor by tensor in safetensors_open.ts.
//
// A file is 8 bytes of header length, a JSON header, the data. The reader makes no copy: tensors
// are views of the given bytes. It trusts nothing: a file that breaks a rule of the format, or a
// limit of ours, is refused with the rule, before anything larger than the header is allocated.
import { SafetensorsError } from "../core/errors.ts";
import { utf8 } from "./json.ts";
import { DAMAGED, type Entry, type Header, parseHeader } from "./safetensors_header.ts";
import type { StoredTensor } from "./stored_tensor.ts";

export { writeSafetensors } from "./safetensors_write.ts";
export {
  type Dtype,
  float32Tensor,
  type StoredTensor,
  toFloat32,
  toNumbers,
} from "./stored_tensor.ts";

/** A file begins with its header's length, a 64-bit number. */
export const LENGTH_BYTES = 8;
const LARGEST_HEADER = 100_000_000; // the reference's own
const BRACE = 0x7b;
const CUT_SHORT = "The file is cut short; fetch it again.";

export interface Safetensors {
  /** in the order of the header; the bytes are views of the file's */
  tensors: Map<string, StoredTensor>;
  /** `__metadata__`; empty where the file has none */
  metadata: Map<string, string>;
}

/**
 * The tensors of a safetensors file.
 *
 * Every byte of the data must belong to one tensor. Beside the reference's rules: at most 65,536
 * tensors, 8 axes, names of 1024 bytes, whole numbers below 2^53, and no key twice.
 *
 * @param bytes  the whole file
 * @param name   of the file, for the errors
 * @throws SafetensorsError naming file, tensor, rule and cure
 * @see https://github.com/huggingface/safetensors, "Format"
 */
export function readSafetensors(bytes: Uint8Array, name: string): Safetensors {
  const headerEnd = headerBytes(bytes, bytes.length, name);
  const { buffer, byteOffset, byteLength } = bytes;
  const header = layoutOf(bytes.subarray(LENGTH_BYTES, headerEnd), byteLength - headerEnd, name);

  const tensors = new Map<string, StoredTensor>();
  for (const { name: tensor, dtype, shape, begin, end } of header.entries) {
    const data = new Uint8Array(buffer, byteOffset + headerEnd + begin, end - begin);
    tensors.set(tensor, { dtype, shape, bytes: data });
  }
  return { tensors, metadata: header.metadata };
}

/** A header's entries, which fill so many bytes of data. @throws SafetensorsError if they do not */
export function layoutOf(header: Uint8Array, dataBytes: number, file: string): Header {
  const parsed = parseHeader(textOf(header, file), file);
  requireTiling(parsed.entries, dataBytes, file);
  return parsed;
}

/**
 * Where the data of a file begins: the bytes of its length and its header.
 *
 * @param bytes  the file's first bytes, or all
 * @param size   of the whole file
 * @throws SafetensorsError unless the header fits file and limit
 */
export function headerBytes(bytes: Uint8Array, size: number, file: string): number {
  if (bytes.length < LENGTH_BYTES) {
    throw new SafetensorsError(
      "safetensors/cut-short",
      `${file}: a safetensors file begins with ${LENGTH_BYTES} bytes of header length, ` +
        `got ${bytes.length} bytes in all.`,
      CUT_SHORT,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = view.getBigUint64(0, true);
  if (length > LARGEST_HEADER) {
    const message = `${file}: a header may have ${LARGEST_HEADER} bytes, got ${length}.`;
    throw new SafetensorsError("safetensors/limit", message, hintFor(bytes));
  }
  const end = LENGTH_BYTES + Number(length);
  if (end > size) {
    const message = `${file}: the header ends at byte ${end}, past the file's ${size}.`;
    throw new SafetensorsError("safetensors/cut-short", message, CUT_SHORT);
  }
  if (bytes[LENGTH_BYTES] !== BRACE || length === 0n) {
    const message = `${file}: the header must begin with "{".`;
    throw new SafetensorsError("safetensors/header", message, hintFor(bytes));
  }
  return end;
}

/** What the file is instead, by its first bytes. */
function hintFor(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 20));
  if (start.startsWith("version https://git")) {
    return "This is a Git LFS pointer; fetch the file itself with git lfs pull.";
  }
  if (start.startsWith("PK") || start.startsWith("\x80")) {
    return "This looks like a PyTorch pickle; save the model as safetensors.";
  }
  if (start.trimStart().startsWith("<")) {
    return "This looks like a web page; check the address it came from.";
  }
  return "This is not a safetensors file, or it is damaged; fetch it again.";
}

function textOf(header: Uint8Array, file: string): string {
  try {
    return utf8(header);
  } catch (cause) {
    const message = `${file}: the header must be UTF-8.`;
    throw new SafetensorsError("safetensors/header", message, DAMAGED, { cause });
  }
}

/** @throws SafetensorsError unless the tensors lie one after the other, from first byte to last */
function requireTiling(entries: readonly Entry[], dataBytes: number, file: string): void {
  const sorted = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let previous = { name: "the header", end: 0 };
  for (const entry of sorted) {
    const { name, begin, end } = entry;
    if (end > dataBytes) {
      const message = `${file}: "${name}" ends at byte ${end}, past the data's ${dataBytes}.`;
      throw new SafetensorsError("safetensors/cut-short", message, CUT_SHORT);
    }
    if (begin < previous.end) {
      const message = `"${name}" begins at byte ${begin}, inside "${previous.name}"`;
      throw tilingError(`${file}: ${message}, which ends at ${previous.end}.`);
    }
    if (begin > previous.end) {
      const hole = `bytes ${previous.end} to ${begin}, before "${name}",`;
      throw tilingError(`${file}: ${hole} belong to no tensor.`);
    }
    previous = entry;
  }
  if (previous.end === dataBytes) return;
  const extra = `the last ${dataBytes - previous.end} bytes, after ${previous.end},`;
  throw tilingError(`${file}: ${extra} belong to no tensor.`);
}

const tilingError = (message: string): SafetensorsError =>
  new SafetensorsError(
    "safetensors/offsets",
    message,
    "Tensors must fill the data without gap or overlap; save the file again.",
  );
