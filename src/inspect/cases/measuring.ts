// Self-test cases of what measures a device or looks at its numbers, and is no part of a network.
import {
  CHAIN_FORMS,
  copyVectors,
  multiplyAdds,
  nothing,
  SHARE_LANES,
  shareVectors,
} from "../../kernels/ceilings.ts";
import { random, type SelfTestFamily, selfTestCase } from "./case.ts";

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
