// safetensors files that are read tensor by tensor: the header now, each tensor's bytes when asked.
//
// As strict as readSafetensors, whose rules these are: the whole layout is checked before any tensor
// is handed out.
import { SafetensorsError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { type ByteSource, type FileContent, sourceOf } from "./byte_source.ts";
import { headerBytes, LENGTH_BYTES, layoutOf } from "./safetensors.ts";
import { bytesOf } from "./safetensors_header.ts";
import type { Dtype, StoredTensor } from "./stored_tensor.ts";

/** A tensor in a file that has not been read yet. */
export interface OpenTensor {
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** its little-endian bytes, read anew each time; perhaps in `scratch`, if that is given */
  bytes(scratch?: Uint8Array): Promise<Uint8Array>;
}

/**
 * The tensors of a safetensors file, none of them read.
 *
 * @param name  of the file, for the errors
 * @returns     in the order of the header
 * @throws SafetensorsError as `readSafetensors` does; later, where a file has become shorter
 */
export async function openSafetensors(
  content: FileContent,
  name: string,
): Promise<Map<string, OpenTensor>> {
  const source = sourceOf(content);
  const start = await source.read(0, Math.min(source.size, LENGTH_BYTES + HINT_BYTES));
  const dataStart = headerBytes(start, source.size, name);
  const header = await source.read(LENGTH_BYTES, dataStart);
  const { entries } = layoutOf(header, source.size - dataStart, name);
  return new Map(
    entries.map(({ name: tensor, dtype, shape, begin, end }) => {
      const range: Range = { begin: dataStart + begin, end: dataStart + end };
      const bytes = (scratch?: Uint8Array) =>
        readRange({ source, scratch }, range, `${name}: "${tensor}"`);
      return [tensor, { dtype, shape, bytes }] as const;
    }),
  );
}

/** The tensor with its bytes; perhaps in `scratch`, which the next one then overwrites. */
export async function readTensor(tensor: OpenTensor, scratch?: Uint8Array): Promise<StoredTensor> {
  return { dtype: tensor.dtype, shape: tensor.shape, bytes: await tensor.bytes(scratch) };
}

/** Memory that holds any one of the tensors. */
export function scratchFor(tensors: Iterable<OpenTensor>): Uint8Array {
  const sizes = Array.from(tensors, ({ dtype, shape }) => bytesOf(dtype, shape) ?? 0);
  return new Uint8Array(sizes.reduce((most, size) => Math.max(most, size), 0));
}

const HINT_BYTES = 24; // enough to tell what a file is instead

interface Range {
  begin: number;
  end: number;
}

async function readRange(
  { source, scratch }: { source: ByteSource; scratch: Uint8Array | undefined },
  { begin, end }: Range,
  what: string,
): Promise<Uint8Array> {
  const bytes = await source.read(begin, end, scratch);
  if (bytes.length === end - begin) return bytes;
  throw new SafetensorsError(
    "safetensors/cut-short",
    `${what} has ${end - begin} bytes, of which ${bytes.length} could be read.`,
    "The file has changed since it was opened; open it again.",
  );
}
