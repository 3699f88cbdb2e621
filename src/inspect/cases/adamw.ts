// Self-test cases of the optimiser: one step on flat buffers, and one that must change nothing.
import {
  adamw,
  finishStep,
  gradientNorm,
  LOSS_SCALE_SHAPE,
  RECORD_FIELDS,
  SCHEDULE_FIELDS,
  scheduleRow,
} from "../../kernels/adamw.ts";
import { initialState, STATE_SHAPE } from "../../kernels/diffusion.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";

export const OPTIMISER = {
  learningRate: 3e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0.02,
  emaDecay: 0.995,
} as const;

/** The step that is done (0 is the first), the largest norm, and losses of its images. */
export const STEP = 37;
export const CLIP = 0.5;
export const LOSSES = [1, 2, 4.5];

const COUNT = 64 * 19; // more than one workgroup of update takes
const RING = 4;

/** The gradients are SCALE times themselves; this step, the fifth that is finite, doubles it. */
export const SCALE = 8;
export const GROWTH = 5;

/** @param broken  where a gradient is infinite */
function inputsOf(broken?: number) {
  const gradients = random([COUNT], 1);
  if (broken !== undefined) gradients.data[broken] = Number.POSITIVE_INFINITY;
  const secondMoment = random([COUNT], 4).data.map((value) => value ** 2 + 1e-3);
  const row = scheduleRow(STEP, OPTIMISER);
  const rows = Array.from({ length: RING }, (_, slot) =>
    slot === STEP % RING ? row : row.map(() => 0.5),
  );
  return {
    state: words(STATE_SHAPE, initialState(1, { step: STEP })),
    schedule: floats([RING, SCHEDULE_FIELDS.length], rows.flat()),
    history: floats([RING, RECORD_FIELDS.length], new Float32Array(RECORD_FIELDS.length * RING)),
    lossScale: floats(LOSS_SCALE_SHAPE, [SCALE, GROWTH - 1]),
    perImage: floats([LOSSES.length], LOSSES),
    gradients,
    parameters: random([COUNT], 2),
    expAvg: random([COUNT], 3),
    expAvgSq: floats([COUNT], secondMoment),
    ema: random([COUNT], 5),
  };
}

const aloneCase = selfTestCase({
  name: "no average",
  inputs: () => {
    const { ema: _, ...inputs } = inputsOf();
    return inputs;
  },
  launch: (graph, tensors) => {
    const { parameters, expAvg, expAvgSq } = tensors;
    const squares = gradientNorm(graph, tensors);
    const factor = finishStep(graph, { ...tensors, squares }, { clip: CLIP });
    adamw(graph, { ...tensors, factor });
    return { parameters, expAvg, expAvgSq };
  },
});

const stepCase = (name: string, broken?: number) =>
  selfTestCase({
    name,
    inputs: () => inputsOf(broken),
    launch: (graph, tensors) => {
      const { state, parameters, expAvg, expAvgSq, ema, history, lossScale } = tensors;
      const squares = gradientNorm(graph, tensors);
      const options = { clip: CLIP, growthInterval: GROWTH };
      const factor = finishStep(graph, { ...tensors, squares }, options);
      adamw(graph, { ...tensors, factor });
      const updated = { parameters, expAvg, expAvgSq, ema, factor, state, lossScale };
      return broken === undefined ? { ...updated, history } : updated; // whose norm is not finite
    },
  });

export const adamwFamily: SelfTestFamily = {
  family: "adamw",
  cases: [stepCase("one step"), aloneCase, stepCase("an infinite gradient", 1001)],
};
