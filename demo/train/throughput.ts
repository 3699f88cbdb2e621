// Images a second over the last seconds of training; pauses and sampling do not count.

const WINDOW_MS = 5000;

export class Throughput {
  #marks = [{ ms: 0, images: 0 }];
  #last = performance.now();

  /** Leaves out the time since the last call of either method. */
  skip(): void {
    this.#last = performance.now();
  }

  /** Counts images whose training ended just now. */
  add(images: number): void {
    const now = performance.now();
    const { ms, images: before } = this.#marks.at(-1)!;
    const mark = { ms: ms + now - this.#last, images: before + images };
    this.#last = now;
    this.#marks.push(mark);
    while (this.#marks.length > 2 && mark.ms - this.#marks[1]!.ms > WINDOW_MS) this.#marks.shift();
  }

  get imagesPerSecond(): number {
    const [first, last] = [this.#marks[0]!, this.#marks.at(-1)!];
    return last.ms > first.ms ? (1000 * (last.images - first.images)) / (last.ms - first.ms) : 0;
  }
}
