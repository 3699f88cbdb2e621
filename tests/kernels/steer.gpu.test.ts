// Steering by a user's WGSL: its gradient against central differences, and that it leads there.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evaluate } from "../../src/nn/evaluate.ts";
import type { DiffusionModel } from "../../src/nn/model.ts";
import { requestedPlan, type SampleOptions } from "../../src/samplers/request.ts";
import { sample } from "../../src/samplers/sample.ts";
import { startValues } from "../../src/samplers/start.ts";
import { steering } from "../../src/samplers/steering.ts";
import { goldenModel } from "../support/model_folder.ts";

let model: DiffusionModel;
beforeAll(async () => {
  model = await goldenModel("unets/class-conditional");
});
afterAll(() => model.dispose());

/** L = ½ Σ (x̂_0 − goal)⁴ / 2, so that the gradient is not linear */
const QUARTIC = `fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 {
  let d = x0(n, c, i, j) - goal_at(n, c, i, j);
  return cubed(d);
}
fn cubed(d: f32) -> f32 { return d * d * d; }`;

/** L = ½ Σ_c (mean of channel c − goal)² · H W */
const MEAN_COLOUR = `fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 {
  var mean = 0.0;
  for (var k = 0u; k < dims.height * dims.width; k++) {
    mean += x0(n, c, k / dims.width, k % dims.width);
  }
  return mean / f32(dims.height * dims.width) - goal_at(n, c, i, j);
}`;

const lastOf = async (options: SampleOptions) => {
  for await (const frame of sample(model, options)) {
    if (frame.step === frame.of) return { x: await frame.images(), x0Hat: await frame.x0Hat() };
  }
  throw new Error("no step");
};

const shapeOf = (N: number): [number, number, number, number] => {
  const sides = model.config.sample_size!;
  const [H, W] = typeof sides === "number" ? [sides, sides] : sides;
  return [N, model.config.in_channels, H!, W!];
};

describe("x' ← x' − s · ∂L(x̂_0(x, U-Net(x)))/∂x   [Chung et al. 2022, Algorithm 1]", () => {
  const base: SampleOptions = {
    ...{ count: 1, seed: 2, sampler: "ddim", timesteps: [500], classLabels: [4] },
    scheduler: { clip_sample: false },
  };

  test.each([
    ["without guidance", {}],
    ["with guidance", { guidance: 2 }],
  ])("%s, the gradient agrees with central differences", async (_name, guided) => {
    const shape = shapeOf(1);
    const goal = { shape, data: new Float32Array(shape[1] * shape[2] * shape[3]).fill(0.25) };
    const options = { ...base, ...guided };
    const strength = 0.5;
    const steered = await lastOf({
      ...options,
      steer: steering({ wgsl: QUARTIC, strength, target: goal }),
    });
    const free = await lastOf(options);
    const gradient = free.x.map((value, i) => (value - steered.x[i]!) / strength);

    const plan = requestedPlan(model, options);
    const row = plan.rows[0]!;
    const x = startValues(plan, shape, options);
    const outputOf = async (data: Float32Array, label: number) =>
      (await evaluate(model, { sample: { shape, data }, timestep: [500], classLabels: [label] }))
        .data;
    const loss = async (data: Float32Array) => {
      const c = await outputOf(data, 4);
      const u = row.guidance === 1 ? c : await outputOf(data, model.config.num_class_embeds! - 1);
      return data.reduce((sum, xi, i) => {
        const o = u[i]! + row.guidance * (c[i]! - u[i]!);
        return sum + (row.x0FromX * xi + row.x0FromOutput * o - 0.25) ** 4 / 4;
      }, 0);
    };
    // along the gradient itself, where a float32 network leaves the most digits
    const length = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0));
    const h = 0.02;
    const moved = (sign: number) => x.map((xi, i) => xi + (sign * h * gradient[i]!) / length);
    const difference = ((await loss(moved(1))) - (await loss(moved(-1)))) / (2 * h);
    const rtol = 2e-3; /* h² f'''/6 of a quartic, and float32 losses */
    expect(Math.abs(difference / length - 1)).toBeLessThan(rtol);
  });

  test("a colour to match: the mean of x̂_0 goes to the goal", async () => {
    const shape = shapeOf(2);
    const target = { shape, data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5) };
    const options = { ...base, count: 2, classLabels: [1, 2], timesteps: undefined, steps: 4 };
    const asked = { ...options, scheduler: {} };
    const distance = ({ x0Hat }: { x0Hat: Float32Array }) =>
      Math.abs(x0Hat.reduce((sum, value) => sum + value, 0) / x0Hat.length - 0.5);
    const free = distance(await lastOf(asked));
    const steer = steering({ wgsl: MEAN_COLOUR, strength: 0.5, target });
    expect(distance(await lastOf({ ...asked, steer }))).toBeLessThan(0.5 * free);
  });

  test("WGSL without a gradient, or that does not compile, is refused", async () => {
    const steer = async (wgsl: string) =>
      lastOf({ ...base, steer: steering({ wgsl, strength: 1 }) });
    await expect(steer("fn loss() -> f32 { return 1.0; }")).rejects.toThrow(
      /must declare fn gradient/,
    );
    const wrong = "fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 { return nothing; }";
    await expect(steer(wrong)).rejects.toThrow(/steer.*unresolved value 'nothing'/);
    expect(() => model.gpu.check(), "the device goes on").not.toThrow();
  });
});
