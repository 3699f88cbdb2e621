// Launches shaders/matmul.wgsl: the linear layer and its gradients, one dispatch each.
//
// All three are products C = A · B of matrices that lie where they lie: `Product` says how. Where the
// subgroup's size is known to be 4 or 8 (the software adapters), lanes may pass A around; workgroup
// memory does it everywhere.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, type Shape, showShape } from "../core/shape.ts";
import type { ShaderFamily, Variant } from "../device/shader.ts";
import {
  type DispatchOptions,
  fitsWorkgroups,
  type Graph,
  unread,
  type Workgroups,
} from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { matmul, matmul_forward } from "./generated/matmul.ts";
import { chooseWithOffered, type OfferedKernels, type Product } from "./offered.ts";

const TILES = [64, 32]; // rows and columns of a workgroup
const ENOUGH_TILES = 64; // of the larger ones: fewer leave a device idle
const COLUMNS_OF_A_LANE = 8;
const SUBGROUPS = [4, 8];
const BLOCKS = [2, 8];

/** Every pipeline that a launcher can ask for. */
export const matmulVariants = (): Variant[] => [
  ...(["forward_tile", "backward_input_tile", "backward_weight_tile"] as const).flatMap((entry) =>
    TILES.map((TILE) => ({ family: matmul, entry, constants: { TILE } })),
  ),
  ...(["forward_lanes", "backward_input_lanes", "backward_weight_lanes"] as const).flatMap(
    (entry) =>
      SUBGROUPS.flatMap((lanes) =>
        BLOCKS.map((blocks) => ({
          family: matmul,
          entry,
          constants: { LANES: lanes, BLOCKS: blocks },
        })),
      ),
  ),
];

export interface LinearInputs {
  /** [rows, in] */
  x: Tensor;
  /** [out, in] */
  weight: Tensor;
  /** [out] */
  bias?: Tensor | undefined;
}

/**
 * y[r, o] = bias[o] + Σ_i x[r, i] · weight[o, i].
 *
 * @returns y [rows, out]
 * @throws ShapeError unless x is [rows, in], weight [out, in] and bias [out]
 */
export function linear(graph: Graph, { x, weight, bias }: LinearInputs): Tensor {
  const [rows, inputs] = matrix("linear", "x", x.shape);
  const [outputs] = matrix("linear", "weight", weight.shape);
  requireShape("linear", "weight", weight.shape, [outputs, inputs]);
  if (bias) requireShape("linear", "bias", bias.shape, [outputs]);

  const y = graph.alloc([rows, outputs], "linear.y");

  const product: Product = {
    size: { m: rows, n: outputs, k: inputs },
    a: { tensor: x, strides: [inputs, 1] },
    b: { tensor: weight, strides: [1, inputs] },
    c: y,
    addend: bias && { tensor: bias, stride: 0 },
  };
  choose(graph, [matmul_forward, "forward"], product, ({ args, kind, workgroups, options }) => {
    graph.dispatch([matmul_forward, `forward_${kind}`], args, workgroups, options);
  });
  return y;
}

/**
 * dx[r, i] = pending[r, i] + Σ_o dy[r, o] · weight[o, i], written to `target`.
 *
 * @throws ShapeError unless dy is [rows, out], weight [out, in], pending and target [rows, in]
 */
export function linearBackwardInput(
  graph: Graph,
  { dy, weight, pending }: { dy: Tensor; weight: Tensor; pending?: Tensor | undefined },
  target: Tensor,
): void {
  const [rows, outputs] = matrix("linear backward", "dy", dy.shape);
  const [, inputs] = matrix("linear backward", "weight", weight.shape);
  requireShape("linear backward", "weight", weight.shape, [outputs, inputs]);
  requireShape("linear backward", "dx", target.shape, [rows, inputs]);
  if (pending) requireShape("linear backward", "pending", pending.shape, [rows, inputs]);

  const product: Product = {
    size: { m: rows, n: inputs, k: outputs },
    a: { tensor: dy, strides: [outputs, 1] },
    b: { tensor: weight, strides: [inputs, 1] },
    c: target,
    addend: pending && { tensor: pending, stride: inputs },
  };
  choose(graph, [matmul, "backward_input"], product, ({ args, kind, workgroups, options }) => {
    graph.dispatch([matmul, `backward_input_${kind}`], args, workgroups, options);
  });
}

/**
 * dweight[o, i] = Σ_r dy[r, o] · x[r, i] and dbias[o] = Σ_r dy[r, o], written to the targets.
 *
 * @throws ShapeError unless x is [rows, in], dy [rows, out], dweight [out, in] and dbias [out]
 */
export function linearBackwardWeight(
  graph: Graph,
  { x, dy }: { x: Tensor; dy: Tensor },
  { dweight, dbias }: { dweight: Tensor; dbias?: Tensor | undefined },
): void {
  const [rows, inputs] = matrix("linear backward", "x", x.shape);
  const [, outputs] = matrix("linear backward", "dy", dy.shape);
  requireShape("linear backward", "dy", dy.shape, [rows, outputs]);
  requireShape("linear backward", "dweight", dweight.shape, [outputs, inputs]);
  if (dbias) requireShape("linear backward", "dbias", dbias.shape, [outputs]);

  const product: Product = {
    size: { m: outputs, n: inputs, k: rows },
    a: { tensor: dy, strides: [1, outputs] },
    b: { tensor: x, strides: [inputs, 1] },
    c: dweight,
    sums: dbias,
  };
  const sums = dbias ?? graph.alloc([1], "linear.no_dbias");
  choose(graph, [matmul, "backward_weight"], product, ({ args, kind, workgroups, options }) => {
    const both = { ...args, dbias: sums };
    graph.dispatch([matmul, `backward_weight_${kind}`], both, workgroups, options);
  });
}

interface How {
  args: ReturnType<typeof argsOf>;
  kind: "tile" | "lanes";
  workgroups: Workgroups;
  options: DispatchOptions;
}

function choose(
  graph: Graph,
  [family, direction]: [ShaderFamily, string],
  product: Product,
  record: (how: How) => void,
): void {
  const { size, addend, sums } = product;
  const added = [...(addend ? ["addend"] : []), ...(sums ? ["sums"] : [])];
  const matrices = `[${[size.m, size.k]}] by [${[size.k, size.n]}]`;
  const work = [`${direction} ${matrices}`, ...added].join(" + ");
  const [args, flops] = [argsOf(product), 2 * size.m * size.n * size.k];
  const own = waysOf(graph, size).map((way) => ({ family, ...way }));
  const ask = (offered: OfferedKernels) => offered.linear(product);
  chooseWithOffered(graph, ["matmul", work], own, ask, ({ kind, constants }) => {
    const workgroups = workgroupsOf({ kind, constants }, size);
    record({ args, kind, workgroups, options: { constants, flops } });
  });
}

function argsOf({ size, a, b, c, addend, sums }: Product) {
  const dims = {
    ...size,
    a_m: a.strides[0],
    a_k: a.strides[1],
    b_k: b.strides[0],
    b_n: b.strides[1],
    adds: Number(addend !== undefined),
    addend_m: addend?.stride ?? 0,
    sums_rows: Number(sums !== undefined),
  };
  // without an addend the binding holds A, unread
  return { dims, a: a.tensor, b: b.tensor, addend: addend?.tensor ?? unread(a.tensor), c };
}

interface Way {
  kind: "tile" | "lanes";
  constants: { TILE: number } | { LANES: number; BLOCKS: number };
}

/** Ranked by what they should cost; each but the first fits the limit on workgroups. */
function waysOf(graph: Graph, size: Product["size"]): readonly Way[] {
  const { m, n } = size;
  const lanes = graph.targetOf("matmul").subgroupSize;
  const large = ceilDiv(n, TILES[0]!) * ceilDiv(m, TILES[0]!) >= ENOUGH_TILES;
  const tiles = (large ? TILES : TILES.toReversed()).map((TILE): Way => {
    return { kind: "tile", constants: { TILE } };
  });
  const blocks = SUBGROUPS.includes(lanes) ? (m <= 8 ? BLOCKS : BLOCKS.toReversed()) : [];
  const shared = blocks.map((BLOCKS): Way => {
    return { kind: "lanes", constants: { LANES: lanes, BLOCKS } };
  });
  return [...shared, ...tiles].filter(
    (way, i) => i === 0 || fitsWorkgroups(workgroupsOf(way, size)),
  );
}

function workgroupsOf({ constants }: Way, { m, n }: Product["size"]): Workgroups {
  if ("TILE" in constants) return [ceilDiv(n, constants.TILE), ceilDiv(m, constants.TILE)];
  const { LANES, BLOCKS } = constants;
  return [ceilDiv(n, COLUMNS_OF_A_LANE * LANES), ceilDiv(m, 4 * BLOCKS)];
}

function matrix(operation: string, name: string, shape: Shape): [number, number] {
  if (shape.length === 2) return shape as unknown as [number, number];
  throw new ShapeError(
    "shape/rank",
    `${operation}: ${name} must be a matrix, got ${showShape(shape)}.`,
    "Reshape the tensor to two extents.",
  );
}
