// The record of diffusion.wgsl. Random kernels and golden losses: ../diffusion.gpu.test.ts.
import { normals, qSample } from "../../../src/kernels/diffusion.ts";
import { type KernelInfo, type Refusal, selfTestSamples } from "./record.ts";

type Tensors = Parameters<Refusal["launch"]>[1];

const shape = [2, 3, 4, 4];

const inputsOf = (tensor: Tensors) => ({
  state: { ...tensor(8), dtype: "u32" as const },
  images: { ...tensor(48), dtype: "u32" as const },
  order: { ...tensor(3, 2), dtype: "u32" as const },
  levels: tensor(9, 5),
});

const refusal = (name: string, extents: number[], message: string): Refusal => ({
  what: `${name} [${extents}]`,
  launch: (graph, tensor) => {
    qSample(graph, { ...inputsOf(tensor), [name]: tensor(...extents) }, { shape });
  },
  message: `qSample: ${message}`,
});

export const info: KernelInfo = {
  family: "diffusion",
  shaders: ["diffusion"],
  dtypes: ["f32"],
  tolerance: {
    factor: 8,
    reason: "a normal number may be off by 1e-6, which counts as a term; words are exact",
  },
  samples: () => selfTestSamples("diffusion"),
  refusals: [
    refusal("order", [3, 4], "order must be [3, 2], got [3, 4]."),
    refusal("levels", [9, 4], "levels must be [9, 5], got [9, 4]."),
    refusal("state", [4], "state must be [8], got [4]."),
    refusal(
      "images",
      [11],
      "images must be u32 words of at least one image, 48 bytes, got f32 [11].",
    ),
    {
      what: "a first element that is no multiple of four",
      launch: (graph, tensor) =>
        normals(graph, inputsOf(tensor), { shape: [4], stream: 0, firstElement: 6 }),
      message:
        "normals: firstElement must be a multiple of 4, got 6. One counter yields four numbers.",
    },
  ],
};
