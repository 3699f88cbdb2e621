// Steps that changed nothing, for a gradient that was not finite: which they were, and what is done.
//
// The GPU tells by the bits, and leaves such a step out without waiting for the host; here it is named.
import { DeviceError } from "../core/errors.ts";
import { homeOf } from "../graph/tensor.ts";
import type { Weights } from "../nn/weights.ts";

/**
 * What follows a step that was left out: an error; the next step; or, for who wants to go back, an end
 * without one, after the steps that are under way.
 */
export const NAN_POLICIES = ["throw", "skip", "rollback"] as const;
export type NanPolicy = (typeof NAN_POLICIES)[number];

/** A step that was left out. */
export interface LeftOut {
  /**
   * the parameter whose gradient went bad first: backward goes from the network's end to its start;
   * undefined where each gradient is finite, and their norm is not
   */
  parameter: string | undefined;
}

const MOST_IN_A_ROW = 32;

/**
 * @param found  of `locateNotFinite`: 1 + the place in the flat buffer, or 0
 */
export function leftOut(weights: Weights, found: number): LeftOut {
  const offsetOf = (name: string) => homeOf(weights.tensor(name)).offset / 4;
  const before = [...weights.specs.keys()].filter((name) => offsetOf(name) < found);
  const [parameter] = before.sort((a, b) => offsetOf(b) - offsetOf(a));
  return { parameter };
}

interface Told {
  step: number;
  loss: number;
  gradientNorm: number;
  lossScale: number;
  leftOut?: LeftOut | undefined;
}

/** Says whether training may go on after a step. */
export class NanGuard {
  readonly #policy: NanPolicy;
  #inARow = 0;

  constructor(policy: NanPolicy) {
    this.#policy = policy;
  }

  /**
   * @returns whether to end after the steps that are under way
   * @throws DeviceError train/not-finite after a step that was left out, or the 32nd in a row
   */
  check(record: Told): boolean {
    const { step, loss, gradientNorm, leftOut: isOut } = record;
    const isWhole = !isOut && Number.isFinite(loss) && Number.isFinite(gradientNorm);
    const isFine = isWhole || isOverflow(record);
    this.#inARow = isFine ? 0 : this.#inARow + 1;
    if (isFine || (this.#policy === "skip" && this.#inARow < MOST_IN_A_ROW)) return false;
    if (this.#policy === "rollback") return true;
    const many = this.#inARow > 1 ? `, the ${this.#inARow}th in a row,` : "";
    throw new DeviceError(
      "train/not-finite",
      `train: step ${step}${many} has loss ${loss} and gradient norm ${gradientNorm}; ` +
        `${whereOf(record)}its update was left out.`,
      "Lower the learning rate, or clip the gradient.",
    );
  }
}

/** A step left out for a gradient that float16 cannot hold: a smaller loss scale will do. */
export const isOverflow = ({ loss, lossScale, leftOut: out }: Told): boolean =>
  out !== undefined && lossScale > 1 && Number.isFinite(loss);

/** Where it began, as a part of a sentence. */
export const whereOf = ({ leftOut: out }: Told): string =>
  out?.parameter ? `the gradient of ${out.parameter} went bad first; ` : "";
