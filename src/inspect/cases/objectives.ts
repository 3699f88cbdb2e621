// Self-test cases of the bound as a loss, of timesteps by importance, and of dropout.
import { makeTables } from "../../diffusion/schedule.ts";
import {
  initialState,
  packLevels,
  qSampleAt,
  qSampleGiven,
  STATE_SHAPE,
} from "../../kernels/diffusion.ts";
import {
  diffusionLoss,
  diffusionLossGiven,
  packBounds,
  type TrainedTerm,
} from "../../kernels/diffusion_loss.ts";
import { importanceTimesteps, keepLosses, tallyLosses } from "../../kernels/diffusion_timesteps.ts";
import { dropout } from "../../kernels/dropout.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";
import { batchInputs, IMAGES, PLACE } from "./diffusion.ts";

/** Ten levels of noise, and one timestep of each kind: t = 0, the middle, the last. */
export const BOUND_TABLES = makeTables({ steps: 10, betaStart: 0.01, betaEnd: 0.3 });
export const BOUND_TIMESTEPS = [0, 4, 9];
export const BOUND = { scale: 0.75, detachMean: false } as const;

/** ε predicted, with a learned range of variances. */
function boundRows(): TrainedTerm[] {
  const { betas, alphaBars, posteriorCoefX0, posteriorLogVariance } = BOUND_TABLES;
  return Array.from(betas, (beta, t) => {
    const inverse = Math.exp(-0.5 * posteriorLogVariance[t]!);
    const half = (Math.log(beta) - posteriorLogVariance[t]!) / 2;
    const error = Math.sqrt((1 - alphaBars[t]!) / alphaBars[t]!); // x_0 − x̂_0 of ε̂ − ε = 1
    const deviation = posteriorCoefX0[t]! * error * inverse;
    return { deviation, gap: half, slope: half, bin: t === 0 ? inverse / 255 : 0 };
  });
}

function boundInputs() {
  const [N, C, H, W] = IMAGES;
  const levels = packLevels(BOUND_TABLES.alphaBars, { target: "epsilon" });
  return {
    timesteps: words([N], BOUND_TIMESTEPS),
    prediction: random([N, 2 * C, H, W], 4),
    levels: floats([10, 5], levels),
    bounds: floats([10, 7], packBounds(levels, boundRows())),
  };
}

export const diffusionLossFamily: SelfTestFamily = {
  family: "diffusion_loss",
  cases: [
    selfTestCase({
      name: "bound, drawn",
      inputs: () => ({ ...batchInputs(), ...boundInputs() }),
      launch: (graph, { bounds, ...tensors }) => ({
        ...qSampleAt(graph, tensors, { shape: IMAGES }),
        ...diffusionLoss(graph, tensors, { shape: IMAGES, bound: { bounds, ...BOUND } }),
      }),
    }),
    selfTestCase({
      name: "bound, given",
      inputs: () => ({ x0: random(IMAGES, 1), noise: random(IMAGES, 2), ...boundInputs() }),
      launch: (graph, { bounds, ...tensors }) => ({
        ...qSampleGiven(graph, tensors),
        ...diffusionLossGiven(graph, tensors, { bound: { bounds, ...BOUND } }),
      }),
    }),
  ],
};

const stateInput = () => words(STATE_SHAPE, initialState(PLACE.seed, PLACE));

/** Timesteps of the ring, ten losses each, and images of a batch. */
export const RING_STEPS = 67;
export const RING_IMAGES = 70;
const ringInputs = () => ({
  kept: floats(
    [RING_STEPS, 10],
    Array.from({ length: RING_STEPS * 10 }, (_, i) => 1 + (i % 23)),
  ),
  keptCounts: words([RING_STEPS], new Array(RING_STEPS).fill(12)),
});

export const diffusionTimestepsFamily: SelfTestFamily = {
  family: "diffusion_timesteps",
  cases: [
    selfTestCase({
      name: "importance",
      inputs: () => ({ state: stateInput(), ...ringInputs() }),
      launch: (graph, tensors) => importanceTimesteps(graph, tensors, { count: RING_IMAGES }),
    }),
    selfTestCase({
      name: "kept",
      inputs: () => ({
        ...ringInputs(),
        counts: words([RING_STEPS], new Array(RING_STEPS).fill(3)),
        sums: floats([RING_STEPS], new Array(RING_STEPS).fill(0.5)),
        timesteps: words([4], [66, 2, 66, 0]),
        perImage: floats([4], [0.25, 0.5, 1, 2]),
      }),
      launch: (graph, { kept, keptCounts, counts, sums, ...losses }) => {
        keepLosses(graph, { kept, keptCounts, ...losses });
        tallyLosses(graph, { counts, sums, ...losses });
        return { kept, keptCounts, counts, sums };
      },
    }),
  ],
};

export const DROPOUT = { rate: 0.25, layer: 1 };

export const dropoutFamily: SelfTestFamily = {
  family: "dropout",
  cases: [
    selfTestCase({
      name: "dropout",
      inputs: () => ({ x: random(IMAGES, 1), state: stateInput() }),
      launch: (graph, tensors) => ({ y: dropout(graph, tensors, DROPOUT) }),
    }),
  ],
};
