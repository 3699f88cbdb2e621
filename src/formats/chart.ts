// Line charts as pictures: what a training run leaves as loss.png. Not a plotting library.
//
// The values are drawn thin and pale, their running mean strong above them. Where the values span
// more than a factor of 20 the y axis is logarithmic.
import { OptionError } from "../core/errors.ts";
import { type PixelImage, requireDrawable } from "./png.ts";
import { blankImage, type Colour, drawText, type Point, strokeLines } from "./raster.ts";
import { type Axis, linearAxis, logAxis, tickText } from "./ticks.ts";

export interface SeriesPoint {
  step: number;
  /** not finite: a gap in the line */
  value: number;
}

export interface ChartOptions {
  /** pixels, from 240 up; default 900 */
  width?: number;
  /** pixels, from 160 up; default 420 */
  height?: number;
  title?: string;
  xLabel?: string;
  yLabel?: string;
}

const WHITE: Colour = [255, 255, 255];
const GRID: Colour = [232, 235, 239];
const AXIS: Colour = [140, 149, 159];
const TEXT: Colour = [87, 96, 106];
const TITLE: Colour = [31, 35, 40];
const PALE: Colour = [168, 203, 238];
const STRONG: Colour = [23, 95, 178];

const MARGIN = { left: 72, right: 26, top: 62, bottom: 54 }; // pixels around the plot
const LOG_FROM = 20; // ratio of largest to smallest value
const MEAN_PART = 1 / 40; // of the series, that the running mean spans

/**
 * A chart of one series.
 *
 * @param series  in the order of its steps; may be empty
 * @throws OptionError for a size that is no integer, too small, or of more than 2^28 pixels
 */
export function lineChart(series: readonly SeriesPoint[], options: ChartOptions = {}): PixelImage {
  const { width = 900, height = 420, title = "", xLabel = "", yLabel = "" } = options;
  requireSize(width, height);
  const image = blankImage(width, height, WHITE);
  const runs = finiteRuns(series);
  const frame = frameOf(runs.flat(), width, height);
  drawGrid(image, frame);

  const lines = runs.map((run) => thinned(run.map((point) => placed(frame, point))));
  strokeLines(image, lines, { colour: PALE, width: 1.2 });
  const means = runs.map((run) => thinned(runningMean(run).map((point) => placed(frame, point))));
  const isOnePoint = means.length === 1 && means[0]?.length === 1;
  strokeLines(image, means, { colour: STRONG, width: isOnePoint ? 7 : 2.4 });

  const middle = (frame.left + frame.right) / 2;
  if (runs.length === 0) {
    const centre: Point = [middle, (frame.top + frame.bottom) / 2];
    drawText(image, "no values yet", centre, { colour: TEXT, size: 11, align: "centre" });
  }
  drawText(image, title, [frame.left, 30], { colour: TITLE, size: 13, weight: 0.16 });
  drawText(image, yLabel, [frame.left, 50], { colour: TEXT, size: 9 });
  const below: Point = [middle, height - 12];
  drawText(image, xLabel, below, { colour: TEXT, size: 9, align: "centre" });
  return image;
}

/** The plot's edges in pixels, and its axes. */
interface Frame {
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: Axis;
  y: Axis;
}

function frameOf(points: readonly SeriesPoint[], width: number, height: number): Frame {
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  const [firstStep, lastStep] = extremes(points.map(({ step }) => step));
  const [from, to] = firstStep < lastStep ? [firstStep, lastStep] : [firstStep - 1, firstStep + 1];
  const x = linearAxis(from, to, (right - left) / 100);
  const y = valueAxis(extremes(points.map(({ value }) => value)), (bottom - top) / 45);
  return { left, right, top, bottom, x, y };
}

function valueAxis([low, high]: readonly [number, number], count: number): Axis {
  if (low > 0 && high / low > LOG_FROM) {
    return logAxis(low, high, count);
  }
  if (low === high) {
    const half = Math.abs(low) / 2 || 0.5;
    return linearAxis(low - half, high + half, count);
  }
  const margin = 0.06 * (high - low);
  const isFromZero = low >= 0 && low < 0.5 * high;
  return linearAxis(isFromZero ? 0 : low - margin, high + margin, count);
}

/** Smallest and largest; 0 and 1 of none. */
function extremes(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const low = values.reduce((a, b) => Math.min(a, b));
  return [low, values.reduce((a, b) => Math.max(a, b))];
}

function drawGrid(image: PixelImage, { left, right, top, bottom, x, y }: Frame): void {
  const rows = y.ticks.map((tick) => ({
    tick,
    at: crisp(bottom - y.place(tick) * (bottom - top)),
  }));
  const columns = x.ticks.map((tick) => ({
    tick,
    at: crisp(left + x.place(tick) * (right - left)),
  }));
  for (const { tick, at } of rows) {
    drawRule(image, [left, at], [right, at], GRID);
    const style = { colour: TEXT, size: 9, align: "right" } as const;
    drawText(image, tickText(tick), [left - 10, at + 4.5], style);
  }
  const base = crisp(bottom);
  for (const { tick, at } of columns) {
    drawRule(image, [at, base], [at, base + 5], AXIS);
    const style = { colour: TEXT, size: 9, align: "centre" } as const;
    drawText(image, tickText(tick), [at, base + 20], style);
  }
  drawRule(image, [left, base], [right, base], AXIS);
}

/** The middle of a row or column of pixels, so that a line of one pixel is not blurred. */
const crisp = (position: number): number => Math.round(position - 0.5) + 0.5;

const drawRule = (image: PixelImage, from: Point, to: Point, colour: Colour): void =>
  strokeLines(image, [[from, to]], { colour, width: 1 });

const placed = ({ left, right, top, bottom, x, y }: Frame, point: SeriesPoint): Point => [
  left + x.place(point.step) * (right - left),
  bottom - y.place(point.value) * (bottom - top),
];

/** The series cut where a step or value is not finite. */
function finiteRuns(series: readonly SeriesPoint[]): SeriesPoint[][] {
  const runs: SeriesPoint[][] = [[]];
  for (const point of series) {
    if (Number.isFinite(point.value) && Number.isFinite(point.step)) runs.at(-1)!.push(point);
    else runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

/** The mean of the values about each point, over 1/40 of the series; near its ends what there is. */
function runningMean(run: readonly SeriesPoint[]): SeriesPoint[] {
  const count = run.length;
  const reach = Math.max(Math.floor((count * MEAN_PART) / 2), Math.min(3, Math.floor(count / 8)));
  const sums = [0]; // of the first i values
  for (const { value } of run) sums.push(sums.at(-1)! + value);
  return run.map(({ step }, i) => {
    const [from, to] = [Math.max(i - reach, 0), Math.min(i + reach + 1, count)];
    return { step, value: (sums[to]! - sums[from]!) / (to - from) };
  });
}

/** At most four points a column of pixels: its first, lowest, highest and last, in their order. */
function thinned(line: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (let first = 0; first < line.length; ) {
    const column = Math.floor(line[first]![0]);
    let [last, low, high] = [first, first, first];
    for (let i = first; i < line.length && Math.floor(line[i]![0]) === column; i++) {
      last = i;
      if (line[i]![1] < line[low]![1]) low = i;
      if (line[i]![1] > line[high]![1]) high = i;
    }
    const chosen = new Set([first, Math.min(low, high), Math.max(low, high), last]);
    for (const i of chosen) kept.push(line[i]!);
    first = last + 1;
  }
  return kept;
}

function requireSize(width: number, height: number): void {
  requireDrawable(width, height);
  const isSize = Number.isInteger(width) && Number.isInteger(height);
  if (isSize && width >= 240 && height >= 160) return;
  throw new OptionError(
    "option/picture",
    `lineChart: must be 240 × 160 pixels or more, got ${width} × ${height}.`,
    "900 × 420 is usual.",
  );
}
