// Self-test cases of the casts between float32 and what maps are stored in.
import { narrow, widen } from "../../kernels/cast.ts";
import { floats, random, type SelfTestFamily, selfTestCase } from "./case.ts";

const SHAPE = [2, 3, 5, 7]; // 210 values, more than one workgroup of 64

/** A loss scale, and what stands beside it in its buffer. */
export const SCALE = 1024;

export const castFamily: SelfTestFamily = {
  family: "cast",
  cases: [
    selfTestCase({
      name: "narrow",
      inputs: () => ({
        x: random(SHAPE, 1),
        scale: floats([2], [SCALE, 3]),
        y: random(SHAPE, 2), // overwritten, as scaled
        scaled: random(SHAPE, 3),
      }),
      launch: (graph, { x, scale, y, scaled }) => {
        narrow(graph, { x }, y);
        narrow(graph, { x, scale }, scaled);
        return { y, scaled };
      },
    }),
    selfTestCase({
      name: "widen",
      inputs: () => ({ x: random(SHAPE, 1) }),
      launch: (graph, { x }) => ({ y: widen(graph, { x }) }),
    }),
  ],
};
