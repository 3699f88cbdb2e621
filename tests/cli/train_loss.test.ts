// `train` whose device is lost: it goes on by itself, and leaves the folder of an undisturbed run.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { OpenedGpu } from "../../src/cli/console.ts";
import { trainCommand } from "../../src/cli/train.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { testAdapters } from "../support/gpu.ts";

const CONFIG = {
  ...{ sample_size: 8, in_channels: 1, out_channels: 1, block_out_channels: [8] },
  ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
  ...{ layers_per_block: 1, norm_num_groups: 4, add_attention: false },
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-train-loss-"));
  await writeFile(join(folder, "tiny.json"), JSON.stringify(CONFIG));
  const side = { magic: [0, 0, 8, 3], count: [0, 0, 0, 12], rows: [0, 0, 0, 8, 0, 0, 0, 8] };
  const pixels = Uint8Array.from({ length: 12 * 64 }, (_, i) => (i * 37) % 256);
  const header = [...side.magic, ...side.count, ...side.rows];
  await writeFile(join(folder, "images.idx"), Uint8Array.from([...header, ...pixels]));
});
afterAll(() => rm(folder, { recursive: true }));

interface Outcome {
  out: string;
  devices: number;
  told: string;
  /** loss.csv, and the bytes of the weights and of the last checkpoint's state */
  losses: string;
  weights: Record<string, Buffer>;
}

/** @param losesAt  dispatches after which the i-th device is lost */
async function trained(name: string, losesAt: readonly number[]): Promise<Outcome> {
  const opened: Gpu[] = [];
  const open = async (): Promise<OpenedGpu> => {
    const gpu = await Gpu.open({ gpu: await testAdapters() });
    const at = losesAt[opened.length] ?? Number.POSITIVE_INFINITY;
    const submit = gpu.submit.bind(gpu);
    gpu.submit = (commands) => {
      submit(commands);
      if (gpu.counters.dispatches >= at) gpu.device.destroy();
    };
    opened.push(gpu);
    return { gpu, description: "the tests' adapter" };
  };
  const told: string[] = [];
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told.push(String(text));
    return true;
  });
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation(() => true);
  const out = join(folder, name);
  const numbers = ["--steps", "9", "--batch", "4", "--save-every", "4", "--seed", "3"];
  const files = ["--config", join(folder, "tiny.json"), "--data", join(folder, "images.idx")];
  try {
    const args = [...files, ...numbers, "--samples", "1", "--out", out, "--json"];
    await trainCommand(open).parseAsync(args, { from: "user" });
  } finally {
    stderr.mockRestore();
    stdout.mockRestore();
    for (const gpu of opened) gpu.dispose();
  }
  const weights: Record<string, Buffer> = {};
  for (const part of ["model", "ema", "checkpoints/step-000009"]) {
    const names = await readdir(join(out, part));
    for (const file of names.filter((one) => one.endsWith(".safetensors"))) {
      weights[`${part}/${file}`] = await readFile(join(out, part, file));
    }
  }
  const losses = await readFile(join(out, "loss.csv"), "utf8");
  return { out, devices: opened.length, told: told.join(""), losses, weights };
}

describe("train through the loss of a device", () => {
  test("leaves what an undisturbed run leaves, wherever it is lost", async () => {
    const alone = await trained("alone", []);
    expect(alone.devices).toBe(1);
    expect(Object.keys(alone.weights)).toHaveLength(4);
    const all = await trained("disturbed", [1, 400, 700]);
    expect(all.devices).toBe(4);
    expect(all.told).toContain("goes on from step 0 on another device");
    expect(all.told).toMatch(/goes on from step [48] on another device/);
    expect(all.losses).toBe(alone.losses);
    expect(all.weights).toEqual(alone.weights);
    const pictures = [alone, all].map(({ out }) => readFile(join(out, "samples.png")));
    const [first, second] = await Promise.all(pictures);
    expect(second).toEqual(first);
  });
});
