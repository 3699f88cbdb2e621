// Decoding pictures in Node, by sharp: an optional dependency, loaded when a picture comes.
import { FileError } from "../core/errors.ts";

const MOST_PIXELS = 2 ** 26; // as the header may say; a second line behind it

/** [height, width, channels], three channels, or one. */
export interface SharpPixels {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

/**
 * A picture's pixels: turned as its EXIF data say, in sRGB with 8 bits a channel, on white where it
 * is transparent, the first image where it holds several.
 *
 * @param name  of the file, for the errors
 * @throws FileError file/decoder where sharp is not installed, file/image for damaged files
 */
export async function sharpPicture(bytes: Uint8Array, name: string): Promise<SharpPixels> {
  const sharp = await loadSharp(name);
  try {
    const picture = sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: "error" });
    const { data, info } = await picture
      .autoOrient()
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels, data };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${name}: is no picture that can be decoded: ${reason.slice(0, 200)}.`;
    throw new FileError("file/image", message, "The file is damaged; fetch it again.", { cause });
  }
}

async function loadSharp(name: string) {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new FileError(
      "file/decoder",
      `${name}: decoding pictures in Node needs the npm package sharp, which cannot be loaded.`,
      "Install it: npm install sharp.",
      { cause },
    );
  }
}
