// What would fit, where a training step does not: tried on plans, on which nothing is allocated.
import type { Gpu } from "../device/gpu.ts";
import { fits, type Misfit } from "../graph/fits.ts";
import type { Dispatch, Graph } from "../graph/graph.ts";
import { withinActivationLimit } from "../graph/recompute.ts";

/** Parts of what activations take that are tried as a limit. */
const PARTS = [0.9, 0.75, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1];

export interface Fitting {
  gpu: Gpu;
  /** the step that does not fit */
  graph: Graph;
  /** bytes of its activations */
  peakBytes: number;
  batch: number;
  /** the same step with another batch; undefined where the batches are given */
  rerecord: ((batch: number) => Graph) | undefined;
}

/** The cure: the largest batch that fits of those that halve it, and the recomputation that fits. */
export function trainingCure(fitting: Fitting, misfit: Misfit): string {
  const batch = fittingBatch(fitting);
  const limit = fittingLimit(fitting);
  const cures = [
    ...(batch
      ? [`lower the batch from ${fitting.batch} to ${batch} (accumulate keeps the step)`]
      : []),
    ...(limit ? [`set activationLimit to ${limit}, which computes activations twice`] : []),
  ];
  if (cures.length === 0) return `Lower the image size or the channels: ${atBest(misfit)}.`;
  const text = cures.join(", or ");
  return `${text[0]?.toUpperCase()}${text.slice(1)}: that fits.`;
}

const atBest = ({ allowed, needed }: Misfit): string =>
  `a batch of 1 does not fit either, and ${((100 * allowed) / needed).toFixed(0)} % of what is needed is allowed`;

function fittingBatch({ gpu, batch, rerecord }: Fitting): number | undefined {
  for (let half = Math.floor(batch / 2); rerecord && half >= 1; half = Math.floor(half / 2)) {
    if (fits(gpu, rerecord(half).dispatches)) return half;
  }
  return undefined;
}

function fittingLimit({ gpu, graph, peakBytes }: Fitting): number | undefined {
  for (const part of PARTS) {
    const limit = Math.floor((part * peakBytes) / 2 ** 16) * 2 ** 16;
    const dispatches = within(graph, limit);
    if (!dispatches) return undefined;
    if (fits(gpu, dispatches)) return limit;
  }
  return undefined;
}

/** Undefined where no recomputation meets the limit. */
function within(graph: Graph, limit: number): readonly Dispatch[] | undefined {
  try {
    return withinActivationLimit(graph.dispatches, limit);
  } catch {
    return undefined;
  }
}
