// Plans of guidance and editing, and where sampling starts: numbers alone, no GPU.
import { describe, expect, test } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import { STREAMS } from "../../src/kernels/diffusion.ts";
import { guidedPlan, isGuided } from "../../src/samplers/guidance.ts";
import { partialPlan, repaintPlan } from "../../src/samplers/repaint.ts";
import { samplingPlan } from "../../src/samplers/sampler.ts";
import { slerp, startValues } from "../../src/samplers/start.ts";
import { reverseStep } from "../reference/reverse_step.ts";

const ddim = samplingPlan("ddim", {}, { steps: 20 });
const solver = samplingPlan("dpm-solver++", {}, { steps: 20 });

/** The order of timesteps in the authors' code (`get_schedule_jump`), −1 at the end. */
function authorsTimes(steps: number, jump: number, samples: number): number[] {
  const jumps = new Map<number, number>();
  for (let t = 0; t < steps - jump; t += jump) jumps.set(t, samples - 1);
  const times: number[] = [];
  for (let t = steps; t >= 1; ) {
    times.push(--t);
    const left = jumps.get(t) ?? 0;
    if (left === 0) continue;
    jumps.set(t, left - 1);
    for (let k = 0; k < jump; k++) times.push(++t);
  }
  return [...times, -1];
}

describe("guidance is a column of the plan", () => {
  test("inside the interval, both ends included, the weight; elsewhere 1", () => {
    const { rows } = guidedPlan(ddim, { weight: 3, interval: [200, 600] });
    for (const { timestep, guidance } of rows) {
      expect(guidance).toBe(timestep >= 200 && timestep <= 600 ? 3 : 1);
    }
    expect(isGuided(guidedPlan(ddim, { weight: 1 }))).toBe(false);
    expect(isGuided(guidedPlan(ddim, { weight: 0 }))).toBe(true);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("a weight of %f is refused", (weight) => {
    expect(() => guidedPlan(ddim, { weight })).toThrow(
      /guidance must be a number from 0 up, .* got/,
    );
  });

  test("an interval that falls is refused", () => {
    expect(() => guidedPlan(ddim, { weight: 2, interval: [5, 1] })).toThrow(/got 2 on 5 … 1/);
  });
});

describe("image-to-image takes the last part of a plan", () => {
  test.each([
    [1, 20],
    [0.5, 10],
    [0.79, 15],
    [0.01, 1],
  ])("strength %f: %i of 20 rows", (strength, count) => {
    const { rows } = partialPlan(ddim, strength);
    expect(rows).toHaveLength(count);
    expect(rows.at(-1)).toEqual(ddim.rows.at(-1));
  });

  test("a multistep solver begins with the first-order step between the same levels", () => {
    const first = samplingPlan("dpm-solver++", { solver_order: 1 }, { steps: 20 }).rows[8]!;
    const begun = partialPlan(solver, 0.6).rows[0]!;
    expect(begun.c).toBe(0);
    expect(begun.a).toBeCloseTo(first.a, 14);
    expect(begun.b).toBeCloseTo(first.b, 14);
  });

  test.each([0, 1.1, Number.NaN])("strength %f is refused", (strength) => {
    expect(() => partialPlan(ddim, strength)).toThrow(/strength must be above 0 and at most 1/);
  });
});

describe("RePaint's order of rows [Lugmayr et al. 2022, Algorithm 1]", () => {
  test.each([
    [20, 5, 4],
    [20, 1, 3],
    [50, 10, 10],
    [7, 3, 2],
    [3, 5, 4],
  ])("%i steps, jumps of %i, %i times: the authors' timesteps", (steps, jump, samples) => {
    const plan = samplingPlan("ddpm", {}, { steps });
    const { rows } = repaintPlan(plan, { resample: samples, jumpLength: jump });
    const stride = Math.floor(1000 / steps);
    const times = authorsTimes(steps, jump, samples);
    const falls = times.slice(0, -1).filter((t, i) => times[i + 1]! < t);
    expect(rows.map(({ timestep }) => timestep)).toEqual(falls.map((t) => t * stride));
  });

  test("noising again takes x from the level of a row's end to that of the next row", () => {
    for (const sampler of ["ddpm", "ddim", "euler"] as const) {
      const { rows } = repaintPlan(samplingPlan(sampler, {}, { steps: 20 }));
      for (const [i, row] of rows.slice(0, -1).entries()) {
        const { againSignal, againSpread, alphaBarNext } = row;
        const bar = againSignal ** 2 * alphaBarNext;
        expect(bar).toBeCloseTo(rows[i + 1]!.alphaBar, 12);
        expect(againSignal ** 2 * (1 - alphaBarNext) + againSpread ** 2).toBeCloseTo(1 - bar, 12);
      }
      expect(rows.at(-1)).toMatchObject({ againSpread: 0, knownSignal: 1, knownSpread: 0 });
    }
  });

  test("once is the plan as it was", () => {
    expect(repaintPlan(ddim, { resample: 1 }).rows).toEqual(ddim.rows);
  });

  test.each(["dpm-solver++", "heun", "ddim-inverse"] as const)("%s is refused", (sampler) => {
    const plan = samplingPlan(sampler, {}, { steps: 10 });
    expect(() => repaintPlan(plan)).toThrow(`needs ddpm, ddim or euler, got ${sampler}.`);
  });

  test("counts that are none are refused", () => {
    expect(() => repaintPlan(ddim, { resample: 0 })).toThrow(/resample must be .* got 0/);
    expect(() => repaintPlan(ddim, { jumpLength: 1.5 })).toThrow(/jumpLength must be .* got 1.5/);
  });
});

describe("where sampling starts", () => {
  const shape = [3, 1, 2, 5] as const;
  const noise = (seed: number, count = 30) =>
    philoxNormals(seed, count, { stream: STREAMS.initialNoise });
  const image = { shape: [1, 1, 2, 5], data: Float32Array.from({ length: 10 }, (_, i) => i / 10) };

  test("noise of the seed, times the plan's scale", () => {
    expect(startValues(ddim, shape, { seed: 7 })).toEqual(noise(7));
    const karras = samplingPlan("euler", { use_karras_sigmas: true, sigma_max: 1 }, { steps: 5 });
    const scaled = startValues(karras, shape, { seed: 7 });
    expect(karras.initialScale).toBeCloseTo(Math.SQRT1_2, 12);
    for (const [i, x] of scaled.entries()) {
      expect(x).toBeCloseTo(Math.SQRT1_2 * noise(7)[i]!, 6);
    }
  });

  test("an image noised to the level of the first row: q(x_t | x_0)", () => {
    const plan = partialPlan(ddim, 0.5);
    const { alphaBar } = plan.rows[0]!;
    const x = startValues(plan, shape, { seed: 1, image });
    x.forEach((value, i) => {
      const z = noise(1)[i]!;
      const expected = Math.sqrt(alphaBar) * image.data[i % 10]! + Math.sqrt(1 - alphaBar) * z;
      expect(value).toBeCloseTo(expected, 6);
    });
  });

  test("inversion starts from the image itself, and needs one", () => {
    const inverse = samplingPlan("ddim-inverse", {}, { steps: 5 });
    expect(startValues(inverse, shape, { image }).slice(10, 20)).toEqual(image.data);
    expect(() => startValues(inverse, shape, {})).toThrow(/got no image/);
  });

  test("between two seeds along the arc: the ends are theirs, the length stays", () => {
    const x = startValues(ddim, shape, { interpolate: [3, 4] });
    expect(x.slice(0, 10)).toEqual(noise(3, 10));
    for (const [i, z] of noise(4, 10).entries()) expect(x[20 + i]).toBeCloseTo(z, 6);
    const ddpm = samplingPlan("ddpm", {}, { steps: 5 });
    expect(() => startValues(ddpm, shape, { interpolate: [3, 4] })).toThrow(/got ddpm/);
  });

  test("slerp of unit vectors has length 1 and parts the angle evenly", () => {
    const [a, b] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
    const third = slerp(a, b, 1 / 3);
    expect(third[0]).toBeCloseTo(Math.cos(Math.PI / 6), 6);
    expect(third[1]).toBeCloseTo(Math.sin(Math.PI / 6), 6);
    expect(slerp(a, a, 0.3)).toEqual(a);
  });

  test("two things at once are refused", () => {
    const options = { image, interpolate: [1, 2] as const };
    expect(() => startValues(ddim, shape, options)).toThrow(/got interpolate and image/);
  });
});

describe("o = u + w (c − u)   [Ho & Salimans 2022, eq. 6]", () => {
  test("guidance 0 is the output without the class, 1 the output with it", () => {
    const [x, c, u] = [Float64Array.of(0.5), Float64Array.of(-1), Float64Array.of(2)];
    const step = (guidance: number, output: Float64Array, unconditional?: Float64Array) =>
      reverseStep({ ...ddim.rows[5]!, guidance }, { x, output, unconditional }).x[0]!;
    expect(step(0, c, u)).toBeCloseTo(step(1, u), 14);
    expect(step(1, c, u)).toBeCloseTo(step(1, c), 14);
    expect(step(3, c, u)).toBeCloseTo(step(1, Float64Array.of(2 + 3 * (-1 - 2))), 14);
  });
});
