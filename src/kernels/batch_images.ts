// Launches shaders/batch_images.wgsl: the images of a batch, gathered from the parts of the data.
//
// Not needed where the data lie in one buffer and no image is changed: `qSample` reads them there.
import { OptionError, ShapeError } from "../core/errors.ts";
import { ceilDiv, requireShape, type Shape, shape4, showShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { STATE_SHAPE, STREAMS } from "./diffusion.ts";
import { batch_images as family } from "./generated/batch_images.ts";

const WORKGROUP = 64; // WG in the shader

export const batchImagesVariants = (): Variant[] => [{ family, entry: "gather", constants: {} }];

/** A part of the data that lies in one buffer. */
export interface ImagePart {
  /** u32: four bytes a word, C·H·W bytes an image without gaps */
  images: Tensor;
  /** of its images, among all */
  first: number;
  count: number;
}

/** What chance does to an image before it is noised. */
export interface Augmentation {
  /** mirrored left to right with probability ½ */
  flip: boolean;
  /** p: shifted by up to p pixels, up or down and left or right; 0: not at all */
  randomCrop: number;
}

/**
 * The images of a step's batch, each changed by chance: the same whatever the parts.
 *
 *   y[c, i, j] = x[c, reflect(i + down), reflect(j' + across)]      j' = j, or W − 1 − j mirrored
 *   down, across uniform in −p … p;  reflect(−1) = 1, reflect(H) = H − 2: no edge is repeated
 *
 * @param state  u32 [8], see `STATE`
 * @param order  u32 [ring, N]: the images of the batch of step s, in row s modulo ring
 * @param parts  the data, from image 0 on, without gaps
 * @param shape  [N, C, H, W]
 * @returns      u32, packed as a part is: the images of the batch in its order
 * @throws OptionError unless p is whole, and 0 ≤ p < H, W; ShapeError unless the tensors fit
 * @see torchvision's RandomCrop with padding_mode "reflect", then RandomHorizontalFlip
 */
export function batchImages(
  graph: Graph,
  { state, order, parts }: { state: Tensor; order: Tensor; parts: readonly ImagePart[] },
  { shape, flip, randomCrop: padding }: Augmentation & { shape: Shape },
): Tensor {
  const [N, C, height, width] = shape4("batchImages", shape);
  const size = C * height * width;
  const ring = order.shape[0] ?? 0;
  requireShape("batchImages", "state", state.shape, STATE_SHAPE);
  requireShape("batchImages", "order", order.shape, [ring, N]);
  requireParts(parts, size);
  requirePadding(padding, [height, width]);

  const words = ceilDiv(N * size, 4);
  const batch = graph.alloc([words], "batch_images.batch", "u32");

  const drawn = { count: N, ring, stream: STREAMS.augmentation };
  const changes = { size, height, width, padding, mirrors: flip ? 1 : 0 };
  for (const { images, first, count: stored } of parts) {
    const gathering = { ...drawn, ...changes, first, stored };
    const args = { gathering, state, images, order, batch };
    graph.dispatch([family, "gather"], args, foldWorkgroups(words, WORKGROUP));
  }
  return batch;
}

/** Parts follow one another, and hold what they say. */
function requireParts(parts: readonly ImagePart[], size: number): void {
  let next = 0;
  for (const { images, first, count } of parts) {
    const isWhole = images.dtype === "u32" && 4 * sizeOf(images.shape) >= count * size;
    if (!isWhole || first !== next || count < 1) {
      throw new ShapeError(
        "shape/mismatch",
        `batchImages: the part from image ${next} on must hold ${count} images of ${size} bytes as ` +
          `u32, got ${images.dtype} ${showShape(images.shape)} from image ${first} on.`,
        "Pack four bytes a word, image after image, part after part.",
      );
    }
    next += count;
  }
}

function requirePadding(padding: number, [height, width]: readonly [number, number]): void {
  const most = Math.min(height, width) - 1;
  if (Number.isInteger(padding) && padding >= 0 && padding <= most) return;
  throw new OptionError(
    "option/training",
    `batchImages: randomCrop must be a whole number in 0 … ${most} for images of ` +
      `${height} × ${width}, got ${padding}.`,
    "4 is usual for images of 32 × 32.",
  );
}
