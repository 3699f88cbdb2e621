// The times between the page's frames, over the last seconds.

const KEPT_MS = 5000;

/** A frame that took longer missed at least one turn of a screen of 60 a second. */
export const LONG_MS = 25;

export interface FrameFigures {
  framesPerSecond: number;
  /** of frames longer than LONG_MS, 0 … 1 */
  longShare: number;
}

export class FrameTimes {
  readonly #times: number[] = [];
  #last: number | undefined;

  /** @param now  of requestAnimationFrame, ms */
  tick(now: number): void {
    if (this.#last !== undefined) this.#times.push(now - this.#last);
    this.#last = now;
    let total = this.#times.reduce((sum, ms) => sum + ms, 0);
    while (total > KEPT_MS) total -= this.#times.shift() ?? total;
  }

  /** Forgets the last frame: a hidden page draws none. */
  skip(): void {
    this.#last = undefined;
  }

  /** Undefined before there are some. */
  get figures(): FrameFigures | undefined {
    const count = this.#times.length;
    if (count < 10) return undefined;
    const total = this.#times.reduce((sum, ms) => sum + ms, 0);
    const long = this.#times.filter((ms) => ms > LONG_MS).length;
    return { framesPerSecond: (1000 * count) / total, longShare: long / count };
  }
}
