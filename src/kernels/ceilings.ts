// Launches shaders/ceilings.wgsl: what measures a device, and is no part of any network.
import { ShapeError } from "../core/errors.ts";
import { requireShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { ceilings } from "./generated/ceilings.ts";

const WORKGROUP = 64; // lanes; WG in the shader
const CHAINS = 12; // of scalars; as many numbers are in the vectors
const UNROLLED = 4; // multiply-adds of a chain in one round
const VECTORS_A_LANE = 4; // of copy

/** a and b of the chains: they go to 1, by a factor of a each time. */
export const CHAIN = { a: 0.75, b: 0.25 } as const;

export const CHAIN_FORMS = ["scalars", "vectors"] as const;
export type ChainForm = (typeof CHAIN_FORMS)[number];

/** float32 or, where the device has it, float16. */
export type ChainType = "f32" | "f16";

/** Lanes of a workgroup of `share`: its x holds a vector for each. */
export const SHARE_LANES = WORKGROUP;

const ENTRIES = { scalars: "multiply_scalars", vectors: "multiply_vectors" } as const;

/** float32 leaves the alias as it is, so that no constant tells it from the file's own. */
const constantsOf = (type: ChainType) => (type === "f16" ? ({ elem: "f16" } as const) : {});

export const ceilingsVariants = (): Variant[] => [
  ...(["f32", "f16"] as const).flatMap((type) =>
    CHAIN_FORMS.map((form): Variant => {
      return { family: ceilings, entry: ENTRIES[form], constants: constantsOf(type) };
    }),
  ),
  ...["copy", "share", "nothing"].map((entry) => ({ family: ceilings, entry, constants: {} })),
];

/**
 * y = Σ_c x_c of twelve chains x ← a x + b, each 4 · rounds multiply-adds long.
 *
 * @param lanes  as many values of y
 * @returns      [lanes], float32 also of float16's chains
 */
export function multiplyAdds(
  graph: Graph,
  { lanes, rounds }: { lanes: number; rounds: number },
  { form = "scalars", type = "f32" }: { form?: ChainForm; type?: ChainType } = {},
): Tensor {
  const y = graph.alloc([lanes], "ceilings.y");
  const args = { dims: { rounds, count: lanes, stride: 0, ...CHAIN }, y };
  const flops = 2 * CHAINS * UNROLLED * rounds * lanes;
  const options = { constants: constantsOf(type), flops };
  const workgroups = foldWorkgroups(lanes, WORKGROUP);
  if (form === "scalars") graph.dispatch([ceilings, "multiply_scalars"], args, workgroups, options);
  else graph.dispatch([ceilings, "multiply_vectors"], args, workgroups, options);
  return y;
}

/**
 * y = x, in vectors of four.
 *
 * @throws ShapeError unless four divides the elements of x
 */
export function copyVectors(graph: Graph, { x }: { x: Tensor }): Tensor {
  const size = sizeOf(x.shape);
  if (size % 4 !== 0) {
    throw new ShapeError(
      "shape/flat",
      `copyVectors: 4 must divide the elements of x, got ${size}.`,
      "Vectors of four are moved.",
    );
  }
  const copied = graph.alloc(x.shape, "ceilings.copied");
  const stride = Math.ceil(size / 4 / VECTORS_A_LANE);
  const args = { dims: { rounds: 0, count: size / 4, stride, ...CHAIN }, x, copied };
  graph.dispatch([ceilings, "copy"], args, foldWorkgroups(stride, WORKGROUP));
  return copied;
}

/**
 * y_lane = Σ_k s[(lane + k) mod 64], k < rounds: reads of workgroup memory, 16 bytes each.
 *
 * @param x  [64, 4]: what each workgroup holds
 * @returns  [lanes]
 * @throws ShapeError for another x
 */
export function shareVectors(
  graph: Graph,
  { x }: { x: Tensor },
  { lanes, rounds }: { lanes: number; rounds: number },
): Tensor {
  requireShape("shareVectors", "x", x.shape, [SHARE_LANES, 4]);
  const y = graph.alloc([lanes], "ceilings.y");
  const args = { dims: { rounds, count: lanes, stride: 0, ...CHAIN }, x, y };
  const options = { flops: 4 * rounds * lanes };
  graph.dispatch([ceilings, "share"], args, foldWorkgroups(lanes, WORKGROUP), options);
  return y;
}

/** One word is written: a dispatch and nothing else. @returns [1], of 1 */
export function nothing(graph: Graph): Tensor {
  const y = graph.alloc([1], "ceilings.y");
  graph.dispatch([ceilings, "nothing"], { y }, [1]);
  return y;
}
