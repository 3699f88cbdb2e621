// A device is asked for twice: a browser's GPU process may go between the asking and the answer.
import { describe, expect, test } from "vitest";
import { newDevice } from "../../src/device/request.ts";

const DEVICE = { label: "a device" } as GPUDevice;
const GONE = new DOMException("A valid external Instance reference no longer exists.");

/** Adapters in the order in which they are given; `null` for none, an error for one that gives no device. */
function source(...answers: (GPUDevice | DOMException | null)[]) {
  const descriptors: (GPUDeviceDescriptor | undefined)[] = [];
  const requestAdapter = async () => {
    const answer = answers.shift();
    if (!answer) return null;
    const requestDevice = async (descriptor?: GPUDeviceDescriptor) => {
      descriptors.push(descriptor);
      if (answer instanceof DOMException) throw answer;
      return answer;
    };
    return { features: new Set(["subgroups"]), limits: { maxBufferSize: 2 ** 28 }, requestDevice };
  };
  return { gpu: { requestAdapter } as unknown as GPU, descriptors, answers };
}

describe("a device", () => {
  test("is asked for with what the adapter has", async () => {
    const { gpu, descriptors } = source(DEVICE);
    expect(await newDevice({ gpu }, ["a-feature"])).toBe(DEVICE);
    expect(descriptors[0]).toMatchObject({
      requiredFeatures: ["subgroups"],
      requiredLimits: { maxBufferSize: 2 ** 28 },
    });
  });

  test.each([
    ["no adapter was given", null],
    ["its adapter had gone", GONE],
  ])("is asked for once more where %s", async (_, first) => {
    expect(await newDevice({ gpu: source(first, DEVICE).gpu })).toBe(DEVICE);
  });

  test.each([
    ["no adapter", null, "device/no-adapter", "Gpu: WebGPU is here, but gives no adapter."],
    [
      "no device",
      GONE,
      "device/lost",
      `Gpu: the adapter went before it gave a device: ${GONE.message}`,
    ],
  ])("%s, twice, is an error with a cure", async (_, answer, code, text) => {
    const { gpu, answers } = source(answer, answer, DEVICE);
    const error = await newDevice({ gpu }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) });
    expect(error.hint).toMatch(/[Rr]eload the page/);
    expect(answers).toEqual([DEVICE]);
  });

  test("without WebGPU it is refused", async () => {
    await expect(newDevice({})).rejects.toMatchObject({ code: "device/unsupported" });
  });
});
