// Records a 3×3 convolution at stride 1, or its gradient by the images, by Winograd's F(2×2, 3×3):
// shaders/conv2d_winograd.wgsl. Taps and patches are transformed by a dispatch each, on every run, a third
// multiplies them and a fourth transforms back.
//
// It trades multiplications for loads and memory, so that it is offered to GPUs beside the direct kernels
// where there are many channels, and a tuning finds where it is faster: who makes choices or takes them up
// gives it to `Gpu.winograd`, and no other page carries it. Nothing is checked here.
import { ceilDiv, roundUp, sizeOf } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import {
  argsOf,
  type Convolution,
  type ConvolutionTensors,
  type Direction,
  flopsOf,
  placeOf,
  rolesOf,
} from "./conv2d_roles.ts";
import { conv2d_winograd as winograd } from "./generated/conv2d_winograd.ts";
import type { OfferedKernels } from "./offered.ts";

const PLACES = 16; // of a transformed patch
const LANES = 64; // of the transforms
const FEWEST_CHANNELS = 128;
/** Of the transformed patches, or products: WebGPU's smallest limit of a binding. */
const MOST_BYTES = 128 * 2 ** 20;
const TILE = { tiles: 128, depth: 8, channels: 64 }; // of a workgroup

/** For `Gpu.winograd`. */
export const winogradKernels: OfferedKernels = {
  described: "Winograd's products",
  linear: () => [],
  convolution: (direction, c, tensors) => {
    const record = (graph: Graph) => recordWinograd(graph, direction, c, tensors);
    return mayPay(direction, c) ? [{ family: winograd, constants: {}, record }] : [];
  },
};

function mayPay(direction: Direction, c: Convolution): boolean {
  const { reads, writes } = rolesOf(direction, c);
  const isIts = c.K === 3 && c.stride === 1 && !c.upsample;
  if (!isIts || Math.min(reads, writes) < FEWEST_CHANNELS) return false;
  const { taps, patches, products } = shapesOf(dimsOf(direction, c));
  return [taps, patches, products].every((shape) => 4 * sizeOf(shape) <= MOST_BYTES);
}

/** Appends the four dispatches. */
export function recordWinograd(
  graph: Graph,
  direction: Direction,
  c: Convolution,
  tensors: ConvolutionTensors,
): void {
  const dims = dimsOf(direction, c);
  const { source, weight, ...written } = argsOf(dims, tensors);
  const shapes = shapesOf(dims);
  const taps = graph.alloc(shapes.taps, "conv2d.taps");
  const patches = graph.alloc(shapes.patches, "conv2d.patches");
  const { padded_reads, padded_writes, padded_tiles, writes } = dims;
  // the source before the weight, as the direct kernels read them: a tuning fills them in that order
  graph.dispatch([winograd, "transform_source"], { dims: written.dims, source, patches }, [
    ...foldWorkgroups(padded_tiles, LANES),
    padded_reads,
  ]);
  graph.dispatch(
    [winograd, "transform_weight"],
    { dims: written.dims, weight, taps },
    foldWorkgroups(padded_reads * padded_writes, LANES),
  );
  const read = { all_taps: taps, all_patches: patches };
  const products = graph.alloc(shapes.products, "conv2d.products");
  const workgroups = [padded_tiles / TILE.tiles, PLACES, padded_writes / TILE.channels] as const;
  graph.dispatch([winograd, "tile"], { ...read, dims: written.dims, products }, workgroups, {
    flops: flopsOf(c),
  });
  graph.dispatch([winograd, "finish"], { ...written, all_products: products }, [
    ...foldWorkgroups(dims.tiles, LANES),
    writes,
  ]);
}

function dimsOf(direction: Direction, c: Convolution) {
  const roles = rolesOf(direction, c);
  const tiles_down = ceilDiv(roles.out_height, 2);
  const tiles_across = ceilDiv(roles.out_width, 2);
  const tiles = roles.images * tiles_down * tiles_across;
  const turns = ceilDiv(roles.reads, TILE.depth);
  return {
    ...roles,
    ...placeOf(direction, c),
    tiles_down,
    tiles_across,
    tiles,
    padded_reads: turns * TILE.depth,
    padded_writes: roundUp(roles.writes, TILE.channels),
    padded_tiles: roundUp(tiles, TILE.tiles),
    turns,
  };
}

function shapesOf({ padded_reads, padded_writes, padded_tiles }: ReturnType<typeof dimsOf>) {
  return {
    taps: [PLACES, padded_reads, padded_writes],
    patches: [PLACES, padded_reads, padded_tiles],
    products: [PLACES, padded_writes, padded_tiles],
  };
}

/** Every pipeline that can be asked for. */
export const conv2dWinogradVariants = (): Variant[] => plainVariants(winograd);
