// Launches shaders/matmul.wgsl: the linear layer and its gradients, one dispatch each.
//
// All three are products C = A · B of matrices that lie where they lie: `Product` says how. Where the
// subgroup's size is known to be 4 or 8 (the software adapters), lanes pass A around; elsewhere
// workgroup memory does.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, type Shape, showShape } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { type Graph, unread, type Workgroups } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { matmul, matmul_forward } from "./generated/matmul.ts";

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

  const { args, kind, workgroups, options } = launchOf(graph, {
    size: { m: rows, n: outputs, k: inputs },
    a: { tensor: x, strides: [inputs, 1] },
    b: { tensor: weight, strides: [1, inputs] },
    c: y,
    addend: bias && { tensor: bias, stride: 0 },
  });
  graph.dispatch([matmul_forward, `forward_${kind}`], args, workgroups, options);
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

  const { args, kind, workgroups, options } = launchOf(graph, {
    size: { m: rows, n: inputs, k: outputs },
    a: { tensor: dy, strides: [outputs, 1] },
    b: { tensor: weight, strides: [inputs, 1] },
    c: target,
    addend: pending && { tensor: pending, stride: inputs },
  });
  graph.dispatch([matmul, `backward_input_${kind}`], args, workgroups, options);
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

  const { args, kind, workgroups, options } = launchOf(graph, {
    size: { m: outputs, n: inputs, k: rows },
    a: { tensor: dy, strides: [1, outputs] },
    b: { tensor: x, strides: [inputs, 1] },
    c: dweight,
    sumsRows: dbias !== undefined,
  });
  const both = { ...args, dbias: dbias ?? graph.alloc([1], "linear.no_dbias") };
  graph.dispatch([matmul, `backward_weight_${kind}`], both, workgroups, options);
}

/** C [m, n] = A [m, k] · B [k, n] + addend. */
interface Product {
  size: { m: number; n: number; k: number };
  /** strides over m and k */
  a: { tensor: Tensor; strides: readonly [number, number] };
  /** strides over k and n */
  b: { tensor: Tensor; strides: readonly [number, number] };
  c: Tensor;
  /** stride over m */
  addend?: { tensor: Tensor; stride: number } | undefined;
  /** of backward_weight: whether the sums of A's rows are asked for */
  sumsRows?: boolean;
}

function launchOf(graph: Graph, { size, a, b, c, addend, sumsRows = false }: Product) {
  const dims = {
    ...size,
    a_m: a.strides[0],
    a_k: a.strides[1],
    b_k: b.strides[0],
    b_n: b.strides[1],
    adds: Number(addend !== undefined),
    addend_m: addend?.stride ?? 0,
    sums_rows: Number(sumsRows),
  };
  // without an addend the binding holds A, unread
  const args = { dims, a: a.tensor, b: b.tensor, addend: addend?.tensor ?? unread(a.tensor), c };
  const { kind, workgroups, constants } = variantFor(graph, size);
  return { args, kind, workgroups, options: { constants, flops: 2 * size.m * size.n * size.k } };
}

interface Choice {
  kind: "tile" | "lanes";
  workgroups: Workgroups;
  constants: Record<string, number>;
}

function variantFor(graph: Graph, { m, n }: Product["size"]): Choice {
  const lanes = graph.targetOf("matmul").subgroupSize;
  if (!SUBGROUPS.includes(lanes)) {
    const groups = (tile: number) => [ceilDiv(n, tile), ceilDiv(m, tile)] as const;
    const [across, down] = groups(TILES[0]!);
    const TILE = across * down >= ENOUGH_TILES ? TILES[0]! : TILES[1]!;
    return { kind: "tile", workgroups: groups(TILE), constants: { TILE } };
  }
  const blocks = m <= 8 ? 2 : 8;
  const workgroups = [ceilDiv(n, COLUMNS_OF_A_LANE * lanes), ceilDiv(m, 4 * blocks)] as const;
  return { kind: "lanes", workgroups, constants: { LANES: lanes, BLOCKS: blocks } };
}

function matrix(operation: string, name: string, shape: Shape): [number, number] {
  if (shape.length === 2) return shape as unknown as [number, number];
  throw new ShapeError(
    "shape/rank",
    `${operation}: ${name} must be a matrix, got ${showShape(shape)}.`,
    "Reshape the tensor to two extents.",
  );
}
