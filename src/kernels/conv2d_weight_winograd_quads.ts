// Records the gradient of a 3×3 convolution at stride 1 by its weights by Winograd's F(3×3, 2×2), for software
// adapters with subgroups of four: parts of the images in shaders/conv2d_weight_winograd_quads.wgsl.
// Nothing is checked here.
import { ceilDiv } from "../core/shape.ts";
import type { Target } from "../device/gpu.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { type Convolution, flopsOf } from "./conv2d_roles.ts";
import { type Cut, cutsOf, isAligned } from "./conv2d_weight_cuts.ts";
import { conv2d_weight_winograd_quads as quads } from "./generated/conv2d_weight_winograd_quads.ts";

const LANES = 4; // of a subgroup
const OUTPUTS = 16; // channels of dy a subgroup, and below of x
const INPUTS = 2 * LANES;

/** The part of the images that is summed at a time. Plain data, see Graph.choose. */
export interface WeightQuadsWay extends Cut {
  family: typeof quads;
}

/** Whether a target has them, for a convolution. On lavapipe, of eight lanes, the direct kernel is faster. */
export const fitsWeightQuads = ({ software, subgroupSize }: Target, c: Convolution): boolean =>
  software === "swiftshader" && subgroupSize === LANES && isAligned(c);

/** With as many parts as keep such a device busy. */
export function weightQuadsWay(c: Convolution): WeightQuadsWay {
  const blocks = ceilDiv(c.O, OUTPUTS) * ceilDiv(c.C, INPUTS);
  const sizes = { images: c.N, rows: ceilDiv(c.outH, 2), columns: c.outW };
  return { family: quads, ...cutsOf(blocks, LANES, sizes)[0] };
}

interface Tensors {
  inputs: { x: Tensor; dy: Tensor };
  partialsOf: (parts: number) => Tensor;
}

/** Appends one dispatch. @returns the partials [parts, O, C, 3, 3] */
export function recordWeightQuads(
  graph: Graph,
  c: Convolution,
  { images_a_part, rows_a_part }: WeightQuadsWay,
  { inputs, partialsOf }: Tensors,
): Tensor {
  const row_parts = ceilDiv(ceilDiv(c.outH, 2), rows_a_part);
  const parts = ceilDiv(c.N, images_a_part) * row_parts;
  const o_blocks = ceilDiv(c.O, OUTPUTS);
  const c_blocks = ceilDiv(c.C, INPUTS);
  const blocks = o_blocks * c_blocks * parts;
  const { N: images, C: in_channels, O: out_channels, H: x_rows, W: columns, outH: rows } = c;
  const dims = {
    ...{ images, in_channels, out_channels, rows, x_rows, columns, top: c.padding.top },
    ...{ o_blocks, c_blocks, blocks },
    ...{ images_a_part, rows_a_part, row_parts },
  };
  const partials = partialsOf(parts);
  const flops = flopsOf(c);
  const workgroups = foldWorkgroups(blocks, 1);
  graph.dispatch([quads, "quads"], { dims, ...inputs, x8: inputs.x, partials }, workgroups, {
    flops,
  });
  return partials;
}

/** Every pipeline that can be asked for. */
export const weightQuadsVariants = (): Variant[] => [
  { family: quads, entry: "quads", constants: {} },
];
