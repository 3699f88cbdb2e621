// Twins of src/inspect/cases/gradient_sums.ts.
import { BATCHES, SCALE, STEP } from "../../../src/inspect/cases/gradient_sums.ts";
import { STATE } from "../../../src/kernels/diffusion.ts";
import { accumulate, lastNotFinite } from "../../reference/gradient_sums.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import type { Expected, Inputs, Twins } from "./twin.ts";

const exactly = (expected: NdArray): Expected => ({ expected, bound: ndarray(expected.shape) });

function summed({ sum, x, progress }: Inputs, isFirst: boolean) {
  const how = { scale: SCALE, isFirst };
  const { images, batches } = BATCHES;
  const next = mapArray(progress!, (word, i) =>
    i === STATE.firstImage ? (word + images) % (images * batches) : word,
  );
  return {
    sum: {
      expected: accumulate(sum!, x!, how),
      bound: accumulate(absolute(sum!), absolute(x!), how),
    },
    progress: exactly(next),
  };
}

/** Slot `step` gets what is found, the one after it is emptied, the others stay. */
function slots({ found }: Inputs, value: number | undefined): { found: Expected } {
  const [ring, slot] = [found!.data.length, STEP % found!.data.length];
  const after = mapArray(found!, (word, i) => {
    if (i === slot && value !== undefined) return value;
    return i === (slot + 1) % ring ? 0 : word;
  });
  return { found: exactly(after) };
}

export const gradientSumsTwins: Twins = {
  "a step's first batch": (inputs) => summed(inputs, true),
  "a step's last batch": (inputs) => summed(inputs, false),
  "a step that was left out": (inputs) => slots(inputs, lastNotFinite(inputs.gradients!)),
  "a step that was done": (inputs) => slots(inputs, undefined),
};
