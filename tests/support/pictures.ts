// Pictures like photographs, drawn: smooth colours, edges and grain, so that they differ everywhere.
import { createHash } from "node:crypto";
import sharp, { type Sharp } from "sharp";

export type PictureFormat = "png" | "jpeg" | "webp";

/** A scene of light, ground and a few discs, the same for the same seed, as sharp's pixels. */
export function scene(width: number, height: number, seed: number): Sharp {
  const digest = createHash("sha256").update(`scene ${seed}`).digest();
  const random = (i: number) => digest[i % 32]! / 255;
  const discs = Array.from({ length: 4 }, (_, k) => ({
    x: random(4 * k) * width,
    y: random(4 * k + 1) * height,
    r: (0.05 + 0.2 * random(4 * k + 2)) * Math.min(width, height),
    colour: [random(k + 5), random(k + 9), random(k + 13)],
  }));
  const data = new Uint8Array(width * height * 3);
  let noise = 1 + seed * 7919;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const disc = discs.find((one) => (x - one.x) ** 2 + (y - one.y) ** 2 < one.r ** 2);
      const isSky = y < height * (0.35 + 0.3 * random(30));
      noise = (Math.imul(noise, 1664525) + 1013904223) >>> 0;
      const grain = (noise / 2 ** 32 - 0.5) * 14;
      for (let c = 0; c < 3; c++) {
        const light = isSky ? 0.5 + 0.5 * (y / height) : 0.6 - 0.4 * (x / width);
        const base = disc ? disc.colour[c]! : random(c + (isSky ? 20 : 24));
        data[(y * width + x) * 3 + c] = Math.min(255, Math.max(0, 255 * light * base + grain));
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A scene as a file's bytes. */
export async function pictureFile(
  size: readonly [width: number, height: number],
  seed: number,
  format: PictureFormat,
): Promise<Uint8Array> {
  return new Uint8Array(
    await scene(...size, seed)
      .toFormat(format)
      .toBuffer(),
  );
}
