// What a run keeps for the case that its device is lost: the state of some steps ago, and what was told
// already, for the steps after it are computed again.
import type { Checkpoint } from "../train/checkpoint.ts";

type Files = ReadonlyMap<string, Uint8Array>;

const LEAST_MS = 10_000; // between two states: taking one costs as much as many steps

export class RunMemory {
  /** the last step whose record was told */
  told = 0;
  /** the last step that was saved */
  savedStep: number;
  /** of the last validation */
  validated: { step: number; loss: number } | undefined;
  /** where rollback goes back to */
  safe: Checkpoint | undefined;
  #files: Files | undefined;
  #takenMs = Number.NEGATIVE_INFINITY;

  /** @param step  the one that the run begins after */
  constructor(step: number) {
    this.savedStep = step;
  }

  /** The files of a checkpoint: what another device begins with. */
  get files(): Files | undefined {
    return this.#files;
  }

  /** Whether it is time for another state. */
  get isDue(): boolean {
    return performance.now() - this.#takenMs >= LEAST_MS;
  }

  keep(files: Files): void {
    this.#files = files;
    this.#takenMs = performance.now();
  }
}
