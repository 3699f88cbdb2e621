import { describe, expect, test } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import type { ShaderFamily } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { initialState, LEVEL_FIELDS, STATE, STREAMS } from "../../src/kernels/diffusion.ts";
import { adamw } from "../../src/kernels/generated/adamw.ts";
import { diffusion } from "../../src/kernels/generated/diffusion.ts";
import { reverse_step } from "../../src/kernels/generated/reverse_step.ts";
import { steer } from "../../src/kernels/generated/steer.ts";
import {
  advance,
  BLEND_STREAMS,
  blend,
  packRows,
  ROW_FIELDS,
  reverseStep,
  spreadRow,
} from "../../src/kernels/reverse_step.ts";
import type { Plan, PlanRow } from "../../src/samplers/plan.ts";
import { samplingPlan } from "../../src/samplers/sampler.ts";
import { scattered } from "../reference/agreement.ts";
import { mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import {
  blend as blendTwin,
  type ReverseStepInput,
  runPlan,
  reverseStep as twin,
} from "../reference/reverse_step.ts";
import { EPSILON, evaluate, expectWithin, type Input } from "../support/gpu.ts";

const SEED = 0xfedcba987654321n;
const NORMALS_BOUND = 1e-6 / (8 * EPSILON); // agreed error of a normal, as a term of Σ|terms|

const stateInput = (step: number, firstImage = 0): Input => ({
  ...ndarray([8], initialState(SEED, { step, firstImage })),
  dtype: "u32",
});

const rowsInput = (plan: Plan) => ndarray([plan.rows.length, ROW_FIELDS.length], packRows(plan));

/** Declarations of a family's shader, by name. */
function declared(family: ShaderFamily, name: string): string {
  const pattern = new RegExp(`(fn|struct) ${name}\\b`);
  return (
    readingOf(family)
      .chunks.find((chunk) => pattern.test(chunk))
      ?.trim() ?? `no ${name}`
  );
}

/** Fields of a struct as TypeScript names them. */
const fieldsOf = (family: ShaderFamily, name: string) =>
  [...declared(family, name).matchAll(/(\w+)\s*:/g)].map(([, field]) =>
    field!.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );

describe("what reverse_step.wgsl shares with others is the same", () => {
  test("Row, Level and StepState are what TypeScript packs", () => {
    expect(fieldsOf(reverse_step, "Row")).toEqual([...ROW_FIELDS]);
    expect(fieldsOf(diffusion, "Level")).toEqual([...LEVEL_FIELDS]);
    for (const family of [diffusion, reverse_step, adamw]) {
      expect(fieldsOf(family, "StepState")).toEqual(Object.keys(STATE));
    }
    expect(Object.values(STATE)).toEqual([0, 1, 2, 3, 4]);
  });

  test("steer.wgsl reads the same rows", () => {
    expect(fieldsOf(steer, "Row")).toEqual([...ROW_FIELDS]);
    expect(fieldsOf(steer, "StepState")).toEqual(Object.keys(STATE));
  });

  const SHARED = ["mul_high", "philox", "natural_log", "radius_of", "with_sign", "box_muller"];
  test.each([...SHARED, "Quad", "quad_of", "normals_of"])("%s of diffusion.wgsl", (name) => {
    expect(declared(reverse_step, name)).toBe(declared(diffusion, name));
  });
});

const DDPM = { num_train_timesteps: 1000 };
const PLANS: Record<string, Plan> = {
  "ddpm, fixed_small": samplingPlan("ddpm", DDPM, { steps: 20 }),
  "ddpm, fixed_large, v": samplingPlan(
    "ddpm",
    { ...DDPM, variance_type: "fixed_large", prediction_type: "v_prediction" },
    { steps: 1000 },
  ),
  "ddpm, learned": samplingPlan("ddpm", { ...DDPM, variance_type: "learned" }, { steps: 20 }),
  "ddpm, learned_range, unclipped": samplingPlan(
    "ddpm",
    { ...DDPM, variance_type: "learned_range", clip_sample: false },
    { steps: 50 },
  ),
  "ddim, predicting x_0": samplingPlan(
    "ddim",
    { ...DDPM, prediction_type: "sample", beta_schedule: "squaredcos_cap_v2" },
    { steps: 20 },
  ),
  "ddim, eta 0.7, ε̂ anew": samplingPlan("ddim", DDPM, {
    steps: 20,
    eta: 0.7,
    useClippedModelOutput: true,
  }),
  "ddim-inverse": samplingPlan("ddim-inverse", DDPM, { steps: 10 }),
  "dpm-solver++": samplingPlan("dpm-solver++", DDPM, { steps: 20 }),
  euler: samplingPlan("euler", DDPM, { steps: 20 }),
  heun: samplingPlan("heun", DDPM, { steps: 11 }),
};

const SHAPES = [
  [1, 1, 1, 1],
  [3, 1, 5, 7],
  [2, 3, 16, 17],
] as const;

interface Case {
  shape: readonly number[];
  x: NdArray;
  x0Previous: NdArray;
  output: NdArray;
}

function caseOf(shape: readonly number[], { learned = false, c = 1 } = {}): Case {
  const [N, C, H, W] = shape as [number, number, number, number];
  const output = scattered([N, learned ? 2 * C : C, H, W], 2);
  return {
    shape,
    x: mapArray(scattered(shape, 1), (value) => 2 * value),
    x0Previous: c === 0 ? mapArray(ndarray(shape), () => Number.NaN) : scattered(shape, 3),
    output: mapArray(output, (value) => 1.5 * value),
  };
}

/** The twin's input: the output's halves apart, each image's part behind the other's. */
function twinInput({ shape, x, x0Previous, output }: Case, step: number, firstImage: number) {
  const N = shape[0]!;
  const size = x.data.length / N;
  const half = (which: number) =>
    x.data.map((_, i) => {
      const stride = output.data.length / N;
      return output.data[Math.floor(i / size) * stride + which * size + (i % size)]!;
    });
  const place = { stream: STREAMS.reverseStep, step };
  const noise = philoxNormals(SEED, (firstImage + N) * size, place).slice(firstImage * size);
  return {
    x: x.data,
    x0HatPrevious: x0Previous.data,
    output: half(0),
    varianceOutput: output.data.length > x.data.length ? half(1) : undefined,
    noise: Float64Array.from(noise),
  };
}

const SIGNED = [
  ...(["x0FromX", "x0FromOutput", "epsFromX", "epsFromOutput", "epsOfX", "epsOfX0"] as const),
  ...(["a", "b", "c", "d"] as const),
];

/** Σ|terms| of x' and x̂_0: the twin on absolute values, and the noise's own error. */
function boundOf(row: PlanRow, input: ReverseStepInput) {
  const loud: PlanRow = { ...row, clip: Number.POSITIVE_INFINITY };
  for (const name of SIGNED) loud[name] = Math.abs(row[name]);
  const { x, output, varianceOutput, x0HatPrevious, noise } = input;
  const range = Math.max(Math.abs(row.logVarianceMin ?? 0), Math.abs(row.logVarianceMax ?? 0));
  const loudNoise = noise?.map((z, i) => {
    const exponent = range * (1 + Math.abs(varianceOutput?.[i] ?? 0)); // eᵃ moves by a's error
    return Math.abs(z) * (1 + exponent) + NORMALS_BOUND;
  });
  return twin(loud, {
    x: x.map(Math.abs),
    output: output.map(Math.abs),
    varianceOutput,
    x0HatPrevious: x0HatPrevious?.map(Math.abs),
    noise: loudNoise,
  });
}

async function check(plan: Plan, step: number, shape: readonly number[], firstImage = 0) {
  const row = plan.rows[step]!;
  const given = caseOf(shape, { learned: row.logVarianceMin !== undefined, c: row.c });
  const { x, x0Previous, output } = given;
  const inputs = {
    state: stateInput(step, firstImage),
    rows: rowsInput(plan),
    x,
    x0Previous,
    output,
  };
  const result = await evaluate(inputs, (graph, tensors) => {
    reverseStep(graph, tensors);
    return { x: tensors.x, x0Hat: tensors.x0Previous };
  });
  const input = twinInput(given, step, firstImage);
  const expected = twin(row, input);
  const bound = boundOf(row, input);
  const array = (data: Float64Array) => ndarray(shape, data);
  expectWithin("x0Hat", result.x0Hat, {
    expected: array(expected.x0Hat),
    bound: array(bound.x0Hat),
  });
  expectWithin("x", result.x, { expected: array(expected.x), bound: array(bound.x) });
}

describe("x' = a x + b x̂_0 + c x̂_0 previous + d ε̂ + σ z by one row of a plan", () => {
  describe.each(Object.entries(PLANS))("%s", (_name, plan) => {
    const last = plan.rows.length - 1;
    test.each([0, 1, Math.floor(last / 2), last])("row %i", async (step) => {
      for (const shape of SHAPES) await check(plan, step, shape);
    });
  });

  test("a later part of the images has its own noise", () =>
    check(PLANS["ddpm, fixed_small"]!, 3, [2, 1, 5, 7], 3));

  test.each([64, -64])("a learned ln σ² from 0 to %i gives its exponential", async (max) => {
    const shape = [1, 1, 64, 64];
    const v = mapArray(ndarray([1, 2, 64, 64]), (_, i) => -1 + (i % 4096) / 2048);
    const bare = { ...PLANS.euler!.rows[0]!, a: 0, b: 0, d: 0, sigma: 1 };
    const learned = { ...bare, logVarianceMin: 0, logVarianceMax: max };
    const of = async (row: PlanRow) => {
      const [x, x0Previous, rows] = [
        ndarray(shape),
        ndarray(shape),
        ndarray([1, ROW_FIELDS.length], packRows({ rows: [row] })),
      ];
      const inputs = { state: stateInput(0), rows, x, x0Previous, output: v };
      const result = await evaluate(inputs, (graph, tensors) => {
        reverseStep(graph, tensors);
        return { x: tensors.x };
      });
      return result.x.data;
    };
    const [plain, scaled] = [await of(bare), await of(learned)];
    plain.forEach((z, i) => {
      const expected = z * Math.exp((0.5 * max * i) / 4096); // ln σ² is exact in float32
      expect(Math.abs(scaled[i]! / expected - 1)).toBeLessThan(3 * EPSILON);
    });
  });

  test("every kind of row is among these plans", () => {
    const rows = Object.values(PLANS).flatMap((plan) => plan.rows);
    const has = (f: (row: PlanRow) => boolean) => expect(rows.some(f), String(f)).toBe(true);
    has(({ c }) => c !== 0);
    has(({ d }) => d !== 0);
    has(({ rederiveEps, d }) => rederiveEps && d !== 0);
    has(({ sigma }) => sigma !== 0);
    has(({ sigma }) => sigma === 0);
    has(({ clip }) => clip === Number.POSITIVE_INFINITY);
    has(({ logVarianceMin }) => logVarianceMin !== undefined);
  });
});

describe("a plan is run by replaying two dispatches", () => {
  test("advance moves to the next row, which finds x̂_0 of the row before", async () => {
    const plan = PLANS["dpm-solver++"]!;
    const steps = 5;
    const given = caseOf([2, 3, 4, 5]);
    const { x, x0Previous, output } = given;
    const inputs = { state: stateInput(0), rows: rowsInput(plan), x, x0Previous, output };
    const result = await evaluate(inputs, (graph, tensors) => {
      for (let i = 0; i < steps; i++) {
        reverseStep(graph, tensors);
        advance(graph, tensors);
      }
      return { x: tensors.x, state: tensors.state };
    });
    const run = runPlan(plan, x.data, () => ({ output: output.data }));
    let expected = x.data;
    for (let i = 0; i < steps; i++) expected = run.next().value!.x;
    const rtol = 1e-5; /* five steps, each with x̂_0 a difference of numbers up to 157 */
    const size = Math.max(...expected.map(Math.abs));
    expected.forEach((value, i) => {
      expect(Math.abs(result.x.data[i]! - value) / size).toBeLessThan(rtol);
    });
    expect([...result.state.data]).toEqual([...initialState(SEED, { step: steps })]);
  });
});

describe("guidance and inpainting", () => {
  const row: PlanRow = {
    ...PLANS.euler!.rows[7]!,
    ...{ guidance: 3.5, againSignal: 0.75, againSpread: 0.625, sigma: 0.25 },
  };
  const rows = ndarray([1, ROW_FIELDS.length], packRows({ rows: [row] }));
  const unit = 32; // Σ|terms| of numbers up to 4 and coefficients up to 6

  test.each(SHAPES)("[%i, %i, %i, %i]: both halves of x are the twin's", async (N, C, H, W) => {
    const shape = [N, C, H, W];
    const size = C * H * W;
    const [x, output] = [scattered([2 * N, C, H, W], 1), scattered([2 * N, C, H, W], 2)];
    const known = scattered(shape, 3);
    const mask = mapArray(ndarray(shape), (_, i) => (i % 3) / 2);
    const inputs = { state: stateInput(0, 2), rows, x, output, known, mask };
    const result = await evaluate({ ...inputs, x0Previous: ndarray(shape) }, (graph, tensors) => {
      const epsHat = graph.alloc(shape, "epsHat");
      reverseStep(graph, { ...tensors, epsHat });
      blend(graph, tensors);
      return { x: tensors.x, x0Hat: tensors.x0Previous, epsHat };
    });
    const drawn = (stream: number) =>
      Float64Array.from(philoxNormals(SEED, (2 + N) * size, { stream }).slice(2 * size));
    const stepped = twin(row, {
      x: x.data.slice(0, N * size),
      output: output.data.slice(0, N * size),
      unconditional: output.data.slice(N * size),
      noise: drawn(STREAMS.reverseStep),
    });
    const [noise, again] = [drawn(BLEND_STREAMS.known), drawn(BLEND_STREAMS.again)];
    const given = { x: stepped.x, known: known.data, mask: mask.data, noise, again };
    const next = blendTwin(row, given);
    const check = (what: keyof typeof result, values: Float64Array) => {
      const { shape: extents } = result[what];
      const bound = mapArray(ndarray(extents), () => unit);
      expectWithin(what, result[what], { expected: ndarray(extents, values), bound });
    };
    check("x", Float64Array.from([...next, ...next]));
    check("x0Hat", stepped.x0Hat);
    check("epsHat", stepped.epsHat);
  });

  test("a row of a table goes to every image, whatever its type", async () => {
    const table = scattered([3, 70], 4);
    const words: Input = { ...ndarray([3], [5, 6, 0xfffff]), dtype: "u32" };
    const result = await evaluate({ state: stateInput(2), table, words }, (graph, tensors) => ({
      row: spreadRow(graph, tensors, 2),
      word: spreadRow(graph, { state: tensors.state, table: tensors.words }, 2),
    }));
    const expected = Float32Array.from(table.data.slice(140));
    expect([...result.row.data]).toEqual([...expected, ...expected]);
    expect([...result.word.data]).toEqual([0xfffff, 0xfffff]);
  });
});
