// Twins of src/inspect/cases/measuring.ts.
import { WORK } from "../../../src/inspect/cases/measuring.ts";
import { CHAIN } from "../../../src/kernels/ceilings.ts";
import { chains, shared } from "../../reference/ceilings.ts";
import { absolute, ndarray } from "../../reference/ndarray.ts";
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
