// `export` as a user runs it; and what opening a large file costs.
import { execFile, spawn } from "node:child_process";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonText } from "../../src/formats/json.ts";
import { readModelFolder } from "../../src/formats/model_folder.ts";
import { toFloat32 } from "../../src/formats/safetensors.ts";
import { parseUNetConfig, unetConfigJson } from "../../src/formats/unet_config.ts";
import { unetWeights } from "../../src/nn/unet.ts";
import { openFile, writeBytes } from "../../src/platform/files.ts";
import { fixtures } from "../support/model_folder.ts";

const dist = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url));
const golden = join(fixtures, "unets/ddpm");
const env = { WGSL_DIFFUSION_ADAPTER: "swiftshader", ...process.env, CI: "1" };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-export-"));
});
afterAll(() => rm(folder, { recursive: true }));

const exported = (...args: string[]) =>
  promisify(execFile)(process.execPath, [dist("cli/main.js"), "export", ...args], {
    cwd: folder,
    env,
  });
const modelAt = (path: string) => readModelFolder((file) => openFile(join(path, file)), path);

async function numbersAt(path: string) {
  const { tensors } = await modelAt(path);
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([name, tensor]) => [name, toFloat32(tensor, name)]));
}

describe("export", () => {
  test("a pipeline with another scheduler, in shards: and back, bit for bit", async () => {
    const args = ["--max-shard-size", "100KB", "--scheduler", "DDIMScheduler"];
    const { stdout } = await exported("--model", golden, "--out", "pipeline", ...args, "--json");
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({ out: "pipeline", scheduler: "DDIMScheduler" });
    expect(result.files).toContain("model_index.json");
    expect(
      result.files.filter((file: string) => file.endsWith(".safetensors")).length,
    ).toBeGreaterThan(1);
    const scheduler = (await modelAt(join(folder, "pipeline"))).scheduler;
    expect(scheduler).toMatchObject({ _class_name: "DDIMScheduler", set_alpha_to_one: true });

    await exported("--model", "pipeline", "--out", "unet", "--unet");
    const name = "diffusion_pytorch_model.safetensors";
    expect(await numbersAt(join(folder, "unet"))).toEqual(await numbersAt(golden));
    const again = join(folder, "unet-again");
    await exported("--model", "unet", "--out", again, "--unet");
    expect(await readFile(join(again, name))).toEqual(await readFile(join(folder, "unet", name)));
  });

  test("--dtype float16 halves the weights", async () => {
    await exported("--model", golden, "--out", "half", "--unet", "--dtype", "float16");
    const { tensors } = await modelAt(join(folder, "half"));
    expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["F16"]));
  });

  test("refuses to write over a folder, and schedulers that it does not know", async () => {
    await exported("--model", golden, "--out", "there");
    await expect(exported("--model", golden, "--out", "there")).rejects.toThrow(
      "FileError [file/exists]: there: exists already.",
    );
    await exported("--model", golden, "--out", "there", "--force");
    const unknown = exported("--model", golden, "--out", "new", "--scheduler", "PNDMScheduler");
    await expect(unknown).rejects.toThrow("got PNDMScheduler");
  });
});

/** Loads a folder; prints by how many bytes the process grew at most, GPU memory included. */
const LOADER = `
  import { readFileSync } from "node:fs";
  const [dist, folder] = process.argv.slice(1);
  const { DiffusionModel, nodeGpu, openFile } = await import(dist);
  const bytes = (key) =>
    1024 * Number(new RegExp(key + ":\\\\s+(\\\\d+)").exec(readFileSync("/proc/self/status", "utf8"))[1]);
  const gpu = await nodeGpu();
  const before = bytes("VmRSS");
  await DiffusionModel.load(gpu, (path) => openFile(folder + "/" + path), folder);
  console.log(bytes("VmHWM") - before);
  process.exit(0);
`;

describe.runIf(process.platform === "linux")("a model's file is never whole in memory", () => {
  test("143 MB of weights: the process grows by at most 1.2 times as much, on an adapter whose own memory is the process's", async () => {
    const published = JSON.parse(
      await readFile(join(fixtures, "names/ddpm-cifar10-32.json"), "utf8"),
    );
    const large = join(folder, "large");
    await writeBytes(
      join(large, "config.json"),
      jsonText(unetConfigJson(parseUNetConfig(published.config))),
    );
    const size = await writeZeros(
      join(large, "diffusion_pytorch_model.safetensors"),
      published.config,
    );
    expect(size).toBeGreaterThan(142e6);
    const grown = await outputOf(["--input-type=module", "-e", LOADER, dist("node.js"), large]);
    expect(Number(grown) / size).toBeGreaterThan(0.9); // the GPU's copy is there
    expect(Number(grown) / size).toBeLessThan(1.2);
  });
});

/** A file of the config's tensors, all zeros: the disk holds no more than its header. */
async function writeZeros(path: string, config: Record<string, unknown>): Promise<number> {
  let end = 0;
  const entries = [...unetWeights(parseUNetConfig(config)).specs.values()].map(
    ({ name, shape }) => {
      const begin = end;
      end += 4 * shape.reduce((product, n) => product * n, 1);
      return [name, { dtype: "F32", shape, data_offsets: [begin, end] }];
    },
  );
  const text = JSON.stringify(Object.fromEntries(entries));
  const header = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  const file = await open(path, "w");
  await file.write(length);
  await file.write(header);
  await file.truncate(8 + header.length + end);
  await file.close();
  return 8 + header.length + end;
}

function outputOf(args: string[]): Promise<string> {
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  return new Promise((done) => child.on("close", () => done(out.trim())));
}
