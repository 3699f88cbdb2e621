// What reads bytes from outside, each with valid files to start from.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { encode } from "fast-png";
import { openDataset } from "../../src/data/open_dataset.ts";
import { parseSchedulerConfig } from "../../src/diffusion/scheduler_config.ts";
import { readCifar } from "../../src/formats/cifar.ts";
import { readIdx } from "../../src/formats/idx.ts";
import { imageHeader } from "../../src/formats/image_header.ts";
import { readImageParquet } from "../../src/formats/image_parquet.ts";
import { readImageTensors } from "../../src/formats/image_tensors.ts";
import { jsonText, parseJsonObject } from "../../src/formats/json.ts";
import { readModelFolder } from "../../src/formats/model_folder.ts";
import { decodePng } from "../../src/formats/png_decode.ts";
import { float32Tensor, readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import { readZip } from "../../src/formats/zip.ts";
import { zipFiles } from "../../src/formats/zip_files.ts";
import { HYPER_PARAMETERS } from "../../src/train/hyper_parameters.ts";
import { parseState, stateText } from "../../src/train/training_state.ts";
import { joined, withPngSums } from "./mutation.ts";

export interface FuzzTarget {
  name: string;
  seeds: readonly Uint8Array[];
  /** what is done to the file after it was damaged, every other time */
  mend?: (file: Uint8Array) => Uint8Array;
  /** a JSON object: every other time it stays one, with other values */
  isJson?: true;
  /** ms that a file may take; default 50 */
  mostMs?: number;
  read(file: Uint8Array): unknown;
}

const fixtures = new URL("../fixtures/", import.meta.url);
const bytesOf = (url: URL) => new Uint8Array(readFileSync(url));
const text = (content: string) => new TextEncoder().encode(content);

const counting = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) % 251);
const tensors = writeSafetensors(
  [
    ["conv_in.weight", float32Tensor([2, 1, 3, 3], new Float32Array(18).fill(0.5))],
    ["conv_in.bias", float32Tensor([2], Float32Array.of(1, -1))],
    ["step", { dtype: "I64", shape: [], bytes: new Uint8Array(8) }],
  ],
  { format: "pt" },
);
const images = writeSafetensors([
  ["images", { dtype: "U8", shape: [2, 1, 4, 4], bytes: counting(32) }],
]);
const idx = joined(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 4), counting(32));
const pngs = [
  encode({ width: 5, height: 4, channels: 1, depth: 8, data: counting(20) }),
  encode({ width: 3, height: 3, channels: 4, depth: 8, data: counting(36) }),
  encode({ width: 2, height: 2, channels: 3, depth: 16, data: new Uint16Array(12).fill(300) }),
].map((png) => new Uint8Array(png));
const jpeg = Uint8Array.of(255, 216, 255, 224, 0, 4, 1, 2, 255, 192, 0, 17, 8, 0, 9, 0, 7, 3);
const webp = joined(text("RIFF\x20\0\0\0WEBPVP8X"), new Uint8Array(18));
const zip = zipFiles(
  new Map([
    ["a/one.txt", text("one ".repeat(50))],
    ["b.idx", idx],
  ]),
);

const folders = readdirSync(new URL("unets/", fixtures), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => new URL(`unets/${name}/config.json`, fixtures))
  .filter((url) => existsSync(url));
const configs = folders.map(bytesOf);
const scheduler = text(
  jsonText({
    _class_name: "DDPMScheduler",
    num_train_timesteps: 100,
    beta_schedule: "squaredcos_cap_v2",
    prediction_type: "v_prediction",
    variance_type: "fixed_small",
    clip_sample: true,
  }),
);
const state = text(
  stateText({
    step: 12,
    hyperParameters: HYPER_PARAMETERS,
    dataOrder: undefined,
    skippedSteps: 1,
    lossScale: undefined,
    data: undefined,
    adapter: undefined,
    kernels: ["matmul.forward"],
    package: undefined,
    run: undefined,
    files: new Map([["model.safetensors", { bytes: 3, sha256: "0".repeat(64) }]]),
  }),
);
const index = text(
  jsonText({
    metadata: {},
    weight_map: {
      step: "a.safetensors",
      "conv_in.weight": "a.safetensors",
      "conv_in.bias": "a.safetensors",
    },
  }),
);

/** A folder whose shard index is the file, and which has one shard. */
const shardFolder = (file: Uint8Array) => (path: string) => {
  if (path.startsWith("..") || path.includes("/..") || path.startsWith("/")) {
    throw new Error(`left the folder: ${path}`); // no typed error: the fuzzer reports it
  }
  const files: Record<string, Uint8Array> = {
    "config.json": configs[0]!,
    "diffusion_pytorch_model.safetensors.index.json": file,
    "a.safetensors": tensors,
  };
  return Promise.resolve(Object.hasOwn(files, path) ? files[path] : undefined);
};

export const TARGETS: readonly FuzzTarget[] = [
  { name: "safetensors", seeds: [tensors, images], read: (file) => readSafetensors(file, "f") },
  { name: "images in safetensors", seeds: [images], read: (file) => readImageTensors(file, "f") },
  {
    name: "IDX",
    seeds: [idx, new Uint8Array(gzipSync(idx))],
    read: (file) => readIdx(file, "f"),
  },
  {
    name: "CIFAR",
    seeds: [joined(Uint8Array.of(3), counting(3072))],
    read: (file) => readCifar(file, "data_batch_1.bin"),
  },
  {
    name: "config.json",
    isJson: true,
    seeds: configs,
    read: (file) => parseUNetConfig(parseJsonObject(file, "f"), "f"),
  },
  {
    name: "scheduler_config.json",
    isJson: true,
    seeds: [scheduler],
    read: (file) => parseSchedulerConfig(parseJsonObject(file, "f")),
  },
  {
    name: "training_state.json",
    isJson: true,
    seeds: [state],
    read: (file) => parseState(file, "f"),
  },
  {
    name: "index of shards",
    isJson: true,
    seeds: [index],
    read: (file) => readModelFolder(shardFolder(file), "f"),
  },
  { name: "PNG", seeds: pngs, mend: withPngSums, read: (file) => decodePng(file, 3, "f") },
  {
    name: "a picture's header",
    seeds: [...pngs, jpeg, webp],
    read: (file) => imageHeader(file, "f"),
  },
  {
    name: "zip",
    seeds: [zip],
    read: (file) => readZip(file, "f").map((entry) => entry.read()),
  },
  {
    name: "parquet",
    mostMs: 250, // hyparquet makes a list as long as its file says before it reads the first element
    seeds: ["images-snappy.parquet", "images-zstd.parquet"].map((name) =>
      bytesOf(new URL(`data/${name}`, fixtures)),
    ),
    read: (file) => readImageParquet(file, "f"),
  },
  {
    name: "a data set in a zip",
    seeds: [zip],
    read: (file) => openDataset([{ path: "f.zip", read: async () => file }]),
  },
];
