// Self-test cases of steering, and of pictures on the GPU.
import { initialState, STATE_SHAPE } from "../../kernels/diffusion.ts";
import { packRows, ROW_FIELDS } from "../../kernels/reverse_step.ts";
import { steerChain, steerDescend } from "../../kernels/steer.ts";
import { draw, pictureOf } from "../../kernels/view.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";
import { IMAGES, REVERSE_ROWS } from "./diffusion.ts";

/** The row of REVERSE_ROWS, with guidance, and how far the step goes. */
export const STEERED = { step: 2, strength: 0.375 };

export const steerFamily: SelfTestFamily = {
  family: "steer",
  cases: [
    selfTestCase({
      name: "guided, with a variance",
      inputs: () => {
        const [N, C, H, W] = IMAGES;
        return {
          state: words(STATE_SHAPE, initialState(1, STEERED)),
          rows: floats([3, ROW_FIELDS.length], packRows({ rows: REVERSE_ROWS })),
          sample: random([2 * N, C, H, W], 1),
          output: random([2 * N, 2 * C, H, W], 2),
          goal: random(IMAGES, 3),
          dsample: random([2 * N, C, H, W], 4),
          x: random([2 * N, C, H, W], 5),
        };
      },
      launch: (graph, tensors) => {
        const { dsample, x } = tensors;
        const { direct, doutput } = steerChain(graph, tensors);
        steerDescend(graph, { direct, dsample, x }, STEERED);
        return { direct, doutput, x };
      },
    }),
  ],
};

export const PICTURED = { shape: [5, 3, 5, 7], scale: 0.25 } as const;

/** Whole bytes from −22 to 277: none so near a half that rounding could move it. */
const byteOf = (i: number) => ((i * 37) % 300) - 22;

export const viewFamily: SelfTestFamily = {
  family: "view",
  cases: [
    selfTestCase({
      name: "colours",
      inputs: () => {
        const { shape, scale } = PICTURED;
        const value = (_: unknown, i: number) => (byteOf(i) / 255 - 0.5) / scale;
        return { images: floats(shape, Array.from({ length: 5 * 3 * 5 * 7 }, value)) };
      },
      launch: (graph, tensors) => {
        const { height, stride } = pictureOf(PICTURED.shape);
        const pixels = graph.alloc([height, stride], "pixels", "u32");
        draw(graph, tensors, PICTURED, pixels);
        return { pixels };
      },
    }),
  ],
};
