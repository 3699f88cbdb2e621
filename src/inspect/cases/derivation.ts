// Self-test cases of the derivation's trajectories.
import {
  DERIVATION_STEP_FIELDS,
  DERIVATION_SUMS,
  derivationSums,
  packDerivationSteps,
  walk,
} from "../../kernels/derivation.ts";
import { initialState, STATE_SHAPE } from "../../kernels/diffusion.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";

export const WALK_IMAGES = [3, 2, 5, 7] as const;

/** √α and √β of a β that float32 holds, and the rest with no cancellation to speak of. */
export const WALK_STEP = {
  ...{ beta: 0.4375, alphaBar: 0.5625, coefX0: 0.375, coefXt: 0.5 },
  ...{ fromX: 0.75, fromOutput: -0.5, clip: 0.875 },
};

const STEP = {
  ...{ signal: 0.75, spread: Math.sqrt(WALK_STEP.beta), stepRest: 0.25, jumpRest: 0.25 },
  ...{ coefX0: WALK_STEP.coefX0, coefRest: 0.125 },
  ...{ fromX: WALK_STEP.fromX, fromOutput: WALK_STEP.fromOutput, clip: WALK_STEP.clip },
};

export const derivationFamily: SelfTestFamily = {
  family: "derivation",
  cases: [
    selfTestCase({
      name: "a step and its squares",
      inputs: () => ({
        state: words(STATE_SHAPE, initialState(0)),
        steps: floats([1, DERIVATION_STEP_FIELDS.length], packDerivationSteps([STEP])),
        x0: random(WALK_IMAGES, 1),
        previous: random(WALK_IMAGES, 2),
        z: random(WALK_IMAGES, 3),
        xt: random(WALK_IMAGES, 4),
        output: random(WALK_IMAGES, 5),
        results: floats(
          [1, WALK_IMAGES[0], DERIVATION_SUMS.length],
          new Float32Array(WALK_IMAGES[0] * DERIVATION_SUMS.length),
        ),
      }),
      launch: (graph, tensors) => {
        const { state, steps, previous, z } = tensors;
        derivationSums(graph, tensors);
        return { next: walk(graph, { state, steps, previous, z }), results: tensors.results };
      },
    }),
  ],
};
