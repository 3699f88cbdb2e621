// `sample` whose device is lost: it begins anew by itself, and writes the images of an undisturbed one; what
// is lost again and again without a step between is given up with advice.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { OpenedGpu } from "../../src/cli/console.ts";
import { sampleCommand } from "../../src/cli/sample.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { saveModel } from "../../src/nn/save_model.ts";
import { writeFolder } from "../../src/platform/files.ts";
import { testAdapters } from "../support/gpu.ts";
import { tinyModel } from "../support/tiny_run.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-sample-loss-"));
  const gpu = await Gpu.open({ gpu: await testAdapters() });
  await writeFolder(join(folder, "model"), await saveModel(await tinyModel(gpu)));
  gpu.dispose();
});
afterAll(() => rm(folder, { recursive: true }));

/** @param losesAt  submissions after which the i-th device is lost */
async function sampled(name: string, losesAt: readonly number[]) {
  const opened: Gpu[] = [];
  const open = async (): Promise<OpenedGpu> => {
    const gpu = await Gpu.open({ gpu: await testAdapters() });
    const at = losesAt[opened.length] ?? Number.POSITIVE_INFINITY;
    const submit = gpu.submit.bind(gpu);
    gpu.submit = (commands) => {
      submit(commands);
      if (gpu.counters.submissions >= at) gpu.device.destroy();
    };
    opened.push(gpu);
    return { gpu, description: `device ${opened.length}` };
  };
  const told: string[] = [];
  const listen = (stream: "stdout" | "stderr") =>
    vi.spyOn(process[stream], "write").mockImplementation((text) => told.push(String(text)) > 0);
  const spies = [listen("stdout"), listen("stderr")];
  const out = join(folder, name);
  const numbers = ["--count", "2", "--steps", "6", "--sampler", "ddpm", "--seed", "3"];
  try {
    const args = ["--model", join(folder, "model"), ...numbers, "--out", out, "--json"];
    await sampleCommand(open).parseAsync(args, { from: "user" });
  } finally {
    for (const spy of spies) spy.mockRestore();
    for (const gpu of opened) gpu.dispose();
  }
  return { bytes: await readFile(out), devices: opened.length, told: told.join("") };
}

describe("sample through the loss of a device", () => {
  test("writes what an undisturbed one writes, wherever it is lost", async () => {
    const alone = await sampled("alone.safetensors", []);
    expect(alone.devices).toBe(1);
    expect(alone.told).not.toContain("lost");
    const disturbed = await sampled("disturbed.safetensors", [1, 4, 7]);
    expect(disturbed.devices).toBe(4);
    expect(disturbed.bytes).toEqual(alone.bytes);
    expect(disturbed.told.match(/the device was lost: begins anew/g)).toHaveLength(3);
    expect(disturbed.told).toContain('"adapter":"device 4"');
  });

  test("three losses without a step between: device/lost, and what to do", async () => {
    await expect(sampled("none.safetensors", [1, 1, 1])).rejects.toMatchObject({
      code: "device/lost",
      message: expect.stringContaining("sample: the device was lost 3 times without progress"),
    });
  });
});
