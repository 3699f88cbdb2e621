// Sampling on the GPU with golden networks: each option against the twin, the network or a law.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nullClass } from "../../src/nn/conditions.ts";
import { evaluate } from "../../src/nn/evaluate.ts";
import type { DiffusionModel } from "../../src/nn/model.ts";
import { requestedPlan, type SampleOptions } from "../../src/samplers/request.ts";
import { sample } from "../../src/samplers/sample.ts";
import { startValues } from "../../src/samplers/start.ts";
import type { View } from "../../src/samplers/views.ts";
import { ndarray } from "../reference/ndarray.ts";
import { reverseStep } from "../reference/reverse_step.ts";
import { picture } from "../reference/view.ts";
import { goldenModel, largestDifference, relativeToLargest } from "../support/model_folder.ts";
import { textureBytes } from "../support/texture.ts";

let plain: DiffusionModel;
let conditional: DiffusionModel;
beforeAll(async () => {
  plain = await goldenModel("unets/ddpm");
  conditional = await goldenModel("unets/class-conditional");
});
afterAll(() => {
  plain.dispose();
  conditional.dispose();
});

const SCHEDULER = { clip_sample: false, prediction_type: "epsilon" };
const NETWORK = 2e-5; /* agreed error of a network's output; here two runs of one network */

interface Results {
  x: Float32Array;
  x0Hat: Float32Array;
  epsHat: Float32Array;
}

async function last(model: DiffusionModel, options: SampleOptions): Promise<Results> {
  let result: Results | undefined;
  for await (const frame of sample(model, options)) {
    if (frame.step < frame.of) continue;
    const [x, x0Hat, epsHat] = [await frame.images(), await frame.x0Hat(), await frame.epsHat()];
    result = { x, x0Hat, epsHat };
  }
  return result!;
}

const shapeOf = ({ config }: DiffusionModel, N: number): [number, number, number, number] => {
  const sides = config.sample_size!;
  const [H, W] = typeof sides === "number" ? [sides, sides] : sides;
  return [N, config.in_channels, H!, W!];
};

describe("classifier-free guidance: one batch of 2N, combined in the step", () => {
  const options: SampleOptions = {
    ...{ count: 2, seed: 5, sampler: "ddim", timesteps: [700], scheduler: SCHEDULER },
    ...{ classLabels: [3, 0], guidance: 2.5 },
  };

  test("a step is the twin's with the network's two outputs", async () => {
    const shape = shapeOf(conditional, 2);
    const plan = requestedPlan(conditional, options);
    const x = startValues(plan, shape, options);
    const outputOf = async (classLabels: number[]) => {
      const asked = { sample: { shape, data: x }, timestep: [700, 700], classLabels };
      return Float64Array.from((await evaluate(conditional, asked)).data);
    };
    const none = nullClass(conditional.config);
    const [output, unconditional] = [await outputOf([3, 0]), await outputOf([none, none])];
    const input = { x: Float64Array.from(x), output, unconditional };
    const expected = reverseStep(plan.rows[0]!, input);
    const actual = await last(conditional, options);
    for (const view of ["x", "x0Hat", "epsHat"] as const) {
      expect(relativeToLargest(actual[view], expected[view])).toBeLessThan(NETWORK);
    }
  });

  test("outside its interval it is as if there were none", async () => {
    const { guidance: _none, ...unguided } = options;
    const outside = await last(conditional, { ...options, guidanceInterval: [0, 300] });
    const without = await last(conditional, unguided);
    expect(relativeToLargest(outside.x, without.x)).toBeLessThan(NETWORK);
    const inside = await last(conditional, options);
    expect(relativeToLargest(inside.x, without.x)).toBeGreaterThan(1e-3);
  });

  test("a model without classes, or a request without, is refused", async () => {
    const { classLabels, ...nobody } = options;
    expect(() => nullClass(plain.config)).toThrow(/num_class_embeds ≥ 2 .* got null and null/);
    await expect(last(plain, { ...options, classLabels })).rejects.toThrow(/no class that stands/);
    await expect(last(conditional, nobody)).rejects.toThrow(/guidance without classLabels/);
  });
});

describe("editing", () => {
  const shape = () => shapeOf(plain, 2);
  const image = () => {
    const [, C, H, W] = shape();
    const data = Float32Array.from({ length: C * H * W }, (_, i) => Math.sin(i / 9));
    return { shape: [1, C, H, W], data };
  };
  const base: SampleOptions = { count: 2, seed: 3, sampler: "ddim", steps: 3 };

  test("inpainting keeps what the mask says, bit for bit, and makes the rest", async () => {
    const known = image();
    const mask = { ...known, data: known.data.map((_, i) => (i % 7 < 3 ? 1 : 0)) };
    const inpaint = { image: known, mask, resample: 2, jumpLength: 1 };
    const { x } = await last(plain, { ...base, sampler: "ddpm", inpaint });
    const size = known.data.length;
    const kept = x.filter((_, i) => mask.data[i % size] === 1);
    const expected = [...known.data, ...known.data].filter((_, i) => mask.data[i % size] === 1);
    expect([...kept]).toEqual(expected);
    const made = x.filter((_, i) => mask.data[i % size] === 0);
    expect(new Set(made).size).toBeGreaterThan(made.length / 4); // not the image, and not constant
  });

  test("image-to-image at 1 is all of the plan, and takes fewer steps at less", async () => {
    const frames = async (strength: number) => {
      const timesteps: number[] = [];
      for await (const frame of sample(plain, { ...base, image: image(), strength })) {
        timesteps.push(frame.timestep);
      }
      return timesteps;
    };
    expect(await frames(1)).toEqual([666, 333, 0]);
    expect(await frames(0.7)).toEqual([333, 0]);
  });

  test("interpolation ends at the sample of its second seed", async () => {
    const between = await last(plain, { ...base, count: 3, interpolate: [8, 9] });
    const size = between.x.length / 3;
    const alone = await last(plain, { ...base, count: 1, seed: 9 });
    const end = between.x.slice(2 * size);
    expect(largestDifference(end, alone.x)).toBeLessThan(1e-3); // slerp's rounding, three steps on
  });

  test.each<[string, Partial<SampleOptions>, RegExp]>([
    ["strength alone", { strength: 0.5 }, /strength without an image/],
    ["an interval alone", { guidanceInterval: [0, 9] }, /guidanceInterval without guidance/],
    ["no image to invert", { sampler: "ddim-inverse" }, /got no image/],
  ])("%s is refused", async (_what, options, message) => {
    await expect(last(plain, { ...base, ...options })).rejects.toThrow(message);
  });

  test("what does not fit is refused", async () => {
    const known = image();
    const small = { shape: [1, 1, 4, 4], data: new Float32Array(16) };
    const fit = /must be \[1, 1, 16, 16\], got \[1, 1, 4, 4\]/;
    const inpaint = { image: known, mask: small };
    await expect(last(plain, { ...base, inpaint })).rejects.toThrow(fit);
    const grey = { ...known, data: known.data.map(() => 1.5) };
    const masked = { image: known, mask: grey };
    await expect(last(plain, { ...base, inpaint: masked })).rejects.toThrow(/got 1.5/);
    const both = { image: known, inpaint: { image: known, mask: known } };
    await expect(last(plain, { ...base, ...both })).rejects.toThrow(/inpaint and image/);
  });
});

describe("frames", () => {
  test("a texture holds the picture of the numbers, of every view", async () => {
    const scales: Record<View, number> = { x: 1 / 2, x0Hat: 1 / 2, epsHat: 1 / 6 };
    const shape = shapeOf(plain, 3);
    for await (const frame of sample(plain, { count: 3, steps: 2, sampler: "ddpm" })) {
      const numbers = { x: frame.images, x0Hat: frame.x0Hat, epsHat: frame.epsHat };
      for (const view of ["x", "x0Hat", "epsHat"] as const) {
        const texture = await frame.texture(view);
        const images = ndarray(shape, await numbers[view]());
        const pixels = picture(images, { scale: scales[view], stride: 2 * shape[3] });
        const expected = new Uint8Array(Uint32Array.from(pixels).buffer);
        const actual = await textureBytes(plain.gpu, texture);
        expect(largestDifference(actual, expected)).toBeLessThanOrEqual(1); // one of 255, at a half
      }
    }
  });
});
