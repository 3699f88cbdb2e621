// The record of batch_images.wgsl. Laws of the draws, and other parts: ../batch_images.gpu.test.ts.
import { batchImages } from "../../../src/kernels/batch_images.ts";
import { type KernelInfo, type Refusal, selfTestSamples } from "./record.ts";

const shape = [2, 3, 4, 5]; // 60 bytes an image

const u32 = (tensor: ReturnType<Parameters<Refusal["launch"]>[1]>) => ({
  ...tensor,
  dtype: "u32" as const,
});

/** Parts of two and one images, an order of three rows; then what is wrong. */
const refusal = (
  what: string,
  change: { order?: number[]; state?: number[]; second?: number[]; first?: number; crop?: number },
  message: string,
): Refusal => ({
  what,
  launch: (graph, tensor) => {
    const { order = [3, 2], state = [8], second = [15], first = 2, crop = 0 } = change;
    const parts = [
      { images: u32(tensor(30)), first: 0, count: 2 },
      { images: u32(tensor(...second)), first, count: 1 },
    ];
    const inputs = { state: u32(tensor(...state)), order: u32(tensor(...order)), parts };
    batchImages(graph, inputs, { shape, flip: false, randomCrop: crop });
  },
  message: `batchImages: ${message}`,
});

export const info: KernelInfo = {
  family: "batch_images",
  shaders: ["batch_images"],
  dtypes: ["f32"],
  tolerance: { factor: 0, reason: "bytes are copied" },
  samples: () => selfTestSamples("batch_images"),
  refusals: [
    refusal("order [3, 3]", { order: [3, 3] }, "order must be [3, 2], got [3, 3]."),
    refusal("state [4]", { state: [4] }, "state must be [8], got [4]."),
    refusal(
      "a part that is too small",
      { second: [14] },
      "the part from image 2 on must hold 1 images of 60 bytes as u32, got u32 [14] from image 2 on.",
    ),
    refusal(
      "a gap between parts",
      { first: 3 },
      "the part from image 2 on must hold 1 images of 60 bytes as u32, got u32 [15] from image 3 on.",
    ),
    refusal(
      "a shift beyond the reflection",
      { crop: 4 },
      "randomCrop must be a whole number in 0 … 3 for images of 4 × 5, got 4. 4 is usual for images of 32 × 32.",
    ),
    refusal(
      "a shift by half a pixel",
      { crop: 0.5 },
      "randomCrop must be a whole number in 0 … 3 for images of 4 × 5, got 0.5.",
    ),
  ],
};
