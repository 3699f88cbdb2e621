// Decoding in Node: what a picture's pixels are, whatever its file says of colours and turns.
import sharp, { type Sharp } from "sharp";
import { describe, expect, test, vi } from "vitest";
import { sharpPicture } from "../../src/platform/sharp_picture.ts";
import { pictureFile } from "../support/pictures.ts";
import { refuses } from "../support/refusal.ts";

/** Left half red, right half blue: 4 × 2. */
const two = () => {
  const row = [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255];
  return sharp(Uint8Array.from([...row, ...row]), { raw: { width: 4, height: 2, channels: 3 } });
};

const decoded = async (picture: Sharp) =>
  sharpPicture(new Uint8Array(await picture.toBuffer()), "p");

const first = ({ data, channels }: { data: Uint8Array; channels: number }) =>
  Array.from(data.subarray(0, channels));

describe("sharpPicture", () => {
  test("PNG and lossless WebP, to the byte", async () => {
    for (const picture of [two().png(), two().webp({ lossless: true })]) {
      const { width, height, channels, data } = await decoded(picture);
      expect([width, height, channels]).toEqual([4, 2, 3]);
      expect([...data.subarray(0, 12)]).toEqual([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]);
    }
  });

  test("a JPEG that is to be turned is turned", async () => {
    const turned = await decoded(two().jpeg({ quality: 100 }).withMetadata({ orientation: 6 }));
    expect([turned.width, turned.height]).toEqual([2, 4]); // clockwise: the left half comes on top
    const [r, , b] = first(turned);
    expect(r! - b!).toBeGreaterThan(150);
  });

  test("transparency lies on white", async () => {
    const clear = sharp({ create: { width: 3, height: 3, channels: 4, background: "#00000000" } });
    const { channels, data } = await decoded(clear.png());
    expect(channels).toBeLessThanOrEqual(3);
    expect(new Set(data)).toEqual(new Set([255]));
  });

  test("grey, 16 bits, a palette and CMYK become bytes of grey or sRGB", async () => {
    const grey = await decoded(two().greyscale().png());
    expect(grey.data).toHaveLength(8 * grey.channels);
    const deep = await decoded(two().toColourspace("rgb16").png());
    expect(first(deep)).toEqual([255, 0, 0]);
    expect(first(await decoded(two().png({ palette: true })))).toEqual([255, 0, 0]);
    const [r, , b] = first(await decoded(two().toColourspace("cmyk").jpeg({ quality: 100 })));
    expect(r! - b!).toBeGreaterThan(100);
  });

  test("grey with transparency, and a profile of other colours, become opaque and sRGB", async () => {
    const half = sharp({ create: { width: 2, height: 2, channels: 4, background: "#00000080" } });
    const { channels, data } = await decoded(half.toColourspace("b-w").png());
    expect(channels).toBeLessThanOrEqual(3);
    expect(Math.abs(data[0]! - 127)).toBeLessThanOrEqual(1);
    const p3 = await decoded(two().png().withIccProfile("p3"));
    expect(first(p3).map((c) => Math.round(c / 8))).toEqual([32, 0, 0]); // within 4 of 255, 0, 0
  });

  test("an animation is its first image", async () => {
    const [one, other] = await Promise.all([two().png().toBuffer(), two().flop().png().toBuffer()]);
    const both = sharp([one, other], { join: { animated: true } }).webp({ lossless: true });
    const { height, ...raster } = await decoded(both);
    expect([height, first(raster)]).toEqual([2, [255, 0, 0]]);
  });

  test("where sharp is not installed, the error says what to install", async () => {
    vi.doMock("sharp", () => {
      throw new Error("Cannot find package 'sharp'");
    });
    vi.resetModules();
    const { sharpPicture: without } = await import("../../src/platform/sharp_picture.ts");
    const error: unknown = await without(Uint8Array.of(1), "p.png").catch((e: unknown) => e);
    vi.doUnmock("sharp");
    expect(String(error)).toMatch(
      /^FileError: p\.png: decoding pictures in Node needs the npm package sharp.* npm install sharp/,
    );
    expect(error).toMatchObject({ code: "file/decoder" });
  });

  test("a PNG with a wrong checksum, or without the palette it needs, is refused", async () => {
    const png = new Uint8Array(await two().png({ palette: true }).toBuffer());
    const text = Buffer.from(png).toString("latin1");
    const palette = text.indexOf("PLTE");
    expect(palette).toBeGreaterThan(0);
    const without = png.slice();
    without[palette] = 112; // "pLTE": an unknown chunk that may be passed over
    await refuses(() => sharpPicture(without, "f"), /is no picture that can be decoded/);
    const wrong = png.slice();
    wrong[text.indexOf("IDAT") + 6]! ^= 255;
    await refuses(() => sharpPicture(wrong, "f"), /is no picture that can be decoded/);
  });

  test("files that are cut short or damaged are refused by name", async () => {
    for (const format of ["png", "jpeg", "webp"] as const) {
      const bytes = await pictureFile([60, 40], 1, format);
      const message = /^FileError: cut\.img: is no picture that can be decoded: /;
      await refuses(() => sharpPicture(bytes.subarray(0, bytes.length / 2), "cut.img"), message);
    }
    const png = await pictureFile([60, 40], 1, "png");
    await refuses(
      () => sharpPicture(png.fill(7, 60, 90), "f"),
      /is no picture that can be decoded/,
    );
  });
});
