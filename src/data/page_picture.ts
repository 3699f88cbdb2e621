// Decoding pictures in a page, or in a worker of one: by the browser itself.
import { FileError } from "../core/errors.ts";
import { imageHeader } from "../formats/image_header.ts";
import type { Raster } from "./crop_scale.ts";

/**
 * A picture's pixels, [height, width, 4], by createImageBitmap: see `DecodePicture`.
 *
 * @throws FileError file/decoder where there is no such function, as in Node; file/image
 */
export async function pagePicture(bytes: Uint8Array, name: string): Promise<Raster> {
  if (typeof createImageBitmap !== "function") {
    throw new FileError(
      "file/decoder",
      `${name}: nothing here decodes pictures.`,
      "In Node pass `decode: sharpPicture`, of wgsl-diffusion/node.",
    );
  }
  const { format } = imageHeader(bytes, name);
  const blob = new Blob([new Uint8Array(bytes)], { type: `image/${format}` });
  const bitmap = await createImageBitmap(blob).catch((cause: unknown) => {
    const message = `${name}: is no ${format.toUpperCase()} that this browser can decode.`;
    throw new FileError("file/image", message, "The file is damaged; fetch it again.", { cause });
  });
  try {
    return pixelsOf(bitmap);
  } finally {
    bitmap.close();
  }
}

/** On white, where it is transparent. */
function pixelsOf(bitmap: ImageBitmap): Raster {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("pagePicture: OffscreenCanvas gives no 2d context");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
}
