// Pictures of any size, still encoded, as one data set: decoded, cropped, scaled, a few at a time.
import { FileError, OptionError } from "../core/errors.ts";
import { requireImageBytes } from "../formats/image_bytes.ts";
import { imageHeader } from "../formats/image_header.ts";
import { cropScale, type Raster, withChannels } from "./crop_scale.ts";

/** A picture that is read and decoded when its turn comes. */
export interface Picture {
  name: string;
  read(): Promise<Uint8Array>;
}

/**
 * Decodes a PNG, JPEG or WebP file: turned as its EXIF data say, in sRGB, on white where it is
 * transparent, the first image where it holds several.
 *
 * @throws FileError where the bytes are damaged
 */
export type DecodePicture = (bytes: Uint8Array, name: string) => Promise<Raster>;

export interface PictureOptions {
  /** [height, width]; default: the first picture's, and then all must have it */
  size?: readonly [number, number] | undefined;
  /** 1 grey, 3 colours; default 3 */
  channels?: 1 | 3 | undefined;
  decode: DecodePicture;
  signal?: AbortSignal | undefined;
}

const AT_ONCE = 4; // pictures under way: decoders work beside the caller's thread

/**
 * The pixels of pictures, each cropped about its centre to the aspect of `size` and scaled to it.
 *
 * @returns  [C, H, W] and bytes [count, C, H, W]
 * @throws FileError for a picture that cannot be read, naming it; OptionError for sizes that differ
 *         where none is wanted
 */
export async function decodePictures(
  pictures: readonly Picture[],
  name: string,
  options: PictureOptions,
): Promise<{ shape: readonly [number, number, number]; pixels: Uint8Array }> {
  const { channels = 3, signal } = options;
  const size = options.size ?? (await sizeOfFirst(pictures, name, options));
  const shape = [channels, ...size] as const;
  requireImageBytes(name, pictures.length, shape);
  const imageBytes = channels * size[0] * size[1];
  const pixels = new Uint8Array(pictures.length * imageBytes);
  let next = 0;
  const work = async () => {
    while (next < pictures.length) {
      const n = next++;
      signal?.throwIfAborted();
      const raster = await rasterOf(pictures[n]!, options.decode);
      if (!options.size) requireSize(raster, size, pictures[n]!.name);
      const planes = cropScale(raster, size);
      pixels.set(
        withChannels(planes, planes.length / (size[0] * size[1]), channels),
        n * imageBytes,
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { shape, pixels };
}

async function rasterOf({ name, read }: Picture, decode: DecodePicture): Promise<Raster> {
  const bytes = await read();
  imageHeader(bytes, name); // refuses other formats and sizes before a decoder sees them
  const raster = await decode(bytes, name);
  if (raster.data.length === raster.width * raster.height * raster.channels) return raster;
  throw new FileError(
    "file/image",
    `${name}: the decoder gave ${raster.data.length} numbers for ${raster.width} × ` +
      `${raster.height} × ${raster.channels}.`,
    "Correct the decoder that was given.",
  );
}

async function sizeOfFirst(
  pictures: readonly Picture[],
  name: string,
  { decode }: PictureOptions,
): Promise<readonly [number, number]> {
  const [first] = pictures;
  if (!first) throw new FileError("file/data", `${name}: holds no pictures.`, "Add some.");
  const { width, height } = await rasterOf(first, decode);
  return [height, width];
}

function requireSize(
  { width, height }: Raster,
  [H, W]: readonly [number, number],
  name: string,
): void {
  if (width === W && height === H) return;
  throw new OptionError(
    "option/image-size",
    `${name}: pictures of several sizes need one to be cropped and scaled to; this one is ` +
      `${width} × ${height}, the first ${W} × ${H}.`,
    "Say the size: --image-size, or `size` in a program.",
  );
}
