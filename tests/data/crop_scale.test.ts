// Cropping and scaling by areas: the definition in plain loops beside it, and its laws.
import { describe, expect, test } from "vitest";
import { cropScale, type Raster, withChannels } from "../../src/data/crop_scale.ts";

const raster = (width: number, height: number, channels = 1): Raster => ({
  width,
  height,
  channels,
  data: Uint8Array.from(
    { length: width * height * channels },
    (_, i) => (i * i * 7 + i * 31) % 256,
  ),
});

/**
 * The mean of the source under each new pixel, from SUB² points of it a source pixel. Exact where
 * the new pixels' edges fall on those points.
 */
function byPoints(
  { width, height, channels, data }: Raster,
  [H, W]: [number, number],
  SUB: number,
) {
  const zoom = Math.min(width / W, height / H);
  const [left, top] = [(width - W * zoom) / 2, (height - H * zoom) / 2];
  const colours = channels < 3 ? 1 : 3;
  const means: number[] = [];
  for (let c = 0; c < colours; c++) {
    for (let i = 0; i < H; i++) {
      for (let j = 0; j < W; j++) {
        let sum = 0;
        const points = zoom * SUB;
        for (let p = 0; p < points; p++) {
          for (let q = 0; q < points; q++) {
            const y = Math.floor(top + i * zoom + (p + 0.5) / SUB);
            const x = Math.floor(left + j * zoom + (q + 0.5) / SUB);
            sum += data[(y * width + x) * channels + c]!;
          }
        }
        means.push(Math.round(sum / points ** 2));
      }
    }
  }
  return means;
}

describe("cropScale: each new pixel is the mean of the source under it", () => {
  test.each<[string, Raster, [number, number], number]>([
    ["the same size", raster(5, 4), [4, 5], 1],
    ["half", raster(10, 8), [4, 5], 1],
    ["a third, of colours", raster(9, 6, 3), [2, 3], 1],
    ["with a fourth channel", raster(9, 6, 4), [2, 3], 1],
    ["3 / 2", raster(9, 6, 3), [4, 6], 2],
    ["a wide one, cropped left and right", raster(14, 4), [2, 2], 1],
    ["a tall one, cropped above and below", raster(3, 11, 3), [3, 3], 1],
    ["cropped by half pixels", raster(5, 4), [2, 2], 2],
    ["5 / 4, cropped", raster(11, 5), [4, 4], 8],
    ["one pixel of all", raster(7, 7, 3), [1, 1], 1],
    ["twice as large", raster(3, 3), [6, 6], 2],
    ["from one pixel", raster(1, 1, 3), [4, 4], 4],
    ["to another aspect, larger", raster(4, 3), [6, 4], 2],
  ])("%s", (_, source, size, sub) => {
    expect([...cropScale(source, size)]).toEqual(byPoints(source, size, sub));
  });

  test("a constant picture stays constant at any size, to the byte", () => {
    for (const [width, height, H, W] of [
      [640, 427, 32, 32],
      [31, 17, 16, 24],
      [7, 1000, 13, 3],
    ] as const) {
      const data = new Uint8Array(width * height).fill(201);
      const scaled = cropScale({ width, height, channels: 1, data }, [H, W]);
      expect(new Set(scaled)).toEqual(new Set([201]));
    }
  });

  test("the mean of a square picture is kept within the rounding of its pixels", () => {
    const source = raster(97, 97);
    const mean = (values: ArrayLike<number>) =>
      Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
    for (const side of [1, 2, 16, 50, 96]) {
      const scaled = cropScale(source, [side, side]);
      expect(Math.abs(mean(scaled) - mean(source.data))).toBeLessThan(0.5);
    }
  });
});

describe("withChannels", () => {
  test("grey serves as every colour", () => {
    expect([...withChannels(Uint8Array.of(1, 2), 1, 3)]).toEqual([1, 2, 1, 2, 1, 2]);
  });

  test("colours become BT.601's luma; white stays white", () => {
    const planes = Uint8Array.of(255, 0, 255, 255, 0, 255, 255, 255, 255); // cyan-free: three pixels
    expect([...withChannels(planes, 3, 1)]).toEqual(
      [0, 1, 2].map((i) =>
        Math.round(0.299 * planes[i]! + 0.587 * planes[3 + i]! + 0.114 * planes[6 + i]!),
      ),
    );
    expect([...withChannels(Uint8Array.of(255, 255, 255), 3, 1)]).toEqual([255]);
  });

  test("what is right already is not copied", () => {
    const planes = Uint8Array.of(1, 2, 3);
    expect(withChannels(planes, 3, 3)).toBe(planes);
    expect(withChannels(planes, 1, 1)).toBe(planes);
  });
});
