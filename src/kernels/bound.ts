// Launches shaders/bound.wgsl: noise of given places, and the bound's terms of rows.
//
// A row is one image at one timestep. Which coefficients a timestep has is not known here: that is
// src/diffusion/bound.ts.
import { requireShape, shape4, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { quadWorkgroups, STATE_SHAPE } from "./diffusion.ts";
import { bound } from "./generated/bound.ts";

/** Philox streams of this folder, beside `STREAMS` of src/kernels/diffusion.ts. */
export const BOUND_STREAMS = { noise: 10, trajectory: 11 } as const;

/** Fields of `Row` in bound.wgsl, in its order. */
export const BOUND_ROW_FIELDS = [
  "fromOutput",
  "fromNoise",
  "fromX0",
  "clip",
  "shift",
  "slope",
  "scale",
  "discrete",
] as const;

/** What the kernel needs of a timestep: `BoundRow` of src/diffusion/bound.ts is one. */
export type BoundNumbers = Readonly<Record<(typeof BOUND_ROW_FIELDS)[number], number>>;

/** Columns of the results: see `boundTerms`. */
export const BOUND_RESULTS = { prior: 0, term: 1, squaredError: 2 } as const;

const LARGEST = 3.4028234663852886e38; // of float32: WGSL may assume that nothing is infinite

/** Rows as the kernel's table, f32 [N, 8]. A clip of Infinity clips nothing. */
export function packBoundRows(rows: readonly BoundNumbers[]): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    rows.flatMap((row) => BOUND_ROW_FIELDS.map((field) => Math.min(row[field], LARGEST))),
  );
}

/** Lanes that share an image: fewer on software adapters, whose barriers cost by the lane. */
const HARDWARE = { ROWS: 16, LANES: 256 };
const SOFTWARE = { ROWS: 8, LANES: 64 };

export const boundVariants = (): Variant[] => [
  { family: bound, entry: "row_normals", constants: {} },
  ...[HARDWARE, SOFTWARE].map((constants) => ({ family: bound, entry: "terms", constants })),
];

/**
 * N(0, I) for rows of (image, timestep): number image · size + i of the stream at step `timestep`,
 * as `philoxNormals` gives it. The same noise whatever rows are together.
 *
 * @param state   u32 [8], see `STATE`: only its seed is read
 * @param places  u32 [N, 2] of (image, timestep)
 * @param shape   [N, C, H, W]
 * @param stream  default `BOUND_STREAMS.noise`
 * @throws ShapeError unless the tensors fit the shape
 */
export function rowNormals(
  graph: Graph,
  { state, places }: { state: Tensor; places: Tensor },
  { shape, stream = BOUND_STREAMS.noise }: { shape: readonly number[]; stream?: number },
): Tensor {
  const [N, C, H, W] = shape4("rowNormals", shape);
  const size = C * H * W;
  requireShape("rowNormals", "state", state.shape, STATE_SHAPE);
  requireShape("rowNormals", "places", places.shape, [N, 2]);

  const sampled = graph.alloc(shape, "bound.noise");
  const args = { draw: { size, stream }, state, places, sampled };
  graph.dispatch([bound, "row_normals"], args, quadWorkgroups(N, size), { flops: 25 * N * size });
  return sampled;
}

export interface BoundTensors {
  /** [N, C, H, W] */
  x0: Tensor;
  /** ε of x_t, [N, C, H, W] */
  noise: Tensor;
  /** what the network gave for x_t: [N, C, H, W], or [N, 2C, H, W] */
  output: Tensor;
  /** f32 [N, 8], see `packBoundRows` */
  rows: Tensor;
}

/**
 * Terms of the variational bound, one image and timestep a row.
 *
 * @param alphaBarT  ᾱ_T of the last timestep, in [0, 1)
 * @returns  f32 [N, 3] of (L_T of the image, the row's term: both in bits/dim; mean (x_0 − x̂_0)²)
 * @throws ShapeError unless the tensors fit x0
 * @see DDPM (arXiv:2006.11239) eq. 5, 7, 13
 */
export function boundTerms(
  graph: Graph,
  { x0, noise, output, rows }: BoundTensors,
  { alphaBarT }: { alphaBarT: number },
): Tensor {
  const [N, C, H, W] = shape4("boundTerms", x0.shape);
  const size = C * H * W;
  const channels = output.shape[1] === 2 * C ? 2 * C : C;
  requireShape("boundTerms", "noise", noise.shape, x0.shape);
  requireShape("boundTerms", "output", output.shape, [N, channels, H, W]);
  requireShape("boundTerms", "rows", rows.shape, [N, BOUND_ROW_FIELDS.length]);

  const results = graph.alloc([N, Object.keys(BOUND_RESULTS).length], "bound.results");
  const image = {
    size,
    stride: sizeOf(output.shape) / N,
    bits: 1 / (size * Math.LN2),
    prior_square: alphaBarT,
    prior_constant: -alphaBarT - Math.log1p(-alphaBarT),
  };
  const constants = graph.targetOf("bound").software ? SOFTWARE : HARDWARE;
  const args = { image, rows, x0, noise, output, results };
  graph.dispatch([bound, "terms"], args, [N], { constants, flops: 60 * N * size });
  return results;
}
