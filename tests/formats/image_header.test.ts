// Formats and sizes of pictures by their first bytes, against what sharp wrote; and all others.
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { imageHeader } from "../../src/formats/image_header.ts";
import { refuses } from "../support/refusal.ts";

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#246" } });

const bytesOf = async (written: Promise<Buffer>) => new Uint8Array(await written);
const png = await bytesOf(picture(300, 7).png().toBuffer());
const jpeg = await bytesOf(picture(300, 7).jpeg().toBuffer());
const others = {
  progressive: picture(300, 7).jpeg({ progressive: true }),
  turned: picture(300, 7).jpeg().withMetadata({ orientation: 6 }),
  lossy: picture(300, 7).webp(),
  lossless: picture(300, 7).webp({ lossless: true }),
  extended: picture(300, 7).ensureAlpha(0.5).webp(),
};
const written = new Map<string, Uint8Array>([
  ["png", png],
  ["jpeg", jpeg],
]);
for (const [kind, one] of Object.entries(others)) {
  written.set(kind, await bytesOf(one.toBuffer()));
}
const text = (words: string) => Uint8Array.from(words, (c) => c.charCodeAt(0));

/** A PNG with another size in its header; its checksum is not looked at here. */
function pngOf(width: number, height: number): Uint8Array {
  const changed = png.slice();
  const view = new DataView(changed.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return changed;
}

describe("imageHeader", () => {
  test.each([
    ["png", "png"],
    ["jpeg", "jpeg"],
    ["jpeg", "progressive"],
    ["jpeg", "turned"],
    ["webp", "lossy"],
    ["webp", "lossless"],
    ["webp", "extended"],
  ])("%s of 300 × 7, %s", (format, kind) => {
    const header = imageHeader(written.get(kind)!, "f");
    expect(header).toEqual({ format, width: 300, height: 7 });
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /and this file is empty/],
    ["a GIF", text("GIF89a........"), /this file is a GIF\. Convert it to PNG, JPEG or WebP/],
    ["a BMP", text("BM............"), /is a BMP/],
    ["a TIFF", text("II*\0.........."), /is a TIFF/],
    ["a HEIC", text("....ftypheic...."), /is a HEIC/],
    ["an AVIF", text("....ftypavif...."), /is an AVIF/],
    ["an SVG", text("<svg xmlns='x'>"), /is an SVG/],
    ["a web page", text("<!doctype html>"), /is a web page/],
    ["a Git LFS pointer", text("version https://git-lfs"), /is a Git LFS pointer/],
    ["anything else", Uint8Array.of(1, 2, 3, 4), /begins with 01 02 03 04/],
    ["a PNG cut in its header", png.subarray(0, 30), /header of this PNG holds no size/],
    ["a PNG whose first chunk is another", png.slice().fill(65, 12, 16), /PNG holds no size/],
    ["a JPEG cut before its frame", jpeg.subarray(0, 60), /header of this JPEG holds no size/],
    ["a JPEG that derails", jpeg.slice().fill(0, 71, 72), /JPEG holds no size/],
    ["a WebP cut short", text("RIFF....WEBPVP8 ...."), /header of this WEBP holds no size/],
    ["a width of 0", pngOf(0, 7), /a picture has 1 … 67108864 pixels, got 0 × 7\. The file is/],
    ["60000²", pngOf(60000, 60000), /got 60000 × 60000\. Make it smaller first/],
    ["2³¹ × 2³¹", pngOf(2 ** 31, 2 ** 31), /got 2147483648 × 2147483648/],
  ])("refuses %s", (_, bytes, message) => refuses(() => imageHeader(bytes, "f.png"), message));
});
