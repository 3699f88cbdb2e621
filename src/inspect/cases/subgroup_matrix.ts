// Self-test cases of the kernels on matrix units: those of the launchers that offer them, where a device
// was opened with `subgroupMatrix` and has them; elsewhere the same cases by the ordinary kernels.
import { Graph } from "../../graph/graph.ts";
import type { SelfTestCase, SelfTestFamily } from "./case.ts";
import { conv2dFamily } from "./convolution.ts";
import { matmulFamily } from "./matmul.ts";

/** All entry points, and all that a product may have added. */
const NAMES = ["several tiles", "3×3", "1×1"];

/** Records a launch with all that its target's matrix units are offered for on them. */
export function launchOnMatrixUnits<Outputs>(
  graph: Graph,
  launch: (graph: Graph) => Outputs,
): Outputs {
  const offered = new Graph(graph.target);
  launch(offered);
  const named = offered.dispatches.flatMap(({ choice }) => {
    const name = choice?.names.find((one) => one.startsWith("subgroup_matrix "));
    return choice && name !== undefined ? [[choice.key, name] as const] : [];
  });
  const chosen = new Graph({ ...graph.target, choices: Object.fromEntries(named) });
  const outputs = launch(chosen);
  graph.dispatches.push(...chosen.dispatches);
  return outputs;
}

export const subgroupMatrixFamily: SelfTestFamily = {
  family: "subgroup_matrix",
  cases: [...matmulFamily.cases, ...conv2dFamily.cases]
    .filter(({ name }) => NAMES.includes(name))
    .map((one): SelfTestCase => {
      return {
        ...one,
        launch: (graph, tensors) => launchOnMatrixUnits(graph, (own) => one.launch(own, tensors)),
      };
    }),
};
