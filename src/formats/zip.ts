// zip archives: what is in them, and each file's bytes. Nothing is written anywhere.
//
// The directory at the end is checked whole before anything is inflated: names that would leave a
// folder, encryption, and sizes that a small archive cannot honestly have are refused. Inflating
// (fflate) stops as soon as a file is longer than the directory says.
// Source: PKWARE's APPNOTE.TXT 6.3.10, §4.3 to §4.5.
import { Inflate } from "fflate";
import { FileError } from "../core/errors.ts";
import { crc32 } from "./crc32.ts";
import { type Directory, type DirectoryEntry, zipDirectory } from "./zip_directory.ts";

export interface ZipFile {
  /** with "/" between folders, never absolute, no ".." in it */
  path: string;
  /** bytes, inflated */
  size: number;
  /** @throws FileError where the bytes are damaged, or more or fewer than the directory says */
  read(): Uint8Array;
}

const SLICE = 2 ** 14; // compressed bytes inflated at once: a thousandfold is 16 MB

/**
 * The files of a zip archive, in the order of its directory; folders are left out.
 *
 * @param bytes  the whole archive
 * @param name   of it, for the errors
 * @throws FileError for another format, encryption, methods but "stored" and "deflated", names that
 *         are absolute, leave the archive or occur twice, links, more than 2^20 files, and files
 *         whose sizes are those of a bomb
 */
export function readZip(bytes: Uint8Array, name: string): ZipFile[] {
  const directory = zipDirectory(bytes, name);
  return directory.entries.map((entry) => ({
    path: entry.path,
    size: entry.size,
    read: () => contentOf(directory, entry, `${name}/${entry.path}`),
  }));
}

function contentOf({ bytes, start }: Directory, entry: DirectoryEntry, name: string): Uint8Array {
  const from = dataOffset(bytes, start, entry, name);
  const stored = bytes.subarray(from, from + entry.compressedSize);
  const content = entry.isDeflated ? inflated(stored, entry.size, name) : stored;
  if (content.length !== entry.size) throw damaged(name, `${entry.size} bytes`, content.length);
  const crc = crc32(content);
  if (crc === entry.crc) return content;
  throw damaged(name, `the CRC-32 ${entry.crc.toString(16)}`, crc.toString(16));
}

/** Behind the local header, whose name and extra field may differ in length from the directory's. */
function dataOffset(bytes: Uint8Array, end: number, entry: DirectoryEntry, name: string): number {
  const at = entry.offset;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (at + 30 > end || view.getUint32(at, true) !== 0x04034b50) {
    throw damaged(name, `a local header at byte ${at}`, "none");
  }
  const from = at + 30 + view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
  if (from + entry.compressedSize <= end) return from;
  throw damaged(name, `${entry.compressedSize} bytes from ${from} on`, `${end - from}`);
}

function inflated(stored: Uint8Array, size: number, name: string): Uint8Array {
  const content = new Uint8Array(size);
  let length = 0;
  const stream = new Inflate((chunk) => {
    if (length + chunk.length > size) throw damaged(name, `${size} bytes`, "more");
    content.set(chunk, length);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < stored.length; at += SLICE) {
      stream.push(stored.subarray(at, at + SLICE), at + SLICE >= stored.length);
    }
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    throw damaged(name, "deflated bytes", cause instanceof Error ? cause.message : "none", cause);
  }
  return content.subarray(0, length);
}

const damaged = (name: string, wanted: string, got: string | number, cause?: unknown): FileError =>
  new FileError(
    "file/zip",
    `${name}: the archive's directory says ${wanted}, got ${got}.`,
    "The archive is damaged; fetch it again.",
    { cause },
  );
