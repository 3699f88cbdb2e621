import { describe, expect, test } from "vitest";
import { DeviceError } from "../../src/core/errors.ts";
import { DeviceHealth } from "../../src/device/health.ts";

describe("what waits for a device that has failed", () => {
  test("ends with the failure; what the device rejects after that is nobody's to hear", async () => {
    const device = Object.assign(new EventTarget(), { lost: new Promise(() => {}) });
    const health = new DeviceHealth(device as unknown as GPUDevice);
    const failure = new DeviceError("device/validation", "wrong.", "");
    health.fail(failure);
    const work = Promise.reject(new Error("a pipeline of an invalid module"));
    await expect(health.wait(work)).rejects.toBe(failure); // an unheard rejection fails the suite
  });
});
