import { describe, expect, test } from "vitest";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import {
  type AdamWOptions,
  adamw,
  finishStep,
  gradientNorm,
  RECORD_FIELDS,
  SCHEDULE_FIELDS,
  scheduleRow,
  unpackRecords,
} from "../../src/kernels/adamw.ts";
import { initialState, STATE } from "../../src/kernels/diffusion.ts";
import { adamw as family } from "../../src/kernels/generated/adamw.ts";
import { advance } from "../../src/kernels/reverse_step.ts";
import { type AdamWState, adamwStep } from "../reference/adamw.ts";
import { scattered } from "../reference/agreement.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import { EPSILON, evaluate, expectWithin, type Input } from "../support/gpu.ts";

const RING = 4;
const SOFTWARE: Target = { ...PLAIN_TARGET, software: "swiftshader" };

const stateInput = (step: number): Input => ({
  ...ndarray([8], initialState(9, { step })),
  dtype: "u32",
});

const fieldsOf = (name: string) => {
  const text = readingOf(family).chunks.find((chunk) => chunk.includes(`struct ${name} {`)) ?? "";
  return [...text.matchAll(/(\w+)\s*:/g)].map(([, field]) =>
    field!.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  );
};

describe("the structs of adamw.wgsl are those that TypeScript packs", () => {
  test("ScheduleRow and Record", () => {
    expect(fieldsOf("ScheduleRow")).toEqual([...SCHEDULE_FIELDS]);
    expect(fieldsOf("Record")).toEqual([...RECORD_FIELDS]);
  });
});

interface Flat {
  gradients: NdArray;
  parameters: NdArray;
  expAvg: NdArray;
  expAvgSq: NdArray;
  ema: NdArray;
}

/** Runs one step as a trainer would; the schedule's other rows would move everything. */
async function gpuStep(
  flat: Flat,
  step: number,
  {
    target,
    losses = [1, 2, 4.5],
    ...options
  }: AdamWOptions & { clip?: number; target?: Target; losses?: number[] },
) {
  const row = scheduleRow(step, options);
  const wrong = row.map(() => 0.5);
  const rows = Array.from({ length: RING }, (_, slot) => (slot === step % RING ? row : wrong));
  const inputs = {
    ...flat,
    state: stateInput(step),
    schedule: ndarray([RING, row.length], rows.flat()),
    perImage: ndarray([3], losses),
    history: ndarray([RING, 5], new Float64Array(5 * RING).fill(-1)),
    lossScale: ndarray([2], [1, 0]),
  };
  const result = await evaluate(
    inputs,
    (graph, tensors) => {
      const squares = gradientNorm(graph, tensors);
      const { clip } = options;
      const factor = finishStep(graph, { ...tensors, squares }, clip === undefined ? {} : { clip });
      adamw(graph, { ...tensors, factor });
      const { parameters, expAvg, expAvgSq, ema, history, state } = tensors;
      return { parameters, expAvg, expAvgSq, ema, history, state, factor };
    },
    target,
  );
  const records = unpackRecords(Float32Array.from(result.history.data));
  const words = Uint32Array.from(result.state.data);
  return { ...result, records, words };
}

interface Options {
  shapes: number[][];
  steps: number;
  lr: number;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  clip: number | null;
  ema: number;
}

/** Row `s` of every parameter, one after the other, padded to a multiple of 64. */
function flatOf(golden: GoldenCase<Options>, role: string, s: number): NdArray {
  const values = golden.options.shapes.flatMap((_, i) => {
    const { shape, data } = goldenTensor(golden, `${role}.p${i}`);
    const size = data.length / shape[0]!;
    return [...data.subarray(s * size, (s + 1) * size)];
  });
  const flat = ndarray([Math.ceil(values.length / 64) * 64]);
  flat.data.set(values);
  return flat;
}

const RESULTS = [
  ["parameter", "parameters"],
  ["exp_avg", "expAvg"],
  ["exp_avg_sq", "expAvgSq"],
  ["ema", "ema"],
] as const;

/** A float64 state of one flat tensor, as the twin has it. */
const twinState = ({ parameters: parameter, expAvg, expAvgSq, ema }: Flat): AdamWState => ({
  flat: { parameter, expAvg, expAvgSq, ema },
});

type TwinOptions = Parameters<typeof adamwStep>[3];

/**
 * One step of the twin from a state, and Σ|terms| of what it changes: the update is measured with
 * m's terms without their signs, for where they cancel their roundings stay.
 */
function twinStep(from: Flat, s: number, options: TwinOptions) {
  const flat = adamwStep(twinState(from), { flat: from.gradients }, s, options).state.flat!;
  const loud = { ...from, expAvg: absolute(from.expAvg) };
  const loudGradients = { flat: absolute(from.gradients) };
  const { expAvg } = adamwStep(twinState(loud), loudGradients, s, options).state.flat!;
  const [beta1, beta2] = options.betas;
  const parameters = mapArray(flat.parameter, (w, i) => {
    const root = Math.sqrt(flat.expAvgSq.data[i]!) / Math.sqrt(1 - beta2 ** s) + options.eps;
    return Math.abs(w) + ((options.lr / (1 - beta1 ** s)) * expAvg.data[i]!) / root;
  });
  const ema = mapArray(flat.ema, (value, i) => Math.abs(value) + parameters.data[i]!);
  const bounds = { parameters, expAvg, expAvgSq: flat.expAvgSq, ema };
  const { parameter, ...moments } = flat;
  return { expected: { parameters: parameter, ...moments }, bounds };
}

const larger = (a: NdArray, b: NdArray) => mapArray(a, (x, i) => Math.max(x, b.data[i]!));

describe("AdamW with clipping by the global norm and an average of the weights   [PyTorch]", () => {
  test.each(goldenCases<Options>("adamw"))(
    "$name: every state after every step",
    async (golden) => {
      const {
        steps,
        lr,
        betas,
        eps,
        weight_decay: weightDecay,
        ema: emaDecay,
        clip,
      } = golden.options;
      const options = { learningRate: lr, betas, eps, weightDecay, emaDecay };
      const start = (s: number): Flat => ({
        gradients: flatOf(golden, "gradient", Math.min(s, steps - 1)),
        parameters: flatOf(golden, "parameter", s),
        expAvg: flatOf(golden, "exp_avg", s),
        expAvgSq: flatOf(golden, "exp_avg_sq", s),
        ema: flatOf(golden, "ema", s),
      });
      let flat = start(0);
      let loudest: Omit<Flat, "gradients"> | undefined;
      for (let step = 0; step < steps; step++) {
        flat = { ...flat, gradients: start(step).gradients };
        const result = await gpuStep(flat, step, {
          ...options,
          ...(clip === null ? {} : { clip }),
        });

        const record = result.records[step % RING]!;
        const norm = golden.numbers.gradient_norm![step]!;
        expect(Math.abs(record.gradientNorm / norm - 1)).toBeLessThan(8 * EPSILON);
        expect(record).toMatchObject({ step, loss: 2.5 });
        expect(result.words[STATE.skipped]).toBe(0);

        const twin = { lr, betas, eps, weightDecay, emaDecay, clip };
        const { bounds } = twinStep(start(step), step + 1, twin);
        const before = loudest ?? bounds;
        const bound = { ...bounds };
        for (const [role, name] of RESULTS) {
          bound[name] = larger(before[name], bounds[name]);
          const expected = flatOf(golden, role, step + 1);
          const factor = 10 * (step + 1); // ten roundings a step
          expectWithin(`${role} ${step}`, result[name], { expected, bound: bound[name], factor });
        }
        loudest = bound;
        const { parameters, expAvg, expAvgSq, ema } = result; // the next step begins where this ended
        flat = { ...flat, parameters, expAvg, expAvgSq, ema };
      }
    },
  );
});

const OPTIONS = {
  learningRate: 3e-3,
  betas: [0.9, 0.999],
  eps: 1e-8,
  weightDecay: 0.02,
  emaDecay: 0.995,
} as const;

/** A state in the middle of training; v as large as m's square allows. */
const midway = (count: number): Flat => ({
  gradients: scattered([count], 1),
  parameters: scattered([count], 2),
  expAvg: scattered([count], 3),
  expAvgSq: mapArray(scattered([count], 4), (value) => value ** 2 + 1e-3),
  ema: scattered([count], 5),
});

describe("one step from any state, on flat buffers of any multiple of 64", () => {
  const COUNTS = [64, 320, 1024, 64 * 4 * 4 * 3 + 64, 64 * 1025, (1 << 18) + 64];
  const cases = COUNTS.flatMap((count) => [
    [count, "a software adapter", SOFTWARE] as const,
    [count, "a GPU", PLAIN_TARGET] as const,
  ]);
  test.each(cases)("%i numbers, cut for %s", async (count, _name, target) => {
    const flat = midway(count);
    const result = await gpuStep(flat, 37, { ...OPTIONS, clip: 0.5, target });
    const { learningRate: lr, ...rest } = OPTIONS;
    const { expected, bounds } = twinStep(flat, 38, { ...rest, lr, clip: 0.5 });
    for (const [role, name] of RESULTS) {
      const check = { expected: expected[name], bound: bounds[name], factor: 10 };
      expectWithin(role, result[name], check);
    }
    const norm = Math.sqrt(flat.gradients.data.reduce((sum, g) => sum + g * g, 0));
    const [record] = result.records.filter(({ step }) => step === 37);
    expect(Math.abs(record!.gradientNorm / norm - 1)).toBeLessThan(8 * EPSILON);
  });

  test("Adam's decay is a part of the gradient, after clipping", async () => {
    const flat = midway(320);
    const adam = { ...OPTIONS, weightDecay: 0, l2: 0.3 };
    const result = await gpuStep(flat, 37, { ...adam, clip: 0.5 });
    const { learningRate: lr, ...rest } = adam;
    const { expected, bounds } = twinStep(flat, 38, { ...rest, lr, clip: 0.5 });
    const without = twinStep(flat, 38, { ...rest, l2: 0, lr, clip: 0.5 }).expected.expAvg.data;
    expect(Math.abs(without[0]! - expected.expAvg.data[0]!)).toBeGreaterThan(1e-3);
    for (const [role, name] of RESULTS) {
      const bound = mapArray(bounds[name], (value, i) => {
        return value + Math.abs(flat.parameters.data[i]!); // of l2 · w, which may cancel
      });
      expectWithin(role, result[name], { expected: expected[name], bound, factor: 10 });
    }
  });

  test.each([
    [undefined, 1],
    [0, 1],
    [-1, 1],
    [1e9, 1],
    [1, 0.125],
  ])("clip %s gives the factor %d", async (clip, factor) => {
    const flat = midway(64);
    flat.gradients = mapArray(flat.gradients, () => 1); // norm 8
    const options = { ...OPTIONS, ...(clip === undefined ? {} : { clip }) };
    const { factor: applied, records } = await gpuStep(flat, 2, options);
    expect(applied.data[0]).toBeCloseTo(factor, 6);
    expect(records[2]!.clipFactor).toBe(applied.data[0]);
    expect(records[1]).toMatchObject({ loss: -1, gradientNorm: -1 }); // other slots stay
  });

  test("recorded once, three steps follow one another", async () => {
    let flat = midway(192);
    const { learningRate: lr, ...rest } = OPTIONS;
    const rows = [0, 1, 2, 3].map((step) => scheduleRow(step, OPTIONS));
    const inputs = {
      ...flat,
      state: stateInput(0),
      schedule: ndarray([RING, SCHEDULE_FIELDS.length], rows.flat()),
      perImage: ndarray([2], [1, 3]),
      history: ndarray([RING, 5]),
      lossScale: ndarray([2], [1, 0]),
    };
    const result = await evaluate(inputs, (graph, tensors) => {
      for (let i = 0; i < 3; i++) {
        const squares = gradientNorm(graph, tensors);
        const factor = finishStep(graph, { ...tensors, squares });
        adamw(graph, { ...tensors, factor });
        advance(graph, tensors);
      }
      return tensors;
    });
    for (let s = 1; s <= 3; s++) {
      const { expected, bounds } = twinStep(flat, s, { ...rest, lr, clip: null });
      flat = { ...flat, ...expected };
      if (s < 3) continue;
      for (const [role, name] of RESULTS) {
        expectWithin(role, result[name], { expected: flat[name], bound: bounds[name], factor: 30 });
      }
    }
    const records = unpackRecords(Float32Array.from(result.history.data));
    expect(records.map(({ step, loss }) => [step, loss])).toEqual([
      [0, 2],
      [1, 2],
      [2, 2],
      [0, 0],
    ]);
  });
});

describe("a gradient that is not finite changes nothing but the count of skipped steps", () => {
  const bitsOf = ({ data }: NdArray) => Buffer.from(Float32Array.from(data).buffer);
  const ONE = 0x3f800000;

  test.each([
    ["+∞", 0x7f800000],
    ["−∞", 0xff800000],
    ["a quiet NaN", 0x7fc00000],
    ["a signalling NaN", 0x7f800001],
    ["a negative NaN", 0xffc12345],
    ["10²⁰, whose square overflows", 0x60ad78ec],
  ])("%s, wherever it stands", async (_name, bits) => {
    const count = 64 * 257; // five workgroups of the norm
    for (const place of [0, 1, count / 2 + 3, count - 1]) {
      const gradients = mapArray(ndarray([count]), (_, i) => (i === place ? bits : ONE));
      const flat = midway(count);
      const withBits: Flat & { gradients: Input } = {
        ...flat,
        gradients: { ...gradients, dtype: "u32" },
      };
      const result = await gpuStep(withBits, 5, { ...OPTIONS, clip: 1 });
      for (const [, name] of RESULTS) {
        expect(bitsOf(result[name]).equals(bitsOf(flat[name])), name).toBe(true);
      }
      expect(result.factor.data[0]).toBe(0);
      expect(result.records[5 % RING]).toMatchObject({ step: 5, loss: 2.5, clipFactor: 0 });
      expect([...result.words]).toEqual([5, 9, 0, 1, 0, 0, 0, 0]);
    }
  });

  test("a loss that is not finite changes nothing either", async () => {
    const flat = midway(64);
    for (const loss of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const result = await gpuStep(flat, 5, { ...OPTIONS, losses: [1, loss, 2] });
      for (const [, name] of RESULTS) {
        expect(bitsOf(result[name]).equals(bitsOf(flat[name])), name).toBe(true);
      }
      expect(result.factor.data[0]).toBe(0);
      expect(result.words[STATE.skipped]).toBe(1);
    }
  });

  test.each([
    ["1.6e17, whose squares' sum overflows though no part of it does", 1.6e17, 1],
    ["5e16, the norm of which is still a number", 5e16, 0],
  ])("all gradients %s", async (_name, value, skipped) => {
    const flat = midway(64 * 257);
    flat.gradients = mapArray(flat.gradients, () => value);
    const { words, parameters } = await gpuStep(flat, 5, { ...OPTIONS, clip: 1 });
    expect(words[STATE.skipped]).toBe(skipped);
    expect(bitsOf(parameters).equals(bitsOf(flat.parameters))).toBe(skipped === 1);
  });
});
