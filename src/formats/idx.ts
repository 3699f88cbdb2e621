// MNIST's IDX files of unsigned bytes, gzip'd or not: image and label files of the MNIST family.
//
// A file is 0, 0, type (8: unsigned byte), rank, then one big-endian 32-bit size an axis, then the
// bytes. Inflating stops as soon as there is more than the header claims: a small file cannot
// become a large one. Source: http://yann.lecun.com/exdb/mnist, "The IDX file format".
import { FileError } from "../core/errors.ts";
import { showShape, sizeOf } from "../core/shape.ts";

const UNSIGNED_BYTE = 8;
const HIGHEST_RANK = 4;
const MOST_BYTES = 2 ** 31; // of data
const LONGEST_HEADER = 4 + 4 * HIGHEST_RANK;
const FETCH_AGAIN = "The file is damaged or cut short; fetch it again.";

export interface Idx {
  /** [count] of labels, [count, rows, columns] of images */
  shape: number[];
  /** row-major; a view of the file where it was not gzip'd */
  data: Uint8Array;
}

/**
 * Shape and bytes of an IDX file.
 *
 * @param bytes  the whole file, gzip'd or not
 * @param name   of the file, for the errors
 * @throws FileError for another format, a rank not in 1 … 4, more or fewer bytes than the sizes
 *         say, and damaged gzip
 */
export async function readIdx(bytes: Uint8Array, name: string): Promise<Idx> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const file = isGzip ? await inflate(bytes, name) : bytes;
  const { shape, headerBytes, fileBytes } = headerOf(file, name);
  if (file.length === fileBytes) return { shape, data: file.subarray(headerBytes) };
  throw lengthError(name, shape, `${file.length - headerBytes}`);
}

interface IdxHeader {
  shape: number[];
  headerBytes: number;
  /** header and data, as the sizes say */
  fileBytes: number;
}

function headerOf(file: Uint8Array, name: string): IdxHeader {
  const [zero, alsoZero, type, rank = 0] = file;
  if (file.length < 4 || zero !== 0 || alsoZero !== 0 || type !== UNSIGNED_BYTE) {
    const start = [...file.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
    const message = `${name}: an IDX file of bytes begins with 00 00 08, got ${start.join(" ")}.`;
    throw new FileError("file/idx", message, "Give a file such as t10k-images-idx3-ubyte.gz.");
  }
  const headerBytes = 4 + 4 * rank;
  if (rank < 1 || rank > HIGHEST_RANK) {
    const message = `${name}: an IDX file has 1 … ${HIGHEST_RANK} axes, got ${rank}.`;
    throw new FileError("file/idx", message, FETCH_AGAIN);
  }
  if (file.length < headerBytes) {
    const message = `${name}: the header takes ${headerBytes} bytes, got ${file.length}.`;
    throw new FileError("file/idx", message, FETCH_AGAIN);
  }
  const view = new DataView(file.buffer, file.byteOffset, headerBytes);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  if (sizeOf(shape) <= MOST_BYTES) {
    return { shape, headerBytes, fileBytes: headerBytes + sizeOf(shape) };
  }
  const message = `${name}: may hold ${MOST_BYTES} bytes, its sizes are ${showShape(shape)}.`;
  throw new FileError("file/idx", message, FETCH_AGAIN);
}

/** The inflated file; stops as soon as it is no IDX file, or longer than its header claims. */
async function inflate(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const plain = new Uint8Array(bytes); // a Blob takes no shared memory
  const stream = new Blob([plain]).stream().pipeThrough(new DecompressionStream("gzip"));
  const reader = stream.getReader();
  try {
    return await collect(reader, name);
  } finally {
    await reader.cancel().catch(() => undefined); // it may have failed, or be at its end
  }
}

type Reader = ReadableStreamDefaultReader<Uint8Array>;

async function collect(reader: Reader, name: string): Promise<Uint8Array> {
  let file = new Uint8Array(LONGEST_HEADER);
  let length = 0;
  let header: IdxHeader | undefined;
  for (;;) {
    const chunk = await nextChunk(reader, name);
    if (!chunk) return file.subarray(0, length);
    if (header && length + chunk.length > header.fileBytes) {
      throw lengthError(name, header.shape, "more");
    }
    file = grown(file, length + chunk.length, header?.fileBytes);
    file.set(chunk, length);
    length += chunk.length;
    if (length >= LONGEST_HEADER) header ??= headerOf(file.subarray(0, length), name);
  }
}

/** Room for `needed` bytes: the old memory, or twice as much, but never more than `most`. */
function grown(memory: Uint8Array<ArrayBuffer>, needed: number, most = Number.POSITIVE_INFINITY) {
  if (needed <= memory.length) return memory;
  const larger = new Uint8Array(Math.max(needed, Math.min(2 * memory.length, most)));
  larger.set(memory);
  return larger;
}

async function nextChunk(reader: Reader, name: string): Promise<Uint8Array | undefined> {
  try {
    return (await reader.read()).value;
  } catch (cause) {
    const message = `${name}: must be a whole gzip file, got damaged or missing bytes.`;
    throw new FileError("file/gzip", message, FETCH_AGAIN, { cause });
  }
}

function lengthError(name: string, shape: readonly number[], got: string): FileError {
  const message = `${name}: ${showShape(shape)} takes ${sizeOf(shape)} bytes, got ${got}.`;
  return new FileError("file/idx", message, FETCH_AGAIN);
}
