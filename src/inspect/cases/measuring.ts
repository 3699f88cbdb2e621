// Self-test cases of what measures a device or looks at its numbers, and is no part of a network.
import {
  CHAIN_FORMS,
  copyVectors,
  multiplyAdds,
  nothing,
  SHARE_LANES,
  shareVectors,
} from "../../kernels/ceilings.ts";
import { histogram } from "../../kernels/histogram.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";

/** More than one workgroup, the last not full; more rounds than a workgroup has lanes. */
export const WORK = { lanes: 131, rounds: 3, shared: 67 } as const;

export const ceilingsFamily: SelfTestFamily = {
  family: "ceilings",
  cases: [
    selfTestCase({
      name: "chains",
      inputs: () => ({}),
      launch: (graph) =>
        Object.fromEntries(CHAIN_FORMS.map((form) => [form, multiplyAdds(graph, WORK, { form })])),
    }),
    selfTestCase({
      name: "memory",
      inputs: () => ({ x: random([SHARE_LANES, 4], 1), long: random([5, 268], 2) }),
      launch: (graph, { x, long }) => ({
        shared: shareVectors(graph, { x }, { lanes: WORK.lanes, rounds: WORK.shared }),
        copied: copyVectors(graph, { x: long }),
        one: nothing(graph),
      }),
    }),
  ],
};

/** Powers of two and their neighbours, and all that a number can be besides. */
const EDGES = [0, -0, 1, -1, 2 ** -31, -(2 ** -30), 0.99999994, 2 ** 16, -65_504, 3e38, 2 ** -126];
const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Every 37th float16: normal, subnormal, zero, infinite, not a number. */
const halves = () => Array.from({ length: 1771 }, (_, i) => 37 * i);

export const histogramFamily: SelfTestFamily = {
  family: "histogram",
  cases: [
    selfTestCase({
      name: "more than a chunk",
      inputs: () => ({ x: random([3, 1500], 1) }),
      launch: (graph, { x }) => ({ counts: histogram(graph, { x }, { type: "f32" }) }),
    }),
    selfTestCase({
      name: "edges",
      inputs: () => ({
        finite: floats([EDGES.length], EDGES),
        not: floats([5], [1, ...NOT_FINITE, 2]),
      }),
      launch: (graph, { finite, not }) => ({
        finite: histogram(graph, { x: finite }, { type: "f32" }),
        not: histogram(graph, { x: not }, { type: "f32" }),
      }),
    }),
    selfTestCase({
      name: "float16",
      inputs: () => ({
        x: words(
          [885],
          Array.from({ length: 885 }, (_, i) => halves()[2 * i]! + 65_536 * halves()[2 * i + 1]!),
        ),
      }),
      launch: (graph, { x }) => ({ counts: histogram(graph, { x }, { type: "f16" }) }),
    }),
  ],
};
