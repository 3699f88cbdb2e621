// Charts: marks are round numbers, values are drawn where they belong, ink is as wide as asked.
import { describe, expect, test } from "vitest";
import { OptionError } from "../../src/core/errors.ts";
import { lineChart } from "../../src/formats/chart.ts";
import type { PixelImage } from "../../src/formats/png.ts";
import { blankImage, drawText, type Point, strokeLines } from "../../src/formats/raster.ts";
import { textPaths } from "../../src/formats/stroke_font.ts";
import { linearTicks, logAxis, tickText } from "../../src/formats/ticks.ts";

const BLACK = [0, 0, 0] as const;
const WHITE = [255, 255, 255] as const;

/** How much black is on white paper, in pixels. */
const inkOf = ({ data }: PixelImage) =>
  data.reduce((sum, value) => sum + (255 - value), 0) / 255 / 3;

function drawn(lines: Point[][], width: number): PixelImage {
  const image = blankImage(60, 60, WHITE);
  strokeLines(image, lines, { colour: BLACK, width });
  return image;
}

describe("strokeLines", () => {
  test("a line in the middle of a row blackens that row", () => {
    const image = blankImage(5, 3, WHITE);
    strokeLines(
      image,
      [
        [
          [0, 1.5],
          [5, 1.5],
        ],
      ],
      { colour: BLACK, width: 1 },
    );
    const row = (y: number) => [...image.data.subarray(y * 15, y * 15 + 15)];
    expect(row(0)).toEqual(Array(15).fill(255));
    expect(row(1)).toEqual(Array(15).fill(0));
    expect(row(2)).toEqual(Array(15).fill(255));
  });

  test.each([
    [2, 0],
    [3, 30],
    [2, 45],
    [4, 117],
  ])("a line of width %i at %i° has the ink of a strip with round ends", (width, degrees) => {
    const angle = (degrees * Math.PI) / 180;
    const end: Point = [30 + 20 * Math.cos(angle), 30 + 20 * Math.sin(angle)];
    const area = 20 * width + Math.PI * (width / 2) ** 2;
    const error = Math.abs(inkOf(drawn([[[30, 30], end]], width)) - area);
    expect(error).toBeLessThan(0.04 * area /* coverage by distance, not by area */);
  });

  test("a line drawn in two pieces is the line drawn in one", () => {
    const whole = drawn(
      [
        [
          [5, 8],
          [45, 48],
        ],
      ],
      3,
    );
    expect(
      drawn(
        [
          [
            [5, 8],
            [25, 28],
            [45, 48],
          ],
        ],
        3,
      ).data,
    ).toEqual(whole.data);
  });

  test("what is outside the picture is left out", () => {
    const outside: Point[][] = [
      [
        [-50, -50],
        [-10, -10],
      ],
      [
        [100, 0],
        [100, 60],
      ],
    ];
    expect(inkOf(drawn(outside, 2))).toBe(0);
    expect(
      inkOf(
        drawn(
          [
            [
              [-100, 30.5],
              [200, 30.5],
            ],
          ],
          1,
        ),
      ),
    ).toBeCloseTo(60, 6);
  });
});

describe("text", () => {
  test("every printable letter and digit has a glyph of its own", () => {
    const box = JSON.stringify(textPaths("~", 6));
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz123456789.,:-+=/()_%−";
    const shapes = [...letters].map((letter) => JSON.stringify(textPaths(letter, 6)));
    expect(shapes).not.toContain(box);
    expect(new Set(shapes).size).toBe(letters.length);
  });

  test("capitals and digits are as high as the size, and no glyph is higher", () => {
    for (const letter of "AEHX0123456789") {
      const heights = textPaths(letter, 12)
        .paths.flat()
        .map(([, y]) => y);
      expect([Math.min(...heights), Math.max(...heights)]).toEqual([-12, 0]);
    }
  });

  test("aligned right, the ink ends at x; centred, it is about x", () => {
    const columnsOf = (align: "right" | "centre") => {
      const image = blankImage(60, 60, WHITE);
      drawText(image, "HOH", [30, 40], { colour: BLACK, size: 6, align });
      const inked = [...Array(60).keys()].filter((x) =>
        [...Array(60).keys()].some((y) => image.data[(y * 60 + x) * 3]! < 255),
      );
      return [inked[0]!, inked.at(-1)! + 1] as const;
    };
    expect(columnsOf("right")[1]).toBe(31); // half a line's width beyond
    const [left, right] = columnsOf("centre");
    expect((left + right) / 2).toBe(30);
  });
});

describe("ticks are 1, 2 or 5 times a power of ten", () => {
  test.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 5000, 8, [0, 1000, 2000, 3000, 4000, 5000]],
    [1, 60, 8, [10, 20, 30, 40, 50, 60]],
    [-0.3, 0.3, 4, [-0.2, 0, 0.2]],
    [1e-9, 4e-9, 4, [1e-9, 2e-9, 3e-9, 4e-9]],
  ])("linear from %d to %d", (low, high, count, expected) => {
    expect(linearTicks(low, high, count)).toEqual(expected);
  });

  test("logarithmic: 1, 2, 5 over few decades, 1 alone over more, fewer over many", () => {
    expect(logAxis(0.02, 1.5, 5).ticks).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1]);
    expect(logAxis(0.0005, 1.5, 5).ticks).toEqual([0.001, 0.01, 0.1, 1]);
    expect(logAxis(1e-12, 1, 5).ticks).toEqual([1e-12, 1e-9, 1e-6, 1e-3, 1]);
  });

  test.each([
    [0, "0"],
    [0.05, "0.05"],
    [-2, "−2"],
    [5000, "5000"],
    [20000, "20k"],
    [-12500, "−12.5k"],
    [1e-7, "1e−7"],
    [2.5e6, "2.5M"],
    [3e9, "3e9"],
    [0.1 + 0.2, "0.3"],
  ])("%d is written %s", (value, text) => {
    expect(tickText(value)).toBe(text);
  });
});

/** The middle of the strong line's ink in a column; undefined where there is none. */
function strongAt({ width, height, data }: PixelImage, x: number): number | undefined {
  const rows = [...Array(height).keys()].filter((y) => {
    const [red, , blue] = data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3);
    return red! < 60 && blue! > 140;
  });
  return rows.length ? rows.reduce((a, b) => a + b) / rows.length + 0.5 : undefined;
}

const series = (values: number[]) => values.map((value, step) => ({ step, value }));
const [LEFT, RIGHT, TOP, BOTTOM] = [72, 874, 62, 366]; // of the plot of a chart of 900 × 420
const MIDDLE = (LEFT + RIGHT) / 2;

describe("lineChart", () => {
  test("is 900 × 420 by default, and the same each time", () => {
    const chart = lineChart(series([3, 2, 1]), { title: "Loss", xLabel: "step" });
    expect([chart.width, chart.height, chart.channels]).toEqual([900, 420, 3]);
    const again = lineChart(series([3, 2, 1]), { title: "Loss", xLabel: "step" });
    expect(Buffer.compare(again.data, chart.data)).toBe(0);
  });

  test("spanning a factor of 100, y is logarithmic: 0.1 lies midway between 1 and 0.01", () => {
    const chart = lineChart(series([1, 0.1, 0.01]));
    const [high, middle, low] = [LEFT + 2, MIDDLE, RIGHT - 2].map((x) => strongAt(chart, x)!);
    expect(Math.abs(middle! - (high! + low!) / 2)).toBeLessThan(1.5 /* pixels */);
  });

  test("spanning a factor of 10, y is linear: the mean lies midway, and 0 is the base", () => {
    const chart = lineChart(series([10, 5.5, 1]));
    const [high, middle, low] = [LEFT + 2, MIDDLE, RIGHT - 2].map((x) => strongAt(chart, x)!);
    expect(Math.abs(middle! - (high! + low!) / 2)).toBeLessThan(1.5);
    const height = (value: number) => BOTTOM - (value / 10.54) * (BOTTOM - TOP); // 6 % above 10
    expect(Math.abs(middle! - height(5.5))).toBeLessThan(1.5);
  });

  test("the strong line is the running mean: alternating 0.4 and 0.6 make a straight 0.5", () => {
    const chart = lineChart(series(Array.from({ length: 4000 }, (_, i) => (i % 2 ? 0.6 : 0.4))));
    const rows = [200, 300, 400, 500, 600, 700].map((x) => strongAt(chart, x)!);
    expect(Math.max(...rows) - Math.min(...rows)).toBeLessThan(
      4 /* pixels of 304: an odd window is off by 0.1/101 */,
    );
  });

  test("a value that is not finite is a gap", () => {
    const values = Array.from({ length: 20 }, (_, i) => (i === 9 || i === 10 ? Number.NaN : 1));
    const chart = lineChart(series(values));
    expect(strongAt(chart, MIDDLE)).toBeUndefined();
    expect(strongAt(chart, LEFT + 100)).toBeDefined();
    expect(strongAt(chart, RIGHT - 100)).toBeDefined();
  });

  test.each([
    ["no points", []],
    ["one point", [5]],
    ["equal values", [2, 2, 2]],
    ["zeros", [0, 0]],
    ["negative values", [-3, 4]],
    ["a zero among small values", [0, 1e-8]],
    ["only NaN", [Number.NaN, Number.POSITIVE_INFINITY]],
    ["huge values", [1e300, 1e-300]],
  ])("draws %s", (_, values) => {
    expect(inkOf(lineChart(series(values)))).toBeGreaterThan(100);
  });

  test("draws 100,000 points in a second or two: a column of pixels costs as much as it shows", () => {
    const values = Array.from({ length: 100_000 }, (_, i) => 1 + Math.sin(i * i));
    const started = performance.now();
    lineChart(series(values));
    expect(performance.now() - started).toBeLessThan(5000 /* generous: the machine may be busy */);
  });

  test.each([
    [100, 420],
    [900, 100],
    [900.5, 420],
    [Number.NaN, 420],
  ])("refuses %d × %d", (width, height) => {
    expect(() => lineChart([], { width, height })).toThrow(OptionError);
    expect(() => lineChart([], { width, height })).toThrow(
      /must be 240 × 160 pixels or more|may have/,
    );
  });
});
