// Grids of images: each pixel where and as bright as it should be, and PNG files that hold them.
import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { OptionError, ShapeError } from "../../src/core/errors.ts";
import { pixelByte } from "../../src/formats/pixel_byte.ts";
import { encodePng, gridImage, type PixelImage } from "../../src/formats/png.ts";

const rowsOf = ({ width, channels, data }: PixelImage) =>
  Array.from({ length: data.length / width / channels }, (_, y) => [
    ...data.subarray(y * width * channels, (y + 1) * width * channels),
  ]);

describe("pixelByte(x) = round(255 · clamp(x/2 + ½, 0, 1))", () => {
  test.each([
    [-1, 0],
    [1, 255],
    [0, 128],
    [-0.5, 64],
    [-7, 0],
    [1.01, 255],
    [Number.POSITIVE_INFINITY, 255],
    [Number.NEGATIVE_INFINITY, 0],
  ])("%d is %i", (x, byte) => {
    expect(pixelByte(x)).toBe(byte);
  });

  test("every byte comes back from v/127.5 − 1", () => {
    for (let v = 0; v < 256; v++) expect(pixelByte(Math.fround(v / 127.5 - 1))).toBe(v);
  });
});

describe("gridImage", () => {
  test("3 grey images in 2 columns, with a gap; the empty place is white", () => {
    const images = Float32Array.of(-1, -1, 0, 0, 1, -1);
    const grid = gridImage(images, [3, 1, 1, 2], { columns: 2, gap: 1 });
    expect(grid).toMatchObject({ width: 5, height: 3, channels: 1 });
    expect(rowsOf(grid)).toEqual([
      [0, 0, 255, 128, 128],
      [255, 255, 255, 255, 255],
      [255, 0, 255, 255, 255],
    ]);
  });

  test("channels of a pixel stand together: [C, H, W] becomes [H, W, C]", () => {
    const grid = gridImage(Float32Array.of(-1, 1, 0, 0, 1, -1), [1, 3, 1, 2]);
    expect(rowsOf(grid)).toEqual([[0, 128, 255, 255, 128, 0]]);
  });

  test("scale makes each pixel a square", () => {
    const grid = gridImage(Float32Array.of(-1, 1), [1, 1, 1, 2], { scale: 2 });
    expect(rowsOf(grid)).toEqual([
      [0, 0, 255, 255],
      [0, 0, 255, 255],
    ]);
  });

  test.each([
    [1, 1, 1],
    [2, 2, 1],
    [5, 3, 2],
    [16, 4, 4],
  ])("%i images stand in ⌈√N⌉ = %i columns, %i rows", (N, columns, rows) => {
    const grid = gridImage(new Float32Array(N * 4), [N, 1, 2, 2], { gap: 0 });
    expect([grid.width, grid.height]).toEqual([2 * columns, 2 * rows]);
  });

  test("NaN is drawn black", () => {
    expect(gridImage(Float32Array.of(Number.NaN), [1, 1, 1, 1]).data[0]).toBe(0);
  });

  test.each([
    [[1, 2, 2, 2], {}, ShapeError, /needs 1 or 3 channels, got C = 2 of \[1, 2, 2, 2\]/],
    [[1, 4, 1, 2], {}, ShapeError, /needs 1 or 3 channels, got C = 4/],
    [[8], {}, ShapeError, /needs images \[N, C, H, W\], got \[8\]/],
    [[1, 1, 3, 3], {}, ShapeError, /must be \[9\], got \[8\]/],
    [[2, 1, 2, 2], { columns: 0 }, OptionError, /columns must be an integer from 1 up, got 0/],
    [[2, 1, 2, 2], { scale: 1.5 }, OptionError, /scale must be an integer from 1 up, got 1\.5/],
    [[2, 1, 2, 2], { gap: -1 }, OptionError, /gap must be an integer from 0 up, got -1/],
    [[2, 1, 2, 2], { scale: 1e5 }, OptionError, /may have 268435456 pixels, got/],
  ])("refuses %j %j", (shape, options, kind, message) => {
    const draw = () => gridImage(new Float32Array(8), shape, options);
    expect(draw).toThrow(kind);
    expect(draw).toThrow(message);
  });

  test("refuses no images", () => {
    const draw = () => gridImage(new Float32Array(0), [0, 1, 2, 2]);
    expect(draw).toThrow("images must be an integer from 1 up, got 0.");
  });
});

describe("encodePng → decode is the identity", () => {
  test.each([1, 3] as const)("%i channels", (channels) => {
    const data = Uint8Array.from({ length: 5 * 7 * channels }, (_, i) => (i * 37) % 256);
    const file = encodePng({ width: 5, height: 7, channels, data });
    expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
    const { width, height, depth, ...image } = decode(file, { checkCrc: true });
    expect([width, height, depth, image.channels]).toEqual([5, 7, 8, channels]);
    expect(image.data).toEqual(data);
  });
});
