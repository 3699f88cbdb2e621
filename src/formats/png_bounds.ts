// A PNG file cut down to what a decoder may see: the chunks that make the pixels, and no bomb.
//
// Decoders inflate all that a file holds before they look at its size: a file of 300 KB can take a
// gigabyte, by its pixels or by a colour profile. Here the header's size bounds the pixels' bytes,
// counted while they are inflated, and every other chunk is left out.
// Source: W3C, "Portable Network Graphics", third edition, §5 (chunks), §11.2 (critical chunks).
import { Unzlib } from "fflate";
import { FileError } from "../core/errors.ts";
import { imageHeader } from "./image_header.ts";

const NEEDED = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
const SAMPLES: readonly (number | undefined)[] = [1, undefined, 3, 1, 2, undefined, 4]; // by colour type
const MOST_PIXELS = 2 ** 22; // 2048 × 2048: as float32 colours 50 MB
const SLICE = 2 ** 12; // compressed bytes inflated at once: a thousandfold is 4 MB

interface Chunk {
  type: string;
  /** with its length, type and CRC */
  whole: Uint8Array;
  data: Uint8Array;
}

/**
 * The same picture as a PNG of its critical chunks and transparency alone.
 *
 * @param name  of the file, for the errors
 * @throws FileError for another format, more than 2^22 pixels, or more or fewer bytes than those take
 */
export function boundedPng(bytes: Uint8Array, name: string): Uint8Array {
  const { format, width, height } = imageHeader(bytes, name);
  if (format !== "png") throw refused(name, `must be a PNG, got a ${format.toUpperCase()}`);
  if (width * height > MOST_PIXELS) {
    throw refused(name, `a PNG here has at most ${MOST_PIXELS} pixels, got ${width} × ${height}`);
  }
  const chunks = chunksOf(bytes, name).filter(({ type }) => NEEDED.includes(type));
  const pixels = chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data);
  requireSize(pixels, sizesOf(bytes, width, height), name);
  const parts = [bytes.subarray(0, 8), ...chunks.map(({ whole }) => whole)];
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Up to IEND. */
function chunksOf(bytes: Uint8Array, name: string): Chunk[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 8; chunks.at(-1)?.type !== "IEND"; ) {
    const end = at + 12 <= bytes.length ? at + 12 + view.getUint32(at) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw refused(name, `the PNG ends inside a chunk, at byte ${at}`);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    chunks.push({
      type,
      whole: bytes.subarray(at, end),
      data: bytes.subarray(at + 8, end - 4),
    });
    at = end;
  }
  return chunks;
}

/** Bytes of the pixels, and of the filtered rows; twice those, for Adam7's seven pictures begin more rows. */
function sizesOf(bytes: Uint8Array, width: number, height: number): readonly [number, number] {
  const bits = bytes[24]! * (SAMPLES[bytes[25]!] ?? 1);
  const most = 2 * height * (Math.ceil((width * bits) / 8) + 1) + 64;
  return [Math.floor((width * height * bits) / 8), most];
}

function requireSize(
  pixels: readonly Uint8Array[],
  [least, most]: readonly [number, number],
  name: string,
): void {
  let total = 0;
  const inflate = new Unzlib(({ length }) => {
    total += length;
  });
  for (const data of pixels) {
    for (let at = 0; at < data.length; at += SLICE) {
      inflated(inflate, data.subarray(at, at + SLICE), name);
      if (total > most) throw refused(name, `its size takes ${most} bytes at most, it holds more`);
    }
  }
  if (total < least) throw refused(name, `its size takes ${least} bytes, it holds ${total}`);
}

function inflated(inflate: Unzlib, data: Uint8Array, name: string): void {
  try {
    inflate.push(data, false);
  } catch (cause) {
    throw refused(
      name,
      `its pixels cannot be inflated: ${cause instanceof Error ? cause.message : cause}`,
    );
  }
}

const refused = (name: string, rule: string) =>
  new FileError("file/image", `${name}: ${rule}.`, "Save the picture again as PNG.");
