// Folders that are written: shards with their index, other precisions, whole pipelines.
import { describe, expect, test } from "vitest";
import { modelFiles, pipelineFiles } from "../../src/formats/model_files.ts";
import { type ModelFolder, readModelFolder } from "../../src/formats/model_folder.ts";
import { float32Tensor, readSafetensors, toFloat32 } from "../../src/formats/safetensors.ts";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";

const model: ModelFolder = {
  config: parseUNetConfig({
    block_out_channels: [8],
    down_block_types: ["DownBlock2D"],
    up_block_types: ["UpBlock2D"],
    norm_num_groups: 4,
  }),
  tensors: new Map([
    ["c", float32Tensor([6], Float32Array.of(1, 2, 3, 4, 5, 6))],
    ["a", float32Tensor([2], Float32Array.of(0.1, -2))],
    ["b", float32Tensor([3], Float32Array.of(65504, 3e-8, 1 / 3))],
  ]),
  scheduler: { _class_name: "DDPMScheduler", num_train_timesteps: 1000 },
};

const read = (files: Map<string, Uint8Array>) =>
  readModelFolder(async (path) => files.get(path), "model");
const json = (files: Map<string, Uint8Array>, path: string): unknown =>
  JSON.parse(new TextDecoder().decode(files.get(path)));
const numbers = ({ tensors }: ModelFolder) =>
  Object.fromEntries([...tensors].map(([name, tensor]) => [name, [...toFloat32(tensor, name)]]));

describe("modelFiles", () => {
  const shard = (i: number) => `diffusion_pytorch_model-0000${i}-of-00002.safetensors`;

  test("weights beyond a size go to shards, in the order of their names", async () => {
    const files = modelFiles(model, { mostShardBytes: 20 });
    expect([...files.keys()]).toEqual([
      "config.json",
      shard(1),
      shard(2),
      "diffusion_pytorch_model.safetensors.index.json",
      "scheduler_config.json",
    ]);
    expect(json(files, "diffusion_pytorch_model.safetensors.index.json")).toEqual({
      metadata: { total_size: 44 },
      weight_map: { a: shard(1), b: shard(1), c: shard(2) }, // c, 24 bytes, is larger than a shard
    });
    const again = await read(files);
    expect(numbers(again)).toEqual(numbers(model));
    expect(modelFiles(again, { mostShardBytes: 20 })).toEqual(files);
  });

  test("as many bytes as a shard may have are one file", () => {
    expect(modelFiles(model, { mostShardBytes: 44 }).size).toBe(3);
    expect(modelFiles(model, { mostShardBytes: 43 }).size).toBe(5);
  });

  test.each([
    ["F16", [0.0999755859375, -2]],
    ["BF16", [0.10009765625, -2]],
  ] as const)("as %s: half the bytes, rounded numbers", async (dtype, a) => {
    const files = modelFiles(model, { dtype });
    const name = "diffusion_pytorch_model.safetensors";
    const { tensors } = readSafetensors(files.get(name)!, name);
    expect([...tensors.values()].map((tensor) => tensor.dtype)).toEqual([dtype, dtype, dtype]);
    expect(numbers(await read(files)).a).toEqual(a);
  });
});

describe("pipelineFiles", () => {
  test("a folder that readModelFolder reads, and diffusers knows by model_index.json", async () => {
    const files = pipelineFiles(model, { mostShardBytes: 20 });
    expect(json(files, "model_index.json")).toEqual({
      _class_name: "DDPMPipeline",
      _diffusers_version: "0.42.1",
      scheduler: ["diffusers", "DDPMScheduler"],
      unet: ["diffusers", "UNet2DModel"],
    });
    const again = await read(files);
    expect(again.config).toEqual(model.config);
    expect(again.scheduler).toEqual(model.scheduler);
    expect(numbers(again)).toEqual(numbers(model));
  });

  test("DDIM has a pipeline of its own", () => {
    const files = pipelineFiles({ ...model, scheduler: { _class_name: "DDIMScheduler" } });
    expect(json(files, "model_index.json")).toMatchObject({ _class_name: "DDIMPipeline" });
  });

  test("a scheduler without a class is refused", () => {
    expect(() => pipelineFiles({ ...model, scheduler: {} })).toThrow(
      "a pipeline's scheduler must say its class in _class_name, got nothing.",
    );
  });
});
