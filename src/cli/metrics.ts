// metrics.jsonl of a run: a JSON object a line, of a step or of a validation; and how fast it goes.
import { join } from "node:path";
import { appendBytes, exists, readBytesIfAny, writeBytes } from "../platform/files.ts";
import type { TrainingRecord } from "../train/step_records.ts";

const FILE = "metrics.jsonl";
const WINDOW_MS = 3000; // over which a rate is measured
const BURST_MS = 20; // between steps that were not read together

export class Metrics {
  readonly #folder: string;
  #lines: string[] = [];

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Begins a file, or goes on after a step with what folders hold up to it.
   *
   * @param folders  where lines of the steps before may be
   */
  static async open(folder: string, folders: readonly string[], step: number): Promise<Metrics> {
    const files = await Promise.all(folders.map((other) => readBytesIfAny(join(other, FILE))));
    const lines = new TextDecoder().decode(files.find((bytes) => bytes !== undefined)).split("\n");
    const kept = lines.filter((line) => stepOf(line) <= step);
    const isThere = await exists(join(folder, FILE)); // of the run itself, or of one overwritten
    const text = kept.map((line) => `${line}\n`).join("");
    if (isThere || text) await writeBytes(join(folder, FILE), text);
    return new Metrics(folder);
  }

  step(record: TrainingRecord, learningRate: number, rate: number): void {
    const { step, loss, gradientNorm, lossScale, leftOut } = record;
    this.#add({
      ...{ step, loss, gradient_norm: gradientNorm, learning_rate: learningRate },
      images_per_second: Number(rate.toPrecision(4)),
      ...(lossScale > 1 && { loss_scale: lossScale }),
      ...(leftOut && { left_out: leftOut.parameter ?? "the norm" }),
    });
  }

  validation(step: number, loss: number): void {
    this.#add({ step, validation_loss: loss });
  }

  /** Appends the lines since the last call to the file. */
  async flush(): Promise<void> {
    const lines = this.#lines.join("");
    this.#lines = [];
    if (lines) await appendBytes(join(this.#folder, FILE), lines);
  }

  #add(line: object): void {
    this.#lines.push(`${JSON.stringify(line)}\n`);
  }
}

/** The step of a line; Infinity of one that is cut short. */
function stepOf(line: string): number {
  try {
    const { step } = JSON.parse(line);
    return typeof step === "number" ? step : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Images a second over the last seconds. Steps come in bursts, as they are read: whole ones count. */
export class Rate {
  #started = performance.now();
  #last = this.#started;
  #images = 0;
  #rate = 0;

  /** Counts images that are done. @returns the rate up to the last burst */
  add(images: number): number {
    const now = performance.now();
    const ms = this.#last - this.#started;
    if (this.#images > 0 && ms > 0 && now - this.#last > BURST_MS) {
      this.#rate = (1000 * this.#images) / ms;
      if (ms > WINDOW_MS) {
        this.#started = this.#last;
        this.#images = 0;
      }
    }
    this.#images += images;
    this.#last = now;
    return this.#rate || (1000 * this.#images) / Math.max(1, now - this.#started);
  }

  /** Leaves out what is no training. */
  restart(): void {
    this.#started = performance.now();
    this.#last = this.#started;
    this.#images = 0;
  }
}
