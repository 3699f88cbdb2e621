// Records a convolution's gradient by its weights and bias: sums over parts of the images, on GPUs by
// workgroups' tiles (conv2d_weight_tile_record.ts) or Winograd's products (conv2d_weight_winograd.ts), else
// by runs of pixels (conv2d_weight_run_record.ts), then shaders/conv2d_weight_sums.wgsl. Nothing is checked
// here.
import { ceilDiv, sizeOf } from "../core/shape.ts";
import type { Constants, Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph, unread } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Columns } from "./columns.ts";
import { type Convolution, rowColumns, worded } from "./conv2d_roles.ts";
import {
  conv2dWeightRunVariants,
  type RunWay,
  recordRuns,
  runWays,
  SUBGROUPS,
} from "./conv2d_weight_run_record.ts";
import {
  conv2dWeightTileVariants,
  recordOnWeightTiles,
  type TileWay,
  weightTileWays,
} from "./conv2d_weight_tile_record.ts";
import {
  isFirstWeightWinograd,
  isWeightWinograd,
  onWeightWinograd,
  recordWeightWinograd,
  type WeightWinogradWay,
} from "./conv2d_weight_winograd.ts";
import { conv2d_weight_sums as sums } from "./generated/conv2d_weight_sums.ts";

const WORKGROUP = 64;
const RUN = 8; // weights that a lane of `finish` takes at a time

export interface WeightGradients {
  /** [O, C, K, K] */
  dweight: Tensor;
  /** [O] */
  dbias?: Tensor | undefined;
  /** O columns of [N, all] */
  drows?: Columns | undefined;
}

interface Inputs {
  x: Tensor;
  dy: Tensor;
}

type Way = TileWay | RunWay | WeightWinogradWay;

/** Appends the dispatches of the way that is chosen. */
export function recordWeightGradient(
  graph: Graph,
  c: Convolution,
  inputs: Inputs,
  gradients: WeightGradients,
): void {
  graph.choose("conv2d_weight", workOf(c, inputs, gradients), waysOf(graph, c), (way) => {
    recordWeightWay(graph, c, { inputs, way }, gradients);
  });
}

/** Appends two dispatches; one where there is a single part, no bias and no rows. */
export function recordWeightWay(
  graph: Graph,
  c: Convolution,
  { inputs, way }: { inputs: Inputs; way: Way },
  gradients: WeightGradients,
): void {
  const { dweight, dbias, drows } = gradients;
  const partialsOf = (parts: number) =>
    parts === 1 ? dweight : graph.alloc([parts, ...dweight.shape], "conv2d_weight.partials");
  const partials = recordPartials(graph, c, way, { inputs, partialsOf });
  if (partials !== dweight) recordFinish(graph, c, { partials, dy: inputs.dy }, gradients);
  else if (dbias || drows) recordFinish(graph, c, { dy: inputs.dy }, gradients);
}

function recordPartials(
  graph: Graph,
  c: Convolution,
  way: Way,
  tensors: { inputs: Inputs; partialsOf: (parts: number) => Tensor },
): Tensor {
  if (isWeightWinograd(way)) return recordWeightWinograd(graph, c, { ...tensors, way });
  if ("turns_a_part" in way) return recordOnWeightTiles(graph, c, { ...tensors, way });
  return recordRuns(graph, c, { ...tensors, way });
}

/** Ranked by what they should cost: workgroups' tiles before runs, Winograd's products first or second. */
function waysOf(graph: Graph, c: Convolution): Way[] {
  const tiles = graph.targetOf("conv2d_weight").tiles ? weightTileWays(c) : [];
  const direct = [...tiles, ...runWays(c, sharingLanes(graph))];
  const target = graph.targetOf("conv2d_weight_winograd");
  const at = isFirstWeightWinograd(target, c) ? 0 : 1;
  return [...direct.slice(0, at), ...onWeightWinograd(target, c), ...direct.slice(at)];
}

/** What is computed, as a tuning's choices name it. */
function workOf(c: Convolution, { x }: Inputs, { dbias, drows }: WeightGradients): string {
  return `${worded(c, x.dtype)}${dbias ? " + bias" : ""}${drows ? " + rows" : ""}`;
}

/** dweight = Σ of the partials, if there are any; sums of dy, if they are wanted. */
function recordFinish(
  graph: Graph,
  c: Convolution,
  { partials, dy }: { partials?: Tensor; dy: Tensor },
  { dweight, dbias, drows }: WeightGradients,
): void {
  const parts = partials?.shape[0] ?? 0;
  const weights = partials ? sizeOf(dweight.shape) : 0;
  const biases = dbias || drows ? c.O : 0;
  const pixels = c.outH * c.outW;
  const weight_groups = ceilDiv(weights, WORKGROUP * RUN);
  const lanes = sharingLanes(graph);
  const bias_groups = lanes ? ceilDiv(biases * lanes, WORKGROUP) : biases;
  const sizes = {
    ...{ parts, weights, weight_groups, biases, images: c.N, pixels },
    ...rowColumns(drows),
  };
  const unwanted = () => graph.alloc([c.O], "conv2d_weight.unwanted");
  const targets = { dweight, dbias: dbias ?? unwanted(), drows: drows?.of ?? unwanted() };
  graph.dispatch(
    [sums, lanes ? "finish_lanes" : "finish"],
    { sizes, parts: partials ?? unread(dy), dy, ...targets },
    foldWorkgroups(weight_groups + bias_groups, 1),
    { constants: lanes ? { LANES: lanes } : {}, flops: parts * weights + c.N * biases * pixels },
  );
}

/** Lanes of a subgroup that share loads, or 0. */
function sharingLanes(graph: Graph): number {
  const { subgroupSize } = graph.targetOf("conv2d_weight");
  return SUBGROUPS.includes(subgroupSize) ? subgroupSize : 0;
}

/** Every pipeline that can be asked for. */
export const conv2dWeightVariants = (): Variant[] => [
  ...conv2dWeightTileVariants(),
  ...conv2dWeightRunVariants(),
  variant("finish", {}),
  ...SUBGROUPS.map((LANES) => variant("finish_lanes", { LANES })),
];

function variant(entry: string, constants: Constants): Variant {
  return { family: sums, entry, constants };
}
