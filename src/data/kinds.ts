// What a file of a data set is: told by its name's ending, else by its first bytes.
import { FileError } from "../core/errors.ts";

export type DataKind = "idx" | "cifar" | "zip" | "parquet" | "safetensors" | "picture";

const ENDINGS: readonly [ending: RegExp, kind: DataKind][] = [
  [/\.(idx|ubyte)(\.gz)?$|idx\d-ubyte(\.gz)?$|\.gz$/i, "idx"],
  [/\.bin$/i, "cifar"],
  [/\.zip$/i, "zip"],
  [/\.parquet$/i, "parquet"],
  [/\.safetensors$/i, "safetensors"],
  [/\.(png|jpe?g|webp)$/i, "picture"],
];

/** Pictures that are not decoded: to leave them out silently would be a surprise. */
const UNREAD = /\.(gif|bmp|tiff?|heic|heif|avif|jxl|svg)$/i;

/**
 * By the ending; undefined for others, such as a text beside the images.
 *
 * @throws FileError for pictures of formats that are not read
 */
export function kindByName(path: string): DataKind | undefined {
  if (UNREAD.test(path)) {
    throw new FileError(
      "file/image",
      `${path}: pictures are PNG, JPEG or WebP.`,
      "Convert it to one of them, or take it out of the folder.",
    );
  }
  return ENDINGS.find(([ending]) => ending.test(path))?.[1];
}

const STARTS: readonly [start: string, kind: DataKind][] = [
  ["\0\0\b", "idx"],
  ["\x1f\x8b", "idx"], // gzip
  ["PK\x03", "zip"],
  ["PK\x05", "zip"], // an empty one
  ["PAR1", "parquet"],
  ["\x89PNG", "picture"],
  ["\xff\xd8\xff", "picture"],
  ["RIFF", "picture"],
];

/** By the first bytes. @throws FileError for none that is known */
export function kindByContent(bytes: Uint8Array, name: string): DataKind {
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const kind = STARTS.find(([first]) => start.startsWith(first))?.[1];
  if (kind) return kind;
  if (start.slice(6, 9) === "\0\0{") return "safetensors"; // its header's length, and the header
  throw new FileError(
    "file/data",
    `${name}: holds neither IDX, CIFAR, zip, parquet, safetensors nor a picture.`,
    "Give images as one of them, or a folder of PNG, JPEG or WebP files.",
  );
}

/** Whether files of a kind hold images of one size of their own. */
export const hasOwnSize = (kind: DataKind | undefined): boolean =>
  kind === "idx" || kind === "cifar" || kind === "safetensors";
