// The loss, step by step: a thin line of what was measured, a bold one of its running mean.
import "uplot/dist/uPlot.min.css";
import "../shared/locale.ts";
import uPlot from "uplot";

const TICKS = [-3, -2, -1, 0, 1, 2].flatMap((power) => [1, 2, 5].map((n) => n * 10 ** power));
const MARGIN = 1.2; // above and below the losses, on a logarithmic scale
const MEANS = 60; // of which one run's width has as many, side by side

export class LossChart {
  readonly #home: HTMLElement;
  #plot: uPlot | undefined;
  #steps: number[] = [];
  #losses: number[] = [];
  #means: number[] = [];
  #kept = 0; // of the running mean, each step
  #sum = 0;
  #weight = 0;
  #frame = 0;

  constructor(home: HTMLElement) {
    this.#home = home;
    new ResizeObserver(() => this.#plot?.setSize(this.#size())).observe(home);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#plot?.redraw(false, true);
    });
  }

  /** Empties the chart; its width is a whole run. */
  begin(steps: number): void {
    this.#plot?.destroy();
    [this.#steps, this.#losses, this.#means] = [[], [], []];
    [this.#sum, this.#weight] = [0, 0];
    this.#kept = 1 - 1 / Math.max(8, steps / MEANS);
    this.#plot = new uPlot(this.#options(steps), this.#data, this.#home);
  }

  push(first: number, losses: readonly number[]): void {
    for (const [i, loss] of losses.entries()) {
      this.#sum = this.#kept * this.#sum + loss;
      this.#weight = this.#kept * this.#weight + 1; // so that the first mean is the first loss
      this.#steps.push(first + i);
      this.#losses.push(loss);
      this.#means.push(this.mean);
    }
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#plot?.setData(this.#data);
    });
  }

  /** The running mean. */
  get mean(): number {
    return this.#sum / this.#weight;
  }

  get #data(): uPlot.AlignedData {
    return [this.#steps, this.#losses, this.#means];
  }

  #size(): { width: number; height: number } {
    return { width: this.#home.clientWidth, height: this.#home.clientHeight };
  }

  #options(steps: number): uPlot.Options {
    const color = (name: string) => () => getComputedStyle(this.#home).getPropertyValue(name);
    const line = { points: { show: false } };
    const axis: uPlot.Axis = {
      stroke: color("--muted"),
      font: "12px system-ui, sans-serif",
      grid: { show: false },
      ticks: { show: false },
    };
    return {
      ...this.#size(),
      scales: { x: { time: false, range: [0, steps] }, y: { distr: 3, range: lossRange } },
      series: [
        {},
        { ...line, stroke: color("--trace"), width: 1 },
        { ...line, stroke: color("--accent"), width: 2.5 },
      ],
      axes: [
        { ...axis, size: 28, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
        { ...axis, size: 40, grid: { stroke: color("--line"), width: 1 }, ...logarithmicTicks },
      ],
      legend: { show: false },
      cursor: { show: false },
    };
  }
}

/** What the axis shows of the losses; before the first there are none. */
function lossRange(_: uPlot, low: number | null, high: number | null): [number, number] {
  return [(low || 0.1) / MARGIN, (high || 1) * MARGIN];
}

const logarithmicTicks: Pick<uPlot.Axis, "splits" | "filter" | "values"> = {
  splits: (_plot, _axis, low, high) => TICKS.filter((tick) => tick >= low && tick <= high),
  filter: (_, splits) => splits,
  values: (_, splits) => splits.map((tick) => String(Number(tick.toPrecision(1)))),
};
