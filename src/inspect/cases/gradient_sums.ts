// Self-test cases of gradients summed over the batches of a step, and of one that is not finite.
import { initialState, STATE_SHAPE } from "../../kernels/diffusion.ts";
import { accumulate, locateNotFinite, nextBatch } from "../../kernels/gradient_sums.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";

export const SCALE = 0.25;
export const BATCHES = { images: 6, batches: 3 };

/** The number of the flat buffer that is not finite, and the step. */
export const BROKEN = 1001;
export const STEP = 6;

const COUNT = 64 * 19; // more than one workgroup
const RING = 4;

const sumCase = (name: string, firstImage: number) =>
  selfTestCase({
    name,
    inputs: () => ({
      state: words(STATE_SHAPE, initialState(1, { step: STEP, firstImage })),
      x: random([COUNT + 3], 1),
      sum: random([COUNT + 3], 2),
      progress: words(STATE_SHAPE, initialState(1, { step: STEP, firstImage })),
    }),
    launch: (graph, { progress, ...tensors }) => {
      accumulate(graph, tensors, { scale: SCALE });
      nextBatch(graph, { state: progress }, BATCHES);
      return { sum: tensors.sum, progress };
    },
  });

const findCase = (name: string, clipFactor: number) =>
  selfTestCase({
    name,
    inputs: () => {
      const gradients = random([COUNT], 1);
      gradients.data[BROKEN] = Number.NEGATIVE_INFINITY;
      gradients.data[BROKEN - 40] = Number.NaN;
      return {
        state: words(STATE_SHAPE, initialState(1, { step: STEP })),
        clipFactor: floats([1], [clipFactor]),
        gradients,
        found: words([RING], [7, 0, 0, 9]),
      };
    },
    launch: (graph, tensors) => {
      locateNotFinite(graph, tensors);
      return { found: tensors.found };
    },
  });

export const gradientSumsFamily: SelfTestFamily = {
  family: "gradient_sums",
  cases: [
    sumCase("a step's first batch", 0),
    sumCase("a step's last batch", 12),
    findCase("a step that was left out", 0),
    findCase("a step that was done", 0.5),
  ],
};
