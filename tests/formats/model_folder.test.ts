// diffusers folders, in memory: U-Nets, pipelines, shards, old names; and the ways they can be wrong.
import { describe, expect, test } from "vitest";
import { type DiffusionError, FileError, SafetensorsError } from "../../src/core/errors.ts";
import { currentName } from "../../src/formats/attention_names.ts";
import { modelFiles } from "../../src/formats/model_files.ts";
import { type ReadFile, readModelFolder } from "../../src/formats/model_folder.ts";
import {
  float32Tensor,
  type StoredTensor,
  toFloat32,
  writeSafetensors,
} from "../../src/formats/safetensors.ts";

type Files = Record<string, Uint8Array | string | object>;

const WEIGHTS = "diffusion_pytorch_model.safetensors";
const INDEX = `${WEIGHTS}.index.json`;
const CONFIG = {
  _class_name: "UNet2DModel",
  block_out_channels: [8],
  down_block_types: ["DownBlock2D"],
  up_block_types: ["UpBlock2D"],
  norm_num_groups: 4,
};
const SCHEDULER = { _class_name: "DDPMScheduler", num_train_timesteps: 1000 };

const vector = (...numbers: number[]) =>
  float32Tensor([numbers.length], Float32Array.from(numbers));
const weights = (tensors: Record<string, StoredTensor>) =>
  writeSafetensors(Object.entries(tensors));
const ONE = weights({ "conv_in.bias": vector(1, 2) });

/** The files by path; JSON where an object is given. Remembers what was asked for. */
function folder(files: Files): ReadFile & { asked: string[] } {
  const asked: string[] = [];
  const read = async (path: string) => {
    asked.push(path);
    const file = Object.hasOwn(files, path) ? files[path] : undefined;
    if (file === undefined || file instanceof Uint8Array) return file;
    return new TextEncoder().encode(typeof file === "string" ? file : JSON.stringify(file));
  };
  return Object.assign(read, { asked });
}

async function failureOf(files: Files): Promise<DiffusionError> {
  try {
    await readModelFolder(folder(files), "model");
  } catch (error) {
    return error as DiffusionError;
  }
  throw new Error("the folder was accepted");
}

describe("readModelFolder reads", () => {
  test("a U-Net folder, with its scheduler or without", async () => {
    const files = { "config.json": CONFIG, [WEIGHTS]: ONE };
    const model = await readModelFolder(folder(files), "model");
    expect(model.config).toMatchObject({ block_out_channels: [8], layers_per_block: 2 });
    expect(toFloat32(model.tensors.get("conv_in.bias")!, "b")).toEqual(Float32Array.of(1, 2));
    expect(model.scheduler).toBeUndefined();
    const scheduled = folder({ ...files, "scheduler_config.json": SCHEDULER });
    expect((await readModelFolder(scheduled, "model")).scheduler).toEqual(SCHEDULER);
  });

  test("a pipeline folder", async () => {
    const read = folder({
      "model_index.json": {
        _class_name: "DDPMPipeline",
        unet: ["diffusers", "UNet2DModel"],
        scheduler: ["diffusers", "DDPMScheduler"],
      },
      "unet/config.json": CONFIG,
      [`unet/${WEIGHTS}`]: ONE,
      "scheduler/scheduler_config.json": SCHEDULER,
    });
    const model = await readModelFolder(read, "model");
    expect([...model.tensors.keys()]).toEqual(["conv_in.bias"]);
    expect(model.scheduler).toEqual(SCHEDULER);
  });

  test("weights in shards", async () => {
    const read = folder({
      "config.json": CONFIG,
      [INDEX]: { metadata: {}, weight_map: { a: "m-1.safetensors", b: "m-2.safetensors" } },
      "m-1.safetensors": weights({ a: vector(1) }),
      "m-2.safetensors": weights({ b: vector(2) }),
    });
    const { tensors } = await readModelFolder(read, "model");
    expect([...tensors].map(([name, b]) => [name, ...toFloat32(b, name)])).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
  });

  test("attention weights under their old names, 1 × 1 convolutions as matrices", async () => {
    const block = "mid_block.attentions.0";
    const convolution = float32Tensor([2, 3, 1, 1], Float32Array.of(1, 2, 3, 4, 5, 6));
    const read = folder({
      "config.json": CONFIG,
      [WEIGHTS]: weights({
        [`${block}.query.weight`]: convolution,
        [`${block}.key.bias`]: vector(1),
        [`${block}.value.weight`]: float32Tensor([1, 1], Float32Array.of(7)),
        [`${block}.proj_attn.weight`]: convolution,
        "conv.key.weight": convolution,
      }),
    });
    const { tensors } = await readModelFolder(read, "model");
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual({
      [`${block}.to_q.weight`]: [2, 3],
      [`${block}.to_k.bias`]: [1],
      [`${block}.to_v.weight`]: [1, 1],
      [`${block}.to_out.0.weight`]: [2, 3],
      "conv.key.weight": [2, 3, 1, 1],
    });
    const query = toFloat32(tensors.get(`${block}.to_q.weight`)!, "q");
    expect(query).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
  });

  test("today's names stay as they are", () => {
    for (const name of ["up_blocks.0.attentions.1.to_q.weight", "xattentions.0.query.weight"]) {
      expect(currentName(name)).toBe(name);
    }
  });
});

describe("readModelFolder refuses, saying what is expected", () => {
  const shards = (index: object, files: Files = {}): Files => ({
    "config.json": CONFIG,
    [INDEX]: index,
    "m.safetensors": weights({ a: vector(1) }),
    ...files,
  });
  const at = (file: unknown) => shards({ weight_map: { a: file } });

  test.each<[string, Files, string, string]>([
    [
      "an empty folder",
      {},
      "file/missing",
      "model: a model folder must hold config.json (of a U-Net) or model_index.json, which is not",
    ],
    [
      "a pipeline without its U-Net",
      { "model_index.json": { unet: ["diffusers", "UNet2DModel"] } },
      "file/missing",
      "model: a model folder must hold unet/config.json, which is not there.",
    ],
    [
      "a pipeline of another U-Net",
      { "model_index.json": { unet: ["diffusers", "UNet2DConditionModel"] } },
      "file/model-class",
      'model/model_index.json: the pipeline\'s unet must be a UNet2DModel, got ["diffusers",',
    ],
    [
      "no weights",
      { "config.json": CONFIG },
      "file/missing",
      `the weights must be in ${WEIGHTS} or ${INDEX}, neither is there.`,
    ],
    [
      "a pickle",
      { "config.json": CONFIG, "diffusion_pytorch_model.bin": "pickle" },
      "file/pickle",
      "got diffusion_pytorch_model.bin, a pickle: it could run any code. Save them in Python with",
    ],
    [
      "a config that is no JSON",
      { "config.json": "{", [WEIGHTS]: ONE },
      "file/json",
      "model/config.json: must be JSON",
    ],
    [
      "a config that cannot be built",
      { "config.json": { ...CONFIG, norm_num_groups: 3 }, [WEIGHTS]: ONE },
      "shape/groups",
      "model/config.json: norm_num_groups must divide every block's channels, got 3 and 8.",
    ],
    [
      "damaged weights",
      { "config.json": CONFIG, [WEIGHTS]: ONE.subarray(0, -1) },
      "safetensors/cut-short",
      `model/${WEIGHTS}: "conv_in.bias" ends at byte 8, past the data's 7.`,
    ],
    ["a shard above", at("../m.safetensors"), "file/shards", 'got "../m.safetensors".'],
    ["a shard below", at("x/m.safetensors"), "file/shards", "of the same folder"],
    ["a shard below, in Windows", at("x\\m.safetensors"), "file/shards", "of the same folder"],
    ["a shard at the root", at("/m.safetensors"), "file/shards", "of the same folder"],
    ["a shard elsewhere", at("http://x/m.safetensors"), "file/shards", "of the same folder"],
    ["a hidden shard", at("..safetensors"), "file/shards", "of the same folder"],
    ["a shard in pickle", at("m.bin"), "file/shards", "of the same folder"],
    ["a shard that is no name", at(7), "file/shards", "got 7."],
    ["an index without a map", shards({}), "file/shards", "weight_map must name a file a tensor"],
    ["an index of nothing", shards({ weight_map: {} }), "file/shards", "1 … 1000 files, got 0."],
    ["a missing shard", at("n.safetensors"), "file/shards", "shard n.safetensors is missing."],
    [
      "a tensor not in its shard",
      shards({ weight_map: { a: "m.safetensors", b: "m.safetensors" } }),
      "file/shards",
      '"b" must be in m.safetensors, but is not there.',
    ],
    [
      "a tensor in two shards",
      shards(
        { weight_map: { a: "m.safetensors", b: "n.safetensors" } },
        { "n.safetensors": weights({ a: vector(1), b: vector(2) }) },
      ),
      "file/shards",
      'n.safetensors holds "a", which the index does not say.',
    ],
    [
      "a tensor under both names",
      {
        "config.json": CONFIG,
        [WEIGHTS]: weights({
          "mid_block.attentions.0.query.bias": vector(1),
          "mid_block.attentions.0.to_q.bias": vector(1),
        }),
      },
      "safetensors/duplicate",
      '"mid_block.attentions.0.query.bias" is an old name of "mid_block.attentions.0.to_q.bias"',
    ],
  ])("%s", async (_, files, code, message) => {
    const error = await failureOf(files);
    expect(error.message).toContain(message);
    expect(error.code).toBe(code);
    if (code.startsWith("file")) expect(error).toBeInstanceOf(FileError);
    if (code.startsWith("safetensors")) expect(error).toBeInstanceOf(SafetensorsError);
  });

  test("a shard outside the folder is not even asked for", async () => {
    const read = folder(at("../m.safetensors"));
    await expect(readModelFolder(read, "model")).rejects.toThrow(FileError);
    expect(read.asked.filter((path) => path.includes(".."))).toEqual([]);
  });
});

describe("modelFiles → readModelFolder is the identity", () => {
  test("config, weights and scheduler come back; the files are the same each time", async () => {
    const files = { "config.json": CONFIG, [WEIGHTS]: ONE, "scheduler_config.json": SCHEDULER };
    const model = await readModelFolder(folder(files), "model");
    const written = modelFiles(model);
    expect([...written.keys()]).toEqual(["config.json", WEIGHTS, "scheduler_config.json"]);
    const again = await readModelFolder(folder(Object.fromEntries(written)), "again");
    expect(again).toEqual(model);
    expect(modelFiles(again)).toEqual(written);
  });

  test("without a scheduler there is no file for it", async () => {
    const files = { "config.json": CONFIG, [WEIGHTS]: ONE };
    const model = await readModelFolder(folder(files), "model");
    expect(modelFiles(model).has("scheduler_config.json")).toBe(false);
  });

  test("config.json is as diffusers writes it: sorted, indented by 2, with its class", async () => {
    const files = { "config.json": CONFIG, [WEIGHTS]: ONE };
    const written = modelFiles(await readModelFolder(folder(files), "model"));
    const text = new TextDecoder().decode(written.get("config.json"));
    expect(text).toMatch(
      /^\{\n {2}"_class_name": "UNet2DModel",\n {2}"_diffusers_version": "0\.42/,
    );
    const keys = Object.keys(JSON.parse(text));
    expect(keys).toEqual([...keys].sort());
    expect(keys).toHaveLength(30); // the 28 of the constructor, class and version
  });
});
