// Twins of src/inspect/cases/measuring.ts.
import { WORK } from "../../../src/inspect/cases/measuring.ts";
import { CHAIN } from "../../../src/kernels/ceilings.ts";
import { chains, shared } from "../../reference/ceilings.ts";
import { halfOf, histogram } from "../../reference/histogram.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import { type Expected, oneTerm, type Twins } from "./twin.ts";

/** All terms are positive; an error made in one step is a part of a in the next: 1 + a + a² + … = 4. */
const chainsExpected = (): Expected => {
  const expected = chains(WORK.lanes, WORK.rounds, CHAIN);
  return { expected, bound: expected };
};

export const ceilingsTwins: Twins = {
  chains: () => ({ scalars: chainsExpected(), vectors: chainsExpected() }),
  memory: ({ x, long }) => ({
    shared: {
      expected: shared(x!, WORK.lanes, WORK.shared),
      bound: shared(absolute(x!), WORK.lanes, WORK.shared),
    },
    copied: oneTerm(long!),
    one: oneTerm(ndarray([1], [1])),
  }),
};

/** Counts are whole numbers: no error is allowed. */
const exact = (expected: NdArray): Expected => ({ expected, bound: mapArray(expected, () => 0) });

export const histogramTwins: Twins = {
  "more than a chunk": ({ x }) => ({ counts: exact(histogram(x!.data)) }),
  edges: ({ finite, not }) => ({
    finite: exact(histogram(finite!.data)),
    not: exact(histogram(not!.data)),
  }),
  float16: ({ x }) => {
    const halves = [...x!.data].flatMap((word) => [word % 65_536, Math.floor(word / 65_536)]);
    return { counts: exact(histogram(halves.map(halfOf))) };
  },
};
