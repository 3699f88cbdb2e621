// The directory of a zip archive: its files' names, sizes and places, all checked. See ./zip.ts.
import { FileError } from "../core/errors.ts";
import { MOST_IMAGE_BYTES } from "./image_bytes.ts";

export interface DirectoryEntry {
  path: string;
  isDeflated: boolean;
  crc: number;
  compressedSize: number;
  size: number;
  /** of its local header */
  offset: number;
}

export interface Directory {
  bytes: Uint8Array;
  /** where the directory begins: the files lie before it */
  start: number;
  entries: DirectoryEntry[];
}

const END = 0x06054b50; // "PK\5\6": the end of the directory, 22 bytes and a comment
const END_BYTES = 22;
const LOCATOR_64 = 0x07064b50; // where the end for large archives is, before the other
const END_64 = 0x06064b50;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const EXTRA_64 = 1; // the field of sizes that 32 bits do not hold
const NOT_HERE = 0xffffffff; // in place of such a size

const MOST_FILES = 2 ** 20;
const MOST_RATIO = 200; // of a file's size to what it takes; pictures hardly compress at all
const RATIO_FROM = 2 ** 20; // bytes: smaller files may be of one value
const LINK = 0o120000; // of a Unix mode's type

const FETCH_AGAIN = "The archive is damaged or cut short; fetch it again.";

/** @throws FileError as `readZip` does */
export function zipDirectory(bytes: Uint8Array, name: string): Directory {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, start, size } = endOf(view, name);
  if (count > MOST_FILES) {
    throw refused(name, `may hold ${MOST_FILES} files, got ${count}.`, "Split it.");
  }
  const entries: DirectoryEntry[] = [];
  const paths = new Set<string>();
  let at = start;
  let total = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = entryAt(view, at, start + size, name);
    at = next;
    if (entry.path.endsWith("/")) continue;
    requireHonest(entry, name);
    total += entry.size;
    if (total > MOST_IMAGE_BYTES) {
      throw refused(name, `may hold ${MOST_IMAGE_BYTES} bytes, got more.`, "Split it.");
    }
    if (paths.has(entry.path)) {
      throw refused(name, `holds "${entry.path}" twice.`, "Make the archive again.");
    }
    paths.add(entry.path);
    entries.push(entry);
  }
  return { bytes, start, entries };
}

interface End {
  count: number;
  start: number;
  size: number;
}

/** The end of the directory: the last 22 bytes, before a comment of at most 65,535. */
function endOf(view: DataView, name: string): End {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (view.getUint32(at, true) !== END) continue;
    if (view.getUint16(at + 20, true) !== last - at) continue;
    const end = end64Before(view, at) ?? {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
    };
    if (end.start + end.size <= at && view.getUint16(at + 4, true) % 0xffff === 0) return end;
  }
  throw refused(name, "is no whole zip archive: its directory is not at its end.", FETCH_AGAIN);
}

/** That of large archives, which have a locator of 20 bytes before the usual end. */
function end64Before(view: DataView, at: number): End | undefined {
  if (at < 20 || view.getUint32(at - 20, true) !== LOCATOR_64) return undefined;
  const end = Number(view.getBigUint64(at - 12, true));
  if (end + 56 > at || view.getUint32(end, true) !== END_64) return undefined;
  const [count, size, start] = [32, 40, 48].map((i) => Number(view.getBigUint64(end + i, true)));
  return { count: count!, size: size!, start: start! };
}

function entryAt(
  view: DataView,
  at: number,
  end: number,
  name: string,
): { entry: DirectoryEntry; next: number } {
  if (at + ENTRY_BYTES > end || view.getUint32(at, true) !== ENTRY) {
    throw refused(name, `has no entry of its directory at byte ${at}.`, FETCH_AGAIN);
  }
  const u16 = (offset: number) => view.getUint16(at + offset, true);
  const u32 = (offset: number) => view.getUint32(at + offset, true);
  const nameEnd = at + ENTRY_BYTES + u16(28);
  const extraEnd = nameEnd + u16(30);
  const next = extraEnd + u16(32);
  if (next > end) throw refused(name, `has an entry past its directory's end.`, FETCH_AGAIN);
  const path = pathOf(view, at + ENTRY_BYTES, nameEnd, name);
  const [method, flags] = [u16(10), u16(8)];
  if (flags & 1) {
    throw refused(name, `is encrypted ("${path}").`, "Unpack it with its password first.");
  }
  if (method !== 0 && method !== 8) {
    const cure = "Make the archive again, with deflate.";
    throw refused(name, `packs "${path}" with method ${method}; known are 0 and 8.`, cure);
  }
  const isUnix = u16(4) >> 8 === 3;
  if (isUnix && ((u32(38) >>> 16) & 0o170000) === LINK) {
    throw refused(name, `holds a link, "${path}".`, "Pack the files themselves.");
  }
  const wide = wideSizes(view, nameEnd, extraEnd);
  const [size, compressedSize, offset] = [24, 20, 42].map((offset) => {
    return u32(offset) === NOT_HERE ? (wide.shift() ?? NOT_HERE) : u32(offset);
  });
  const entry = { path, isDeflated: method === 8, crc: u32(16) };
  return {
    entry: { ...entry, size: size!, compressedSize: compressedSize!, offset: offset! },
    next,
  };
}

/** The 64-bit sizes of an extra field, in their order. */
function wideSizes(view: DataView, from: number, end: number): number[] {
  for (let at = from; at + 4 <= end; ) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    const fieldEnd = Math.min(end, at + 4 + length);
    if (id === EXTRA_64) {
      const count = Math.floor((fieldEnd - at - 4) / 8);
      return Array.from({ length: count }, (_, i) =>
        Number(view.getBigUint64(at + 4 + 8 * i, true)),
      );
    }
    at = fieldEnd;
  }
  return [];
}

/** The name as UTF-8. @throws FileError for one that is absolute, or leaves the archive */
function pathOf(view: DataView, from: number, end: number, name: string): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + from, end - from);
  const path = new TextDecoder().decode(bytes);
  const segments = path.split("/");
  const isBad = path === "" || /^\/|^[a-z]:|[\\\0]/i.test(path) || segments.includes("..");
  if (!isBad) return path;
  throw refused(
    name,
    `holds ${JSON.stringify(path)}: names are relative, with "/" between folders, without "..".`,
    "Make the archive again, from inside its folder.",
  );
}

/** Nothing that is worth packing shrinks so far; stored files do not shrink at all. */
function requireHonest({ path, size, compressedSize, isDeflated }: DirectoryEntry, name: string) {
  const most = isDeflated ? Math.max(RATIO_FROM, MOST_RATIO * compressedSize) : compressedSize;
  if (size <= most) return;
  throw refused(
    name,
    `holds "${path}", ${size} bytes packed into ${compressedSize}; at most ${most} can be.`,
    "Unpack it first, if you trust it.",
  );
}

const refused = (name: string, message: string, hint: string): FileError =>
  new FileError("file/zip", `${name}: ${message}`, hint);
