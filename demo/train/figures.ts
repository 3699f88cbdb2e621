// The figures beside the pictures: how far, how well, how fast, how large.
import { element } from "../shared/elements.ts";
import type { RunPlan } from "./run.ts";

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en");

const NAMES = ["step", "loss", "speed", "left", "network", "plan"] as const;

type Name = (typeof NAMES)[number];

export interface Progress {
  /** steps done */
  step: number;
  /** running mean */
  loss: number;
  imagesPerSecond: number;
}

export class Figures {
  #plan: RunPlan | undefined;

  begin(plan: RunPlan): void {
    this.#plan = plan;
    const { parameters, size, batch, dispatches, memoryBytes } = plan;
    this.#show({
      step: `0 of ${whole.format(plan.steps)}`,
      loss: "–",
      speed: "–",
      left: "–",
      network: `${whole.format(parameters)} parameters, ${size.join(" × ")} pixels`,
      plan: `${batch} images, ${dispatches} dispatches, ${number.format(memoryBytes / 2 ** 20)} MiB`,
    });
  }

  progress({ step, loss, imagesPerSecond }: Progress): void {
    if (!this.#plan) return;
    const { steps, batch } = this.#plan;
    const secondsLeft = ((steps - step) * batch) / imagesPerSecond;
    this.#show({
      step: `${whole.format(step)} of ${whole.format(steps)}`,
      loss: loss.toPrecision(3),
      speed: number.format(imagesPerSecond),
      left: Number.isFinite(secondsLeft) ? durationWords(secondsLeft) : "–",
    });
  }

  #show(words: Partial<Record<Name, string>>): void {
    for (const name of NAMES) {
      const text = words[name];
      if (text !== undefined) element(`figure-${name}`, HTMLElement).textContent = text;
    }
  }
}

/** 75 → "1 min 15 s" */
function durationWords(seconds: number): string {
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes} min ${total % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
