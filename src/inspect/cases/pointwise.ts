// Self-test cases of what treats elements one by one, or only moves them: activations, sums,
// resampling, concatenation, embedding.
import { ACTIVATIONS, activation, activationBackward } from "../../kernels/activation.ts";
import { concat, concatBackward } from "../../kernels/concat.ts";
import { add, affine, scaleRows } from "../../kernels/elementwise.ts";
import { embedding, embeddingBackward } from "../../kernels/embedding.ts";
import {
  averagePool2x2,
  averagePool2x2Backward,
  upsampleNearest2x,
  upsampleNearest2xBackward,
} from "../../kernels/resample.ts";
import { floats, random, type SelfTestFamily, selfTestCase, words } from "./case.ts";

export const activationFamily: SelfTestFamily = {
  family: "activation",
  cases: ACTIVATIONS.map((name) =>
    selfTestCase({
      name,
      inputs: () => {
        const { shape, data } = random([131], 1);
        const wide = data.map((value) => 3 * value); // to where the functions are flat
        return { x: floats(shape, wide), dy: random([131], 2) };
      },
      launch: (graph, { x, dy }) => {
        const dx = graph.alloc(x.shape, "selftest.dx", x.dtype);
        activationBackward(graph, { x, dy }, { name }, dx);
        return { y: activation(graph, { x }, { name }), dx };
      },
    }),
  ),
};

/** Numbers of the cases below; all are exact in float32. */
export const SUM = { scale: 0.75, a: -2.5, b: 0.375 };

/** A count that four divides, and one that it does not. */
const COUNTS = [
  ["by fours", [4, 66]],
  ["odd", [3, 67]],
] as const;

export const elementwiseFamily: SelfTestFamily = {
  family: "elementwise",
  cases: COUNTS.map(([name, shape]) =>
    selfTestCase({
      name,
      inputs: () => ({ a: random(shape, 1), b: random(shape, 2), factor: random([shape[0]], 3) }),
      launch: (graph, { a, b, factor }) => ({
        sum: add(graph, { a, b }, SUM),
        affine: affine(graph, { x: a }, SUM),
        rows: scaleRows(graph, { x: b, factor }),
      }),
    }),
  ),
};

export const resampleFamily: SelfTestFamily = {
  family: "resample",
  cases: [
    selfTestCase({
      name: "doubling",
      inputs: () => ({ x: random([2, 3, 5, 7], 1), dy: random([2, 3, 10, 14], 2) }),
      launch: (graph, { x, dy }) => {
        const dx = graph.alloc(x.shape, "selftest.dx", x.dtype);
        upsampleNearest2xBackward(graph, { dy }, dx);
        return { y: upsampleNearest2x(graph, { x }), dx };
      },
    }),
    selfTestCase({
      name: "halving",
      inputs: () => ({ x: random([2, 5, 7, 9], 1), dy: random([2, 5, 3, 4], 2) }),
      launch: (graph, { x, dy }) => {
        const dx = graph.alloc(x.shape, "selftest.dx", x.dtype);
        averagePool2x2Backward(graph, { dy }, dx);
        return { y: averagePool2x2(graph, { x }), dx };
      },
    }),
  ],
};

export const concatFamily: SelfTestFamily = {
  family: "concat",
  cases: [
    selfTestCase({
      name: "odd",
      inputs: () => ({
        a: random([2, 3, 5, 7], 1),
        b: random([2, 2, 5, 7], 2),
        dy: random([2, 5, 5, 7], 3),
      }),
      launch: (graph, { a, b, dy }) => {
        const da = graph.alloc(a.shape, "selftest.da", a.dtype);
        const db = graph.alloc(b.shape, "selftest.db", b.dtype);
        concatBackward(graph, { dy }, { da, db });
        return { y: concat(graph, { a, b }), da, db };
      },
    }),
  ],
};

export const embeddingFamily: SelfTestFamily = {
  family: "embedding",
  cases: [
    selfTestCase({
      name: "rows taken twice, once and never",
      inputs: () => ({
        table: random([7, 13], 1),
        indices: words([9], [3, 0, 6, 3, 1, 5, 0, 6, 6]),
        dy: random([9, 13], 2),
      }),
      launch: (graph, { table, indices, dy }) => {
        const dtable = graph.alloc(table.shape, "selftest.dtable");
        embeddingBackward(graph, { dy, indices }, dtable);
        return { y: embedding(graph, { table, indices }), dtable };
      },
    }),
  ],
};
