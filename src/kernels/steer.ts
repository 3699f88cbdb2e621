// Launches shaders/steer.wgsl: the gradient of a user's loss of x̂_0, and the step down it.
//
// A user's WGSL takes the place of the shader's function `gradient`; nothing else of it changes.
import { OptionError } from "../core/errors.ts";
import { requireShape, shape4, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { readingOf, withText } from "../device/shader_reading.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { steer } from "./generated/steer.ts";

const WORKGROUP = 64; // lanes; WG in the shader
const DECLARATION = /fn\s+gradient\s*\(/;

export const steerVariants = (): Variant[] => plainVariants(steer);

export type SteerFamily = typeof steer;

const families = new Map<string, SteerFamily>();

/**
 * The family with a user's `gradient` in place of its own.
 *
 * @param wgsl  declares `fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32`, ∂L/∂x̂_0[n, c, i, j];
 *              may call x0(n, c, i, j) and goal_at(n, c, i, j), read dims.images, .channels, .height
 *              and .width, and declare functions of its own
 * @throws OptionError where it does not declare `gradient`
 */
export function steerFamily(wgsl: string): SteerFamily {
  const known = families.get(wgsl);
  if (known) return known;
  if (!DECLARATION.test(wgsl)) {
    throw new OptionError(
      "option/steer",
      "steer: the WGSL must declare fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32.",
      "It gives the loss's derivative by x̂_0[n, c, i, j]; x0(n, c, i, j) gives any x̂_0.",
    );
  }
  const family = withText(steer, {
    name: `steer_${families.size}`, // pipelines are known by name
    hash: steer.hash,
    text: readingOf(steer).chunks.map((chunk) => (DECLARATION.test(chunk) ? `\n${wgsl}\n` : chunk)),
  });
  families.set(wgsl, family);
  return family;
}

export interface ChainTensors {
  /** u32 [8], see `STATE`: says the row */
  state: Tensor;
  /** of `packRows` */
  rows: Tensor;
  /** x, before the step: [N, C, H, W], with guidance [2N, C, H, W] */
  sample: Tensor;
  /** what the network gave for it */
  output: Tensor;
  /** [N, C, H, W]: what the loss compares with */
  goal: Tensor;
}

/** ∂L/∂x̂_0, as far as x̂_0 is made of x itself, and of the output. */
export interface Chained {
  direct: Tensor;
  doutput: Tensor;
}

/**
 * The gradient of L(x̂_0) by x without the network, and by the network's output.
 *
 * @param family  of `steerFamily`
 * @returns       direct [N, C, H, W]; doutput, of output's shape
 * @throws ShapeError unless the tensors fit
 */
export function steerChain(
  graph: Graph,
  { state, rows, sample, output, goal }: ChainTensors,
  family: SteerFamily = steer,
): Chained {
  const shape = shape4("steerChain", goal.shape);
  const [N, C, H, W] = shape;
  const B = sample.shape[0] === 2 * N ? 2 * N : N;
  const isLearned = output.shape[1] === 2 * C;
  requireShape("steerChain", "sample", sample.shape, [B, C, H, W]);
  requireShape("steerChain", "output", output.shape, [B, isLearned ? 2 * C : C, H, W]);

  const direct = graph.alloc(shape, "steer.direct");
  const doutput = graph.alloc(output.shape, "steer.doutput");
  const dims = { ...dimsOf(shape, B), stride: sizeOf(output.shape) / B };
  const unconditional = B > N ? N * dims.stride : 0;
  const args = { state, rows, sample, output, goal, direct, doutput };
  const all = { ...args, dims: { ...dims, unconditional, strength: 0 } };
  graph.dispatch([family, "chain"], all, foldWorkgroups(sizeOf(shape), WORKGROUP));
  return { direct, doutput };
}

/**
 * x ← x − strength · (direct + dsample), in place.
 *
 * @param dsample  of x's shape: `doutput` taken back through the network
 * @throws ShapeError unless the tensors fit
 */
export function steerDescend(
  graph: Graph,
  { direct, dsample, x }: { direct: Tensor; dsample: Tensor; x: Tensor },
  { strength }: { strength: number },
): void {
  const shape = shape4("steerDescend", direct.shape);
  const B = x.shape[0] === 2 * shape[0] ? 2 * shape[0] : shape[0];
  requireShape("steerDescend", "x", x.shape, [B, ...shape.slice(1)]);
  requireShape("steerDescend", "dsample", dsample.shape, x.shape);
  const dims = { ...dimsOf(shape, B), stride: 0, unconditional: 0, strength };
  const args = { dims, direct_part: direct, dsample, xt: x };
  graph.dispatch([steer, "descend"], args, foldWorkgroups(sizeOf(shape), WORKGROUP));
}

function dimsOf([N, C, H, W]: readonly [number, number, number, number], B: number) {
  const copies = B > N ? sizeOf([N, C, H, W]) : 0;
  return { images: N, channels: C, height: H, width: W, copies };
}
