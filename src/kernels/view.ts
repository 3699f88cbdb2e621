// Launches shaders/view.wgsl: images as the pixels of one picture, on the GPU.
import { ShapeError } from "../core/errors.ts";
import { ceilDiv, roundUp, type Shape, shape4, showShape } from "../core/shape.ts";
import { plainVariants, type Variant } from "../device/shader.ts";
import type { Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { view } from "./generated/view.ts";

const WORKGROUP = 64; // lanes; WG in the shader
const ROW_PIXELS = 64; // rows of a copy to a texture begin at multiples of 256 bytes

export const viewVariants = (): Variant[] => plainVariants(view);

/** A picture of images side by side, ⌈√N⌉ of them in a row. */
export interface Picture {
  /** pixels */
  width: number;
  height: number;
  columns: number;
  /** pixels from one row to the next, a multiple of 64 */
  stride: number;
}

/**
 * The picture that `draw` makes of images [N, C, H, W].
 *
 * @throws ShapeError unless C is 1 or 3
 */
export function pictureOf(shape: Shape): Picture {
  const [N, C, H, W] = shape4("view", shape);
  if (C !== 1 && C !== 3) {
    throw new ShapeError(
      "shape/channels",
      `view: needs 1 or 3 channels, got C = ${C} of ${showShape(shape)}.`,
      "Read the numbers back instead.",
    );
  }
  const columns = Math.ceil(Math.sqrt(N));
  const [width, height] = [columns * W, ceilDiv(N, columns) * H];
  return { width, height, columns, stride: roundUp(width, ROW_PIXELS) };
}

/**
 * Draws images: rgba of clamp(scale · x + ½, 0, 1).
 *
 * @param images  [N, C, H, W], C = 1 (grey) or 3 (red, green, blue)
 * @param scale   default ½, which shows [−1, 1]
 * @param pixels  where to: u32 [height, stride] of `pictureOf`
 * @throws ShapeError for other channels
 */
export function draw(
  graph: Graph,
  { images }: { images: Tensor },
  { scale = 0.5 }: { scale?: number },
  pixels: Tensor,
): void {
  const [N, C, H, W] = shape4("view", images.shape);
  const { columns, stride, height } = pictureOf(images.shape);
  const grid = { images: N, channels: C, height: H, width: W, columns, stride, scale };
  graph.dispatch([view, "draw"], { grid, images, pixels }, [ceilDiv(stride, WORKGROUP), height]);
}
