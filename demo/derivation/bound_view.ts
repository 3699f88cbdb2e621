// Section 4 on the page: chart and totals, as images are done.
import type { Dataset, DiffusionModel } from "../../src/index.ts";
import { element } from "../shared/elements.ts";
import { type RunningBound, runningBound, type Totals } from "./bound.ts";
import { Chart } from "./chart.ts";
import { figures } from "./host_part.ts";

const status = element("bound-status", HTMLElement);
const LEAST = 1e-12; // bits/dim: the axis is logarithmic

const SMALL = 1e-3; // bits/dim: the error of less says nothing

const showTotals = ({ mean, standardError }: Totals) => {
  if (standardError === 0 || mean < SMALL) return figures(mean);
  return `${figures(mean)} ± ${figures(Number(standardError.toPrecision(2)))}`;
};

export class BoundView {
  readonly #chart = new Chart(element("bound-chart", HTMLElement), {
    lines: [
      { color: "--good", isDots: true },
      { color: "--accent" },
      { color: "--warm", isDots: true },
    ],
    isXLog: true,
    isYLog: true,
  });

  /** @throws as dataBound does */
  async evaluate(
    model: DiffusionModel,
    { data, batch, signal }: { data: Dataset; batch: number; signal: AbortSignal },
  ): Promise<void> {
    const images = Number(element("images", HTMLSelectElement).value);
    const timesteps = Number(element("timesteps", HTMLSelectElement).value);
    status.textContent = "Compiling.";
    const start = performance.now();
    let last: RunningBound | undefined;
    for await (const { done, of, bound } of runningBound(model, {
      data,
      images,
      timesteps,
      batch,
      signal,
    })) {
      const seconds = (performance.now() - start) / 1000;
      status.textContent = `${done} of ${of} terms, ${seconds.toFixed(1)} s.`;
      if (bound) this.#show(bound);
      last = bound ?? last;
    }
    if (!last) return;
    const what = last.isEstimate
      ? `an estimate from ${last.timesteps} of ${last.steps} timesteps each`
      : `all ${last.steps} timesteps`;
    status.textContent = `${last.images} ${last.images === 1 ? "image" : "images"}, ${what}.`;
    document.body.dataset.evaluated = String(last.images);
  }

  #show({ points, prior, kl, distortion, total, steps }: RunningBound): void {
    const kept = (value: number) => (value > LEAST ? value : null);
    const decoder = points[0]?.bitsPerDim ?? 0;
    const steep = points.slice(1);
    const ts = [1, ...steep.map(({ t }) => t), steps + 0.5]; // L_T beside the last step
    const none = steep.map(() => null);
    this.#chart.show(
      ts,
      [kept(decoder), ...none, null],
      [null, ...steep.map(({ bitsPerDim }) => kept(bitsPerDim)), null],
      [null, ...none, kept(prior.mean)],
    );
    const home = element("bound-chart", HTMLElement);
    home.dataset.points = String(points.length + 1);
    const shown = { prior, kl, distortion, total };
    for (const [id, value] of Object.entries(shown)) {
      element(id, HTMLElement).textContent = showTotals(value);
    }
  }
}
