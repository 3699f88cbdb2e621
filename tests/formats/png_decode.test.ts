// PNG files as tensors, and those that would take the memory of a house: refused before they are decoded.
import { deflateSync } from "node:zlib";
import { encode } from "fast-png";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/formats/crc32.ts";
import { decodePng } from "../../src/formats/png_decode.ts";

const text = (content: string) => Buffer.from(content, "latin1");

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([text(type), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** Grey, 8 bits, of a size, with any bytes as its pixels. */
function png(width: number, height: number, pixels: Uint8Array, ...extra: Buffer[]): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  const parts = [chunk("IHDR", header), ...extra, chunk("IDAT", deflateSync(pixels))];
  return Buffer.concat([text("\x89PNG\r\n\x1a\n"), ...parts, chunk("IEND", Buffer.alloc(0))]);
}

const zeros = new Uint8Array(1e8);

describe("decodePng", () => {
  test("byte b is b / 127.5 − 1; grey serves as colours", () => {
    const file = encode({
      width: 2,
      height: 1,
      channels: 1,
      depth: 8,
      data: Uint8Array.of(0, 255),
    });
    const { shape, data } = decodePng(file, 3, "f.png");
    expect(shape).toEqual([1, 3, 1, 2]);
    expect([...data]).toEqual([-1, 1, -1, 1, -1, 1]);
  });

  test.each([
    [1, 1],
    [3, 5],
    [17, 9],
  ])("an interlaced picture of %i × %i is the same as a plain one", async (width, height) => {
    const raw = { width, height, channels: 3 } as const;
    const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37) % 256);
    const picture = sharp(pixels, { raw });
    const [plain, interlaced] = await Promise.all(
      [false, true].map((progressive) => picture.clone().png({ progressive }).toBuffer()),
    );
    expect(decodePng(interlaced!, 3, "f").data).toEqual(decodePng(plain!, 3, "f").data);
  });

  test("chunks beside the pixels are passed over, whatever they hold", () => {
    const profile = chunk("iCCP", Buffer.concat([text("p\0\0"), deflateSync(zeros)]));
    const before = process.memoryUsage().arrayBuffers;
    expect(decodePng(png(1, 1, Uint8Array.of(0, 255), profile), 1, "f").data).toEqual(
      Float32Array.of(1),
    );
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e7);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["no bytes", new Uint8Array(0), /is empty/],
    [
      "60,000 × 60,000",
      png(60_000, 60_000, Uint8Array.of(0)),
      /67108864 pixels, got 60000 × 60000/,
    ],
    ["2^31 pixels wide", png(2 ** 31, 1, Uint8Array.of(0)), /pixels, got 2147483648 × 1/],
    ["no pixels", png(0, 1, Uint8Array.of(0)), /pixels, got 0 × 1/],
    ["more than 2^22 pixels", png(2049, 2048, Uint8Array.of(0)), /at most 4194304 pixels/],
    ["100 MB for one pixel", png(1, 1, zeros), /takes 68 bytes at most, it holds more/],
    [
      "fewer bytes than pixels",
      png(2000, 2000, zeros.subarray(0, 9)),
      /takes 4000000 bytes, it holds 9/,
    ],
    ["a cut", png(1, 1, Uint8Array.of(0, 1)).subarray(0, 50), /ends inside a chunk, at byte 33/],
    ["a JPEG", Uint8Array.of(255, 216, 255, 192, 0, 17, 8, 0, 9, 0, 7, 3), /got a JPEG/],
    [
      "damaged pixels",
      png(1, 1, Uint8Array.of(0, 1)).map((b, i) => (i === 41 ? 7 : b)),
      /inflated/,
    ],
  ])("refuses %s at once, with a FileError", (_, file, message) => {
    const before = process.memoryUsage().arrayBuffers;
    const started = process.cpuUsage();
    expect(() => decodePng(file, 1, "mask.png")).toThrow(message);
    expect(() => decodePng(file, 1, "mask.png")).toThrow(
      expect.objectContaining({ name: "FileError", code: "file/image" }),
    );
    expect(process.cpuUsage(started).user / 2000).toBeLessThan(500); // ms; 50 alone
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4e7);
  });
});
