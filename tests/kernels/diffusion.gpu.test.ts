import { describe, expect, test } from "vitest";
import { mulHigh, philox, philoxNormals, seedWords } from "../../src/core/philox.ts";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program.ts";
import { ResidentBuffer, writeTensor } from "../../src/graph/tensor.ts";
import {
  batchLabels,
  type DiffusionTarget,
  initialState,
  normals,
  packLevels,
  philoxWords,
  qSample,
  qSampleGiven,
  STREAMS,
} from "../../src/kernels/diffusion.ts";
import {
  type DiffusionLoss,
  diffusionLoss,
  diffusionLossGiven,
} from "../../src/kernels/diffusion_loss.ts";
import { kolmogorovSmirnov, moments } from "../core/statistics.ts";
import { scattered } from "../reference/agreement.ts";
import {
  diffusionLossBackward,
  qSample as qSampleTwin,
  diffusionLoss as twinLoss,
} from "../reference/diffusion.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { type GoldenCase, goldenCases, goldenTensor } from "../support/golden.ts";
import { EPSILON, evaluate, expectWithin, type Input, testGpu } from "../support/gpu.ts";

const SEED = 0x123456789abcden;
const SOFTWARE: Target = { ...PLAIN_TARGET, software: "swiftshader" };
const NORMALS = 1e-6; /* agreed error of a normal number, see src/core/philox.ts */
const NORMALS_BOUND = NORMALS / (8 * EPSILON); // the same as a term of Σ|terms|

const indices = (shape: number[], values: ArrayLike<number>): Input => ({
  ...ndarray(shape, values),
  dtype: "u32",
});

const stateInput = (step: number, firstImage = 0): Input =>
  indices([8], initialState(SEED, { step, firstImage }));

const asWords = ({ data }: NdArray) => Uint32Array.from(data);

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => Math.max(x, y), 0);

describe("Philox4x32-10 on the GPU gives the words of the host, exactly", () => {
  const SEEDS = [0n, 1n, SEED, 0xffffffffffffffffn, 0xdeadbeef00000000n];
  test.each(SEEDS)("seed %i, 1000 counters, several streams and steps", async (seed) => {
    const steps = new Map([
      [0, 0],
      [3, 0xffffffff],
      [0xffffffff, 123456789],
    ]); // by stream
    for (const [stream, step] of steps) {
      const words = await wordsOf(initialState(seed, { step }), stream);
      const expected = Array.from({ length: 1000 }, (_, i) => [
        ...philox([i, stream, step, 0], seedWords(seed)),
      ]);
      expect([...words]).toEqual(expected.flat());
    }
  });

  /** evaluate() reads float32, which does not keep the words that are NaN. */
  async function wordsOf(state: Uint32Array<ArrayBuffer>, stream: number): Promise<Uint32Array> {
    const gpu = await testGpu();
    const resident = new ResidentBuffer("state");
    const tensor = resident.add([8], "state", "u32");
    const graph = new Graph(gpu.target);
    const words = philoxWords(graph, { state: tensor }, { counters: 1000, stream });
    const program = await Program.compile(gpu, graph, { label: "words", keep: [words] });
    writeTensor(gpu, tensor, state);
    program.run();
    const { buffer } = await program.read(words);
    program.dispose();
    resident.destroy(gpu);
    return new Uint32Array(buffer);
  }
});

describe("normals are those of src/core/philox.ts, to 1e-6", () => {
  test.each([
    [[1], 0, 0],
    [[7], 8, 0],
    [[3, 35], 4, 5],
    [[2, 3, 5, 7], 0, 1],
    [[4, 3, 64, 65], 0, 0xfff],
    [[200_001], 4 * 0x3fff0000, 0],
  ])("shape %j from element %i, first image %i", async (shape, firstElement, firstImage) => {
    const options = { shape, stream: 7, firstElement };
    const { y } = await evaluate({ state: stateInput(11, firstImage) }, (graph, { state }) => ({
      y: normals(graph, { state }, options),
    }));
    const skipped = shape.length > 1 ? (firstImage * y.data.length) / shape[0]! : 0;
    const [first, rest] = [firstElement + skipped - (skipped % 4), skipped % 4];
    const count = y.data.length + rest;
    const expected = philoxNormals(SEED, count, { stream: 7, step: 11, first }).slice(rest);
    expect(y.shape).toEqual(shape);
    expect(largestDifference(y.data, expected)).toBeLessThanOrEqual(NORMALS);
  });

  test("noise does not depend on the batch an image is in", async () => {
    const of = async (N: number, firstImage: number) => {
      const options = { shape: [N, 3, 5, 7], stream: 1 };
      const inputs = { state: stateInput(2, firstImage) };
      return (
        await evaluate(inputs, (graph, { state }) => ({ y: normals(graph, { state }, options) }))
      ).y;
    };
    const all = await of(5, 0);
    const later = await of(2, 3);
    expect([...later.data]).toEqual([...all.data.slice(3 * 105)]);
  });

  test("scale is the standard deviation", async () => {
    const state = stateInput(0);
    const { y, z } = await evaluate({ state }, (graph, inputs) => ({
      y: normals(graph, inputs, { shape: [9], stream: 2 }),
      z: normals(graph, inputs, { shape: [9], stream: 2, scale: 0.5 }),
    }));
    expect([...z.data]).toEqual([...y.data.map((value) => value / 2)]);
  });
});

// ᾱ from 1 to 0, both ends included
const T = 50;
const ALPHA_BARS = Array.from(
  { length: T },
  (_, t) => Math.cos((t / (T - 1)) * (Math.PI / 2)) ** 2,
);
ALPHA_BARS[T - 1] = 0;
const WEIGHTS = Array.from({ length: T }, (_, t) => 0.25 + t / T);
const RING = 3;

const SHAPES = [
  [1, 1, 1, 1],
  [5, 1, 1, 3],
  [3, 1, 5, 7],
  [2, 3, 16, 16],
  [2, 3, 33, 47],
];

function batchInputs(
  shape: readonly number[],
  target: DiffusionTarget,
  { step = 7, firstImage = 0 },
) {
  const [N, size] = [shape[0]!, shape[1]! * shape[2]! * shape[3]!];
  const count = 2 * N + 1; // images in the data
  const bytes = new Uint8Array(4 * Math.ceil((count * size) / 4));
  scattered([bytes.length], 3).data.forEach((value, i) => {
    bytes[i] = i % 5 === 0 ? 255 * (i % 2) : Math.floor(128 * (value + 1));
  });
  const order = scattered([RING * N], 4).data.map((value) => Math.floor(((value + 1) / 2) * count));
  const table = packLevels(ALPHA_BARS, { target, weights: WEIGHTS });
  const words = new Uint32Array(bytes.buffer);
  const inputs = {
    state: stateInput(step, firstImage),
    images: indices([words.length], words),
    order: indices([RING, N], order),
    levels: ndarray([T, 5], table),
  };

  // what the kernels must draw
  const timesteps = Array.from({ length: N }, (_, n) => {
    const counter = [Math.floor((firstImage + n) / 4), STREAMS.timestep, step, 0];
    return mulHigh(philox(counter, seedWords(SEED))[(firstImage + n) % 4]!, T);
  });
  const noise = ndarray(shape, hostNoise(N, size, { step, firstImage }));
  const x0 = mapArray(ndarray(shape), (_, i) => {
    const place = order[(step % RING) * N + Math.floor(i / size)]!;
    return bytes[place * size + (i % size)]! / 127.5 - 1;
  });
  return { inputs, timesteps, noise, x0, bars: timesteps.map((t) => ALPHA_BARS[t]!) };
}

function hostNoise(N: number, size: number, place: { step: number; firstImage: number }) {
  const { step, firstImage } = place;
  const all = philoxNormals(SEED, (firstImage + N) * size, { stream: STREAMS.noise, step });
  return all.slice(firstImage * size);
}

describe("q_sample draws t and ε of the counters, and gives √ᾱ_t x_0 + √(1 − ᾱ_t) ε [DDPM eq. 4]", () => {
  const steps = [7, 8, 9]; // of every row of the order
  const cases = SHAPES.flatMap((shape) =>
    steps.map((step) => [shape, step, 3 * (step % 2)] as const),
  );
  test.each(cases)("%j, step %i, first image %i", async (shape, step, firstImage) => {
    const { inputs, ...host } = batchInputs(shape, "epsilon", { step, firstImage });
    const result = await evaluate(inputs, (graph, tensors) => qSample(graph, tensors, { shape }));
    expect([...asWords(result.timesteps)]).toEqual(host.timesteps);
    const { xt } = qSampleTwin(host.x0, host.noise, host.bars, "epsilon");
    expect(result.xt.shape).toEqual(shape);
    expect(largestDifference(result.xt.data, xt.data)).toBeLessThanOrEqual(NORMALS);
  });

  test("ε has mean 0, variance 1 and the normal law; t is uniform", async () => {
    const [N, C] = [2048, 64];
    const inputs = {
      state: stateInput(5),
      images: indices([C / 4], new Uint32Array(C / 4)),
      order: indices([1, N], new Uint32Array(N)),
      levels: ndarray([1000, 5], packLevels(new Float64Array(1000), { target: "epsilon" })), // ᾱ = 0
    };
    const { xt, timesteps } = await evaluate(inputs, (graph, tensors) =>
      qSample(graph, tensors, { shape: [N, C, 1, 1] }),
    );
    const n = N * C;
    const [mean, variance, skewness, kurtosis] = moments(xt.data);
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n)); // 4 standard deviations each
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(skewness)).toBeLessThan(4 * Math.sqrt(6 / n));
    expect(Math.abs(kurtosis - 3)).toBeLessThan(4 * Math.sqrt(24 / n));
    expect(kolmogorovSmirnov(Float32Array.from(xt.data), "normal")).toBeLessThan(2 / Math.sqrt(n));

    const t = Float32Array.from(asWords(timesteps), (value) => (value + 0.5) / 1000);
    expect(kolmogorovSmirnov(t, "uniform")).toBeLessThan(2 / Math.sqrt(N));
  });
});

interface LossCase {
  prediction: NdArray;
  x0: NdArray;
  noise: NdArray;
  bars: number[];
  weight: number[];
  /** error of the noise, as a term of Σ|terms| */
  noiseBound: number;
}

/** Checks dprediction and perImage against the twin. With δ the bound of d, those of l are |l′| δ. */
function expectLoss(
  actual: { dprediction: NdArray; perImage: NdArray },
  given: LossCase,
  [target, loss]: readonly [DiffusionTarget, DiffusionLoss],
) {
  const { prediction, x0, noise, bars, noiseBound } = given;
  const N = x0.shape[0]!;
  const [size, stride] = [x0.data.length / N, prediction.data.length / N];
  const weight = ndarray([N], given.weight);
  const inputs = { prediction, target: qSampleTwin(x0, noise, bars, target).target, weight };
  const dprediction = diffusionLossBackward(inputs, loss);
  const { perSample } = twinLoss(inputs, loss);

  const levels = packLevels(bars, { target });
  const parts = (n: number, i: number) => {
    const [noiseFactor, x0Factor] = levels.subarray(5 * n + 2, 5 * n + 4).map(Math.abs);
    const z = Math.abs(noise.data[i]!) + noiseBound;
    return noiseFactor! * z + x0Factor! * (Math.abs(x0.data[i]!) + 1);
  };
  const perImageBound = ndarray([N]);
  const bound = mapArray(prediction, (value, at) => {
    const [n, k] = [Math.floor(at / stride), at % stride];
    if (k >= size) return 0;
    const delta = Math.abs(value) + parts(n, n * size + k);
    perImageBound.data[n]! += N * Math.abs(dprediction.data[at]!) * delta;
    const slope = { mse: 2 * delta, l1: 1, huber: delta + 1 }[loss];
    return (given.weight[n]! * slope) / x0.data.length;
  });
  expectWithin("dprediction", actual.dprediction, { expected: dprediction, bound });
  expectWithin("perImage", actual.perImage, { expected: perSample, bound: perImageBound });
}

const TARGETS: DiffusionTarget[] = ["epsilon", "sample", "v_prediction"];
const LOSSES: DiffusionLoss[] = ["mse", "l1", "huber"];
const KINDS = TARGETS.flatMap((target) => LOSSES.map((loss) => [target, loss] as const));

describe("loss = w_t · mean l(prediction − target), of the ε that q_sample drew [DDPM eq. 14]", () => {
  const check = async (
    shape: readonly number[],
    kind: readonly [DiffusionTarget, DiffusionLoss],
    { channels = shape[1]!, firstImage = 0, target = PLAIN_TARGET } = {},
  ) => {
    const [N, , H, W] = shape as [number, number, number, number];
    const { inputs, timesteps, ...host } = batchInputs(shape, kind[0], { firstImage });
    const random = scattered([N, channels, H, W], 5);
    const prediction = mapArray(random, (value) => 2.5 * value); // beyond huber's 1
    const given = { ...inputs, prediction, timesteps: indices([N], timesteps) };
    const build = (graph: Graph, tensors: Parameters<typeof diffusionLoss>[1]) =>
      diffusionLoss(graph, tensors, { shape, loss: kind[1] });
    const result = await evaluate(given, build, target);
    const weight = timesteps.map((t) => WEIGHTS[t]!);
    expectLoss(result, { ...host, prediction, weight, noiseBound: NORMALS_BOUND }, kind);
    return result;
  };

  test.each(KINDS)("predicting %s, %s", async (...kind) => {
    await check([5, 3, 5, 7], kind);
  });
  test.each(SHAPES)("images [%i, %i, %i, %i]", async (...shape) => {
    for (const target of [PLAIN_TARGET, SOFTWARE]) {
      await check(shape, ["v_prediction", "mse"], { target });
    }
  });
  test("a later part of a step's images", async () => {
    await check([3, 1, 5, 7], ["epsilon", "mse"], { firstImage: 3 });
  });

  test("channels of a learned variance have gradient 0", async () => {
    const { dprediction } = await check([2, 3, 17, 31], ["epsilon", "mse"], { channels: 6 });
    const isIgnored = (_: number, i: number) => Math.floor(i / (3 * 17 * 31)) % 2 === 1;
    expect(dprediction.data.filter(isIgnored).every((value) => value === 0)).toBe(true);
  });
});

/** A table of levels whose rows at the golden timesteps are the golden ones. */
function goldenLevels(golden: GoldenCase<unknown>, target: DiffusionTarget): NdArray {
  const timesteps = goldenTensor(golden, "timestep").data;
  const [bars, weights] = [new Float64Array(1000).fill(0.5), new Float64Array(1000).fill(7)];
  timesteps.forEach((t, n) => {
    bars[t] = golden.numbers.alphas_cumprod![n]!;
    weights[t] = golden.numbers.weight?.[n] ?? 1;
  });
  return ndarray([1000, 5], packLevels(bars, { target, weights }));
}

const goldenInputs = (golden: GoldenCase<unknown>, target: DiffusionTarget) => ({
  x0: goldenTensor(golden, "x0"),
  noise: goldenTensor(golden, "noise"),
  timesteps: indices(goldenTensor(golden, "timestep").shape, goldenTensor(golden, "timestep").data),
  levels: goldenLevels(golden, target),
});

describe("with x_0, ε and t given, the results are PyTorch's", () => {
  test.each(goldenCases("q_sample"))("$name: x_t", async (golden) => {
    const inputs = goldenInputs(golden, "epsilon");
    const { xt } = await evaluate(inputs, (graph, tensors) => qSampleGiven(graph, tensors));
    const [x0, noise] = [absolute(inputs.x0), absolute(inputs.noise)];
    const bound = qSampleTwin(x0, noise, golden.numbers.alphas_cumprod!, "epsilon").xt;
    expectWithin("xt", xt, { expected: goldenTensor(golden, "x_t"), bound });
  });

  test.each(goldenCases<{ target: DiffusionTarget; loss: DiffusionLoss }>("losses"))(
    "$name: losses and gradient",
    async (golden) => {
      const { target, loss } = golden.options;
      const prediction = goldenTensor(golden, "prediction");
      const inputs = { ...goldenInputs(golden, target), prediction };
      const result = await evaluate(inputs, (graph, tensors) =>
        diffusionLossGiven(graph, tensors, { loss }),
      );
      const { alphas_cumprod: bars, weight } = golden.numbers;
      const given = { ...inputs, bars: bars!, weight: weight!, noiseBound: 0 };
      expectLoss(result, given, [target, loss]);
      const rtol = 1e-5; /* float32 sums of 30 terms, each a difference of two */
      const perSample = goldenTensor(golden, "per_sample").data;
      perSample.forEach((value, n) => {
        expect(Math.abs(result.perImage.data[n]! / value - 1)).toBeLessThan(rtol);
      });
    },
  );
});

describe("labels are the data's, each the null class with probability p   [Ho & Salimans 2022]", () => {
  const count = 4000;
  const dataLabels = Array.from({ length: 10 }, (_, i) => (3 * i) % 10);
  const order = Array.from({ length: 2 * count }, (_, n) => (7 * n + (n >> 3)) % 10);
  const labelsOf = async (dropout: number) => {
    const inputs = {
      state: stateInput(5, 2),
      order: indices([2, count], order),
      dataLabels: indices([10], dataLabels),
    };
    const options = { dropout, nullClass: 10 };
    const { labels } = await evaluate(inputs, (graph, tensors) => ({
      labels: batchLabels(graph, tensors, options),
    }));
    return [...asWords(labels)];
  };
  const whole = order.slice(count).map((place) => dataLabels[place]!); // row 5 mod 2

  test("p = 0: all are the data's; p = 1: none is", async () => {
    expect(await labelsOf(0)).toEqual(whole);
    expect(await labelsOf(1)).toEqual(whole.map(() => 10));
  });

  test("between, those whose word of Philox is below p", async () => {
    const words = whole.map((_, n) => {
      const counter = [Math.floor((n + 2) / 4), STREAMS.labelDropout, 5, 0];
      return philox(counter, seedWords(SEED))[(n + 2) % 4]!;
    });
    const expected = whole.map((label, n) => ((words[n]! >>> 8) * 2 ** -24 < 0.25 ? 10 : label));
    expect(await labelsOf(0.25)).toEqual(expected);
    const dropped = expected.filter((label) => label === 10).length;
    expect(Math.abs(dropped - count / 4)).toBeLessThan(4 * Math.sqrt((count * 3) / 16));
  });

  test("p out of 0 … 1 is refused", () => {
    const graph = new Graph();
    const tensor = (extents: number[]) => graph.alloc(extents, "x", "u32");
    const inputs = { state: tensor([8]), order: tensor([2, 3]), dataLabels: tensor([9]) };
    expect(() => batchLabels(graph, inputs, { dropout: 1.5, nullClass: 0 })).toThrow(
      "batchLabels: dropout must be a probability in 0 … 1, got 1.5.",
    );
  });
});
