// The end of a training step, recorded: norm, clip, update and average, and what the step leaves behind.
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { adamw, type FinishOptions, finishStep, gradientNorm } from "../kernels/adamw.ts";
import { locateNotFinite } from "../kernels/gradient_sums.ts";
import { advance } from "../kernels/reverse_step.ts";

/** Flat buffers, [count] each, and the step's small tensors. */
export interface OptimiserTensors {
  state: Tensor;
  lossScale: Tensor;
  schedule: Tensor;
  /** rings: of records, and of where a gradient was not finite */
  history: Tensor;
  found: Tensor;
  /** [N]: the step's losses */
  perImage: Tensor;
  gradients: Tensor;
  parameters: Tensor;
  expAvg: Tensor;
  expAvgSq: Tensor;
  /** where the weights are averaged */
  ema: Tensor | undefined;
}

/** Appends what follows the gradients; a step whose gradient is not finite changes nothing but its record. */
export function recordOptimiser(
  graph: Graph,
  tensors: OptimiserTensors,
  options: Required<FinishOptions>,
): void {
  graph.phase = "optimiser";
  const squares = gradientNorm(graph, tensors);
  const factor = finishStep(graph, { ...tensors, squares }, options);
  locateNotFinite(graph, { ...tensors, factor });
  adamw(graph, { ...tensors, factor });
  advance(graph, tensors);
}
