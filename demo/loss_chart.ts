// The loss, step by step: a thin line of what was measured, a bold one of its running mean.
import "./language.ts";
import uPlot from "uplot";

const KEPT = 0.95; // of the running mean, each step

export class LossChart {
  readonly #home: HTMLElement;
  #plot: uPlot | undefined;
  #steps: number[] = [];
  #losses: number[] = [];
  #means: number[] = [];
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
    this.#plot = new uPlot(this.#options(steps), this.#data, this.#home);
  }

  push(first: number, losses: readonly number[]): void {
    for (const [i, loss] of losses.entries()) {
      this.#sum = KEPT * this.#sum + (1 - KEPT) * loss;
      this.#weight = KEPT * this.#weight + (1 - KEPT); // so that the first mean is the first loss
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
      grid: { stroke: color("--line"), width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.#size(),
      scales: { x: { time: false, range: [0, steps] }, y: { distr: 3 } },
      series: [
        {},
        { ...line, stroke: color("--trace"), width: 1 },
        { ...line, stroke: color("--accent"), width: 2.5 },
      ],
      axes: [{ ...axis, grid: { show: false } }, axis],
      legend: { show: false },
      cursor: { show: false },
    };
  }
}
