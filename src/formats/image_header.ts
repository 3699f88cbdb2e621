// What a picture's file says of itself in its first bytes: its format and size. Decodes nothing.
//
// Whoever decodes a picture looks here first: only PNG, JPEG and WebP go on to a decoder, and only
// at sizes that memory can hold, whatever the file's ending says.
import { FileError } from "../core/errors.ts";

export interface ImageHeader {
  format: "png" | "jpeg" | "webp";
  /** as stored: a JPEG may be turned after that */
  width: number;
  height: number;
}

const MOST_PIXELS = 2 ** 26; // 8192 × 8192
const CONVERT = "Convert it to PNG, JPEG or WebP.";
const FETCH_AGAIN = "The file is damaged or cut short; fetch it again.";

/** Other formats, told by their first bytes, for the message. */
const OTHERS: readonly [pattern: RegExp, name: string][] = [
  [/^GIF8/, "a GIF"],
  [/^BM/, "a BMP"],
  [/^(II\*\0|MM\0\*)/, "a TIFF"],
  [/^....ftyp(avif|avis)/s, "an AVIF"],
  [/^....ftyp(heic|heix|mif1|msf1|hevc)/s, "a HEIC"],
  [/^\s*(<\?xml|<svg)/, "an SVG"],
  [/^\s*</, "a web page"],
  [/^version https:\/\/git/, "a Git LFS pointer"],
];

/**
 * Format and size of a PNG, JPEG or WebP file.
 *
 * @param name  of the file, for the errors
 * @throws FileError for another format, a header that is cut short, no pixels, or more than 2^26
 */
export function imageHeader(bytes: Uint8Array, name: string): ImageHeader {
  const start = String.fromCharCode(...bytes.subarray(0, 32));
  const header = start.startsWith("\x89PNG\r\n\x1a\n")
    ? pngHeader(bytes)
    : start.startsWith("\xff\xd8\xff")
      ? jpegHeader(bytes)
      : /^RIFF....WEBP/s.test(start)
        ? webpHeader(bytes)
        : undefined;
  if (!header) throw unknownFormat(start, bytes.length, name);
  if (!header.size) {
    const message = `${name}: the header of this ${header.format.toUpperCase()} holds no size.`;
    throw new FileError("file/image", message, FETCH_AGAIN);
  }
  const [width, height] = header.size;
  if (width > 0 && height > 0 && width * height <= MOST_PIXELS) {
    return { format: header.format, width, height };
  }
  throw new FileError(
    "file/image",
    `${name}: a picture has 1 … ${MOST_PIXELS} pixels, got ${width} × ${height}.`,
    width * height === 0 ? FETCH_AGAIN : "Make it smaller first.",
  );
}

function unknownFormat(start: string, length: number, name: string): FileError {
  const other = OTHERS.find(([pattern]) => pattern.test(start))?.[1];
  const hex = [...start.slice(0, 4)].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0"));
  const is = length === 0 ? "is empty" : other ? `is ${other}` : `begins with ${hex.join(" ")}`;
  const message = `${name}: pictures are PNG, JPEG or WebP, and this file ${is}.`;
  return new FileError("file/image", message, CONVERT);
}

interface Found {
  format: ImageHeader["format"];
  /** undefined where the file ends before it, or has none */
  size?: [width: number, height: number] | undefined;
}

const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new DataView(buffer, byteOffset, byteLength);

/** Signature, length of the first chunk, "IHDR", width, height. */
function pngHeader(bytes: Uint8Array): Found {
  const view = viewOf(bytes);
  if (bytes.length < 33 || view.getUint32(12) !== 0x49484452) return { format: "png" };
  return { format: "png", size: [view.getUint32(16), view.getUint32(20)] };
}

const STANDALONE = (marker: number) => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
const NO_FRAME = [0xc4, 0xc8, 0xcc]; // in the range of frames: tables

/** Segments of marker and length, up to the first frame: precision, height, width. */
function jpegHeader(bytes: Uint8Array): Found {
  const view = viewOf(bytes);
  let at = 2;
  while (at + 9 <= bytes.length) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff) return { format: "jpeg" };
    if (marker === 0xff || STANDALONE(marker)) {
      at += marker === 0xff ? 1 : 2; // fill bytes; markers without a length
      continue;
    }
    if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAME.includes(marker)) {
      return { format: "jpeg", size: [view.getUint16(at + 7), view.getUint16(at + 5)] };
    }
    at += 2 + view.getUint16(at + 2);
  }
  return { format: "jpeg" };
}

/** A little-endian number of three bytes. */
const three = (bytes: Uint8Array, at: number): number =>
  bytes[at]! + 256 * bytes[at + 1]! + 65536 * bytes[at + 2]!;

/** The first chunk: "VP8 " (lossy), "VP8L" (lossless) or "VP8X" (extended: the canvas). */
function webpHeader(bytes: Uint8Array): Found {
  if (bytes.length < 30) return { format: "webp" };
  const view = viewOf(bytes);
  switch (String.fromCharCode(...bytes.subarray(12, 16))) {
    case "VP8 ":
      if ((view.getUint32(23) & 0xffffff00) >>> 0 !== 0x9d012a00) return { format: "webp" };
      return {
        format: "webp",
        size: [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff],
      };
    case "VP8L": {
      const bits = view.getUint32(21, true);
      return { format: "webp", size: [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1] };
    }
    case "VP8X":
      return {
        format: "webp",
        size: [three(bytes, 24) + 1, three(bytes, 27) + 1],
      };
  }
  return { format: "webp" };
}
