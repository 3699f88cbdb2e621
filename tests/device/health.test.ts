import { describe, expect, test } from "vitest";
import { DeviceError } from "../../src/core/errors.ts";
import { Gpu } from "../../src/device/gpu.ts";
import { DeviceHealth } from "../../src/device/health.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";

describe("what waits for a device that has failed", () => {
  test("ends with the failure; what the device rejects after that is nobody's to hear", async () => {
    const device = Object.assign(new EventTarget(), { lost: new Promise(() => {}) });
    const health = new DeviceHealth(device as unknown as GPUDevice, true);
    const failure = new DeviceError("device/validation", "wrong.", "");
    health.fail(failure);
    const work = Promise.reject(new Error("a pipeline of an invalid module"));
    await expect(health.wait(work)).rejects.toBe(failure); // an unheard rejection fails the suite
  });
});

describe("errors that nobody captures", () => {
  const mistake = ({ device }: Gpu) => device.createBuffer({ size: 4, usage: 0 });
  const refused = expect.objectContaining({ code: "device/validation" });

  const opened = async (isShared: boolean) => {
    const { gpu: source } = await openGpu({ adapter: "null" });
    const adapter = await source.requestAdapter();
    return Gpu.open(isShared ? { device: await adapter!.requestDevice() } : { gpu: source });
  };

  test("of a device of our own are its failure", async () => {
    const gpu = await opened(false);
    mistake(gpu);
    await expect(gpu.idle()).rejects.toEqual(refused);
  });

  test("of a shared device are its owner's to hear, and only theirs", async () => {
    const gpu = await opened(true);
    const heard = new Promise<GPUUncapturedErrorEvent>((resolve) => {
      gpu.device.addEventListener("uncapturederror", resolve);
    });
    mistake(gpu);
    expect((await heard).error.message).toMatch(/usage/i);
    await gpu.idle();
    gpu.check();
  });

  test("of what is submitted here are the failure of a shared device too", async () => {
    const gpu = await opened(true);
    gpu.device.addEventListener("uncapturederror", (event) => event.preventDefault());
    const encoder = gpu.device.createCommandEncoder({ label: "wrong" });
    const buffer = gpu.device.createBuffer({ size: 4, usage: 4 /* COPY_SRC */ });
    encoder.copyBufferToBuffer(buffer, 0, buffer, 0, 8);
    gpu.submit([encoder.finish()]);
    await expect(gpu.idle()).rejects.toEqual(refused);
  });
});
