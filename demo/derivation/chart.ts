// A chart of some lines over t, or over a pixel's value: uPlot in the page's own colours, which it takes
// anew when the reader's preference changes.
import "uplot/dist/uPlot.min.css";
import "../shared/locale.ts";
import uPlot from "uplot";

export interface Line {
  /** a custom property of the page's style, such as --accent */
  color: string;
  dash?: number[];
  /** points alone */
  isDots?: boolean;
}

export interface ChartOptions {
  lines: readonly Line[];
  isXLog?: boolean;
  isYLog?: boolean;
}

export type Values = readonly (number | null)[];

export class Chart {
  readonly #home: HTMLElement;
  readonly #options: ChartOptions;
  #plot: uPlot | undefined;

  constructor(home: HTMLElement, options: ChartOptions) {
    this.#home = home;
    this.#options = options;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(home);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#plot?.redraw(false, true);
    });
  }

  /** @param ys one list a line, each of the length of xs */
  show(xs: readonly number[], ...ys: readonly Values[]): void {
    const data = [xs, ...ys] as uPlot.AlignedData;
    if (this.#plot) this.#plot.setData(data);
    else this.#plot = new uPlot(this.#plotOptions(), data, this.#home);
    this.#home.dataset.points = String(ys[0]?.filter((value) => value !== null).length ?? 0);
  }

  #size(): { width: number; height: number } {
    return { width: this.#home.clientWidth, height: this.#home.clientHeight };
  }

  #plotOptions(): uPlot.Options {
    const { lines, isXLog = false, isYLog = false } = this.#options;
    const color = (name: string) => () => getComputedStyle(this.#home).getPropertyValue(name);
    const axis = (isLog: boolean): uPlot.Axis => ({
      stroke: color("--muted"),
      font: "12px system-ui, sans-serif",
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
      ...(isLog ? decades : { values: plainWords }),
    });
    const series = lines.map(
      ({ color: name, dash, isDots }): uPlot.Series => ({
        stroke: color(name),
        width: isDots ? 0 : 2,
        ...(dash && { dash }),
        points: isDots ? { show: true, size: 9, fill: color(name) } : { show: false },
      }),
    );
    return {
      ...this.#size(),
      padding: [12, 16, 0, 0],
      scales: {
        x: { time: false, distr: isXLog ? 3 : 1, ...(isXLog && { range: ends }) },
        y: { distr: isYLog ? 3 : 1, ...(isYLog && { range: wholeDecades }) },
      },
      series: [{}, ...series],
      axes: [
        { ...axis(isXLog), size: 32 },
        { ...axis(isYLog), size: 56 },
      ],
      legend: { show: false },
      cursor: { show: false },
    };
  }
}

const plainWords = (_: uPlot, splits: number[]): string[] =>
  splits.map((value) => String(Number(value.toPrecision(6))).replace("-", "−"));

type Range = [number, number];

const ends = (_: uPlot, low: number | null, high: number | null): Range => [low || 1, high || 10];

const wholeDecades = (_: uPlot, low: number | null, high: number | null): Range => [
  10 ** Math.floor(Math.log10(low || 0.1) - 0.05),
  10 ** Math.ceil(Math.log10(high || 1) + 0.05),
];

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const MOST_TICKS = 7;

const powerWords = (value: number): string => {
  const power = Math.round(Math.log10(value));
  if (power >= -2 && power <= 4) return String(10 ** power);
  const digits = Array.from(String(Math.abs(power)), (digit) => SUPERSCRIPTS[Number(digit)]);
  return `10${power < 0 ? "⁻" : ""}${digits.join("")}`;
};

const decades: Pick<uPlot.Axis, "splits" | "filter" | "values"> = {
  splits: (_plot, _axis, low, high) => {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const stride = Math.max(1, Math.ceil((last - first + 1) / MOST_TICKS));
    const count = Math.floor((last - first) / stride) + 1;
    return Array.from({ length: Math.max(0, count) }, (_, k) => 10 ** (first + k * stride));
  },
  filter: (_, splits) => splits,
  values: (_, splits) => splits.map(powerWords),
};
