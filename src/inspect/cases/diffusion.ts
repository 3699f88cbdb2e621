// Self-test cases of noising, loss and the reverse step.
import {
  type Batches,
  batchLabels,
  type DiffusionTarget,
  initialState,
  normals,
  packLevels,
  philoxWords,
  qSample,
  qSampleGiven,
  STATE_SHAPE,
} from "../../kernels/diffusion.ts";
import {
  type DiffusionLoss,
  diffusionLoss,
  diffusionLossGiven,
} from "../../kernels/diffusion_loss.ts";
import {
  advance,
  blend,
  packRows,
  type ReverseRow,
  ROW_FIELDS,
  reverseStep,
  spreadRow,
} from "../../kernels/reverse_step.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";

/** Where the random kernels stand: they must draw the numbers of this place. */
export const PLACE = { seed: 0x123456789abcden, step: 7, firstImage: 3 };

const stateInput = (step: number = PLACE.step) =>
  words(STATE_SHAPE, initialState(PLACE.seed, { ...PLACE, step }));

/** Bare random numbers: counters and stream of the words; shape, stream, … of the normals. */
export const DRAWN_WORDS = { counters: 67, stream: 5 };
export const DRAWN_NORMALS = { shape: [3, 1, 9, 11], stream: 6, firstElement: 8, scale: 0.5 };

/** ᾱ of ten timesteps from 1 to 0, both included, and their loss weights. */
export const ALPHA_BARS = Array.from({ length: 10 }, (_, t) => 1 - t / 9);
export const WEIGHTS = ALPHA_BARS.map((bar) => 0.25 + bar);

/** Shape of the images; the data set has 5 of them, the order 2 rows. */
export const IMAGES = [3, 2, 5, 7] as const;
export const DRAWN_LOSS = { target: "v_prediction", loss: "mse" } as const;

/** Images, their order and levels, at the place of the random kernels. */
export function batchInputs() {
  const [N, C, H, W] = IMAGES;
  const count = 5;
  const bytes = Uint8Array.from({ length: 4 * Math.ceil((count * C * H * W) / 4) }, (_, i) => {
    return (i * i + 7 * i) % 256;
  });
  const images = new Uint32Array(bytes.buffer);
  const table = packLevels(ALPHA_BARS, { target: DRAWN_LOSS.target, weights: WEIGHTS });
  return {
    state: stateInput(),
    images: words([images.length], images),
    order: words([2, N], [4, 0, 2, 1, 3, 4]),
    levels: floats([ALPHA_BARS.length, 5], table),
  } satisfies Record<keyof Batches, unknown>;
}

/** Labels of the data's 5 images, and how they are left out. */
export const DATA_LABELS = [3, 1, 4, 0, 2];
export const LABEL_DROPOUT = { dropout: 0.375, nullClass: 5 };

/** Losses of values that are given: a name, the target, the loss. */
export const GIVEN: readonly [string, DiffusionTarget, DiffusionLoss][] = [
  ["given, huber", "epsilon", "huber"],
  ["given, l1", "sample", "l1"],
];

export const diffusionFamily: SelfTestFamily = {
  family: "diffusion",
  cases: [
    selfTestCase({
      name: "random numbers",
      inputs: () => ({ state: stateInput() }),
      launch: (graph, { state }) => ({
        words: philoxWords(graph, { state }, DRAWN_WORDS),
        normals: normals(graph, { state }, DRAWN_NORMALS),
      }),
    }),
    selfTestCase({
      name: "drawn",
      inputs: () => {
        const [N, C, H, W] = IMAGES;
        return { ...batchInputs(), prediction: random([N, 2 * C, H, W], 1) }; // a learned variance
      },
      launch: (graph, tensors) => {
        const { xt, timesteps } = qSample(graph, tensors, { shape: IMAGES });
        const options = { shape: IMAGES, loss: DRAWN_LOSS.loss };
        return { xt, timesteps, ...diffusionLoss(graph, { ...tensors, timesteps }, options) };
      },
    }),
    selfTestCase({
      name: "labels",
      inputs: () => ({
        state: stateInput(),
        order: words(
          [2, 24],
          Array.from({ length: 48 }, (_, i) => (7 * i) % 5),
        ),
        dataLabels: words([5], DATA_LABELS),
      }),
      launch: (graph, tensors) => ({ labels: batchLabels(graph, tensors, LABEL_DROPOUT) }),
    }),
    ...GIVEN.map(([name, target, loss]) =>
      selfTestCase({
        name,
        inputs: () => ({
          x0: random(IMAGES, 1),
          noise: random(IMAGES, 2),
          prediction: random(IMAGES, 3),
          timesteps: words([IMAGES[0]], [9, 0, 4]),
          levels: floats(
            [ALPHA_BARS.length, 5],
            packLevels(ALPHA_BARS, { target, weights: WEIGHTS }),
          ),
        }),
        launch: (graph, tensors) => ({
          ...qSampleGiven(graph, tensors),
          ...diffusionLossGiven(graph, tensors, { loss }),
        }),
      }),
    ),
  ],
};

const ROW = { x0FromX: 1.25, x0FromOutput: -0.75, epsFromX: 0.125, epsFromOutput: 0.875 };
const STEP = { a: 0.5, b: 0.375, c: -0.25, d: 0.625, epsOfX: 1.5, epsOfX0: -0.625 };

const PLAIN = { guidance: 1, knownSignal: 1, knownSpread: 0, againSignal: 1, againSpread: 0 };

/** Rows of a plan that use every coefficient: plain, learned, guided and inpainting. */
export const REVERSE_ROWS: readonly ReverseRow[] = [
  { ...PLAIN, ...ROW, ...STEP, clip: Number.POSITIVE_INFINITY, rederiveEps: false, sigma: 0.3125 },
  {
    ...{ ...PLAIN, ...ROW, ...STEP, clip: 0.875, rederiveEps: true, sigma: 1 },
    ...{ logVarianceMin: -4, logVarianceMax: -1.5 },
  },
  {
    ...{ ...ROW, ...STEP, clip: 1.5, rederiveEps: false, sigma: 0.25, guidance: 2.5 },
    ...{ knownSignal: 0.75, knownSpread: 0.625, againSignal: 0.875, againSpread: 0.5 },
  },
];

const rowsInput = () => floats([3, ROW_FIELDS.length], packRows({ rows: REVERSE_ROWS }));

/** Guidance and inpainting, on twice the images; and a table's row, of 67 numbers. */
const guidedCase = selfTestCase({
  name: "guided, inpainting",
  inputs: () => {
    const [N, ...rest] = IMAGES;
    const size = N * rest[0] * rest[1] * rest[2];
    return {
      state: stateInput(2),
      rows: rowsInput(),
      x: random([2 * N, ...rest], 1),
      x0Previous: random(IMAGES, 2),
      output: random([2 * N, ...rest], 3),
      known: random(IMAGES, 4),
      mask: floats(
        IMAGES,
        Array.from({ length: size }, (_, i) => (i % 5) / 4),
      ),
      table: random([3, 67], 5),
    };
  },
  launch: (graph, tensors) => {
    const row = spreadRow(graph, tensors, 3);
    reverseStep(graph, tensors);
    blend(graph, tensors);
    return { x: tensors.x, x0Hat: tensors.x0Previous, row };
  },
});

const unguidedCase = (name: string, step: number) =>
  selfTestCase({
    name,
    inputs: () => {
      const [N, C, H, W] = IMAGES;
      return {
        state: stateInput(step),
        rows: rowsInput(),
        x: random(IMAGES, 1),
        x0Previous: random(IMAGES, 2),
        output: random([N, step === 0 ? C : 2 * C, H, W], 3),
      };
    },
    launch: (graph, tensors) => {
      reverseStep(graph, tensors);
      advance(graph, tensors);
      return { x: tensors.x, x0Hat: tensors.x0Previous, state: tensors.state };
    },
  });

export const reverseStepFamily: SelfTestFamily = {
  family: "reverse_step",
  cases: [...["plain", "clipped, with a learned variance"].map(unguidedCase), guidedCase],
};
