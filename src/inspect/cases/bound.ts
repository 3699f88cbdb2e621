// Self-test cases of the variational bound.
import { BOUND_ROW_FIELDS, boundTerms, packBoundRows, rowNormals } from "../../kernels/bound.ts";
import { initialState, STATE_SHAPE } from "../../kernels/diffusion.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";

/** Where the noise is drawn, and for which images and timesteps. */
export const BOUND_SEED = 0x123456789abcden;
export const BOUND_PLACES = [
  [0, 7],
  [5, 7],
  [5, 999],
] as const;
export const BOUND_IMAGES = [3, 2, 5, 7] as const;
export const ALPHA_BAR_T = 0.125;

/** A decoder, a KL and a KL with a learned variance; Δ of output, noise and x_0; clipped or not. */
export const BOUND_ROWS = [
  [0.25, -0.25, 0, 1, 0, 0, 12, 1],
  [-1, 0, 1, Number.POSITIVE_INFINITY, -0.625, 0, 1.5, 0],
  [0.5, -0.25, 0.25, 0.875, -0.25, -0.25, 2.5, 0],
].map((numbers) => {
  const [fromOutput, fromNoise, fromX0, clip, shift, slope, scale, discrete] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { fromOutput, fromNoise, fromX0, clip, shift, slope, scale, discrete };
});

export const boundFamily: SelfTestFamily = {
  family: "bound",
  cases: [
    selfTestCase({
      name: "noise of places",
      inputs: () => ({
        state: words(STATE_SHAPE, initialState(BOUND_SEED)),
        places: words([BOUND_PLACES.length, 2], BOUND_PLACES.flat()),
      }),
      launch: (graph, tensors) => ({ noise: rowNormals(graph, tensors, { shape: BOUND_IMAGES }) }),
    }),
    selfTestCase({
      name: "terms",
      inputs: () => {
        const [N, C, H, W] = BOUND_IMAGES;
        const x0 = random(BOUND_IMAGES, 1).data.map((z) => Math.min(Math.max(z, -1), 1));
        return {
          x0: floats(BOUND_IMAGES, x0),
          noise: random(BOUND_IMAGES, 2),
          output: random([N, 2 * C, H, W], 3),
          rows: floats([N, BOUND_ROW_FIELDS.length], packBoundRows(BOUND_ROWS)),
        };
      },
      launch: (graph, tensors) => ({
        results: boundTerms(graph, tensors, { alphaBarT: ALPHA_BAR_T }),
      }),
    }),
  ],
};
