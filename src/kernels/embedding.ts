// Launches shaders/embedding.wgsl: checks shapes, allocates the output, records the dispatch.
//
// Indices are not checked here, they are on the GPU: one beyond the table reads some row of it, or 0.
import { ShapeError } from "../core/errors.ts";
import { requireShape, showShape, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { embedding_forward, embedding as family } from "./generated/embedding.ts";

const WORKGROUP = 64;

/** Every pipeline a launcher here can ask for. */
export const embeddingVariants = (): Variant[] => plainVariants(family);

/**
 * y[n, c] = table[indices[n], c].
 *
 * @param table    [rows, C]
 * @param indices  u32 [N], each below rows
 * @returns        [N, C]
 * @throws ShapeError for tensors of another rank, or indices that are not u32
 */
export function embedding(
  graph: Graph,
  { table, indices }: { table: Tensor; indices: Tensor },
): Tensor {
  requireTable("embedding", table, indices);
  const [N, C] = [indices.shape[0]!, table.shape[1]!];
  const y = graph.alloc([N, C], "embedding.y");
  const count = sizeOf(y.shape);
  const dims = { count, batch: N, channels: C };
  const workgroups = foldWorkgroups(count, WORKGROUP);
  graph.dispatch([embedding_forward, "forward"], { dims, table, indices, y }, workgroups);
  return y;
}

/**
 * dtable[r, c] = Σ dy[n, c] over the n whose index is r, 0 where there is none.
 *
 * @param dy       [N, C]
 * @param indices  u32 [N]
 * @param target   dtable [rows, C]
 * @throws ShapeError unless the shapes fit
 */
export function embeddingBackward(
  graph: Graph,
  { dy, indices }: { dy: Tensor; indices: Tensor },
  target: Tensor,
): void {
  requireTable("embeddingBackward", target, indices);
  const [N, C] = [indices.shape[0]!, target.shape[1]!];
  requireShape("embeddingBackward", "dy", dy.shape, [N, C]);
  const count = sizeOf(target.shape);
  const dims = { count, batch: N, channels: C };
  const args = { dims, indices, dy, dtable: target };
  graph.dispatch([family, "backward"], args, foldWorkgroups(count, WORKGROUP), {
    flops: sizeOf(dy.shape),
  });
}

function requireTable(operation: string, table: Tensor, indices: Tensor): void {
  const isList = indices.shape.length === 1 && indices.dtype === "u32";
  if (table.shape.length === 2 && isList) return;
  throw new ShapeError(
    "shape/rank",
    `${operation}: needs a table [rows, C] and u32 indices [N], got table ${showShape(table.shape)} ` +
      `and ${indices.dtype} indices ${showShape(indices.shape)}.`,
    "Make the indices a tensor of one extent and dtype u32.",
  );
}
