import { describe, expect, test } from "vitest";
import { type BoundOptions, boundOptions, boundRows } from "../../src/diffusion/bound.ts";
import { makeTables } from "../../src/diffusion/schedule.ts";
import { dataBound } from "../../src/evaluate/data_bound.ts";
import { type GivenTerms, givenTerms } from "../../src/evaluate/given_terms.ts";
import { drawnTimesteps, lengthOf, strataOf } from "../../src/evaluate/strata.ts";
import { type BoundTerm, evaluateTerms } from "../../src/evaluate/terms.ts";
import { BOUND_ROW_FIELDS, boundTerms, packBoundRows } from "../../src/kernels/bound.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { ndarray } from "../reference/ndarray.ts";
import { evaluate, testGpu } from "../support/gpu.ts";
import { goldenFile, goldenModel } from "../support/model_folder.ts";
import { golden } from "./golden.ts";

/** Of a term: the network's float32 gives 1e-6 of its output, most of which averages out. */
const OF_NETWORK = 2e-6;
/** Of a term with the exact denoiser, whose output is rounded to float32. */
const OF_DENOISER = 2e-6;

const worstOf = (actual: readonly number[], expected: readonly number[]) =>
  Math.max(...expected.map((value, i) => Math.abs(actual[i]! / value - 1)));

async function lastOf<T>(records: AsyncIterable<T>): Promise<T> {
  let last: T | undefined;
  for await (const record of records) last = record;
  if (last === undefined) throw new Error("nothing was yielded");
  return last;
}

describe("L_T, L_{t−1}, L_0 with a network, against diffusers in float64 [bits/dim]", () => {
  test.each(
    golden.network.cases.flatMap((one) => [true, false].map((clips) => [one, clips] as const)),
  )("$name, clipped: %s", async (one, clips) => {
    const file = goldenFile(`bound/${one.file}`);
    const model = await goldenModel(one.model);
    const given: GivenTerms = {
      x0: file.floats("x0"),
      noise: file.floats("noise"),
      timestep: file.numbers("timestep"),
      clips,
    };
    const { prior, terms } = await lastOf(givenTerms(model, given));
    expect(worstOf(prior, one.prior)).toBeLessThan(OF_NETWORK);
    const expected = clips ? one.terms : one.terms_without_clipping;
    expect(terms.map(({ timestep }) => timestep)).toEqual(expected.map((term) => term.timestep));
    for (const [k, { bitsPerDim }] of expected.entries()) {
      expect(worstOf(terms[k]!.bitsPerDim, bitsPerDim)).toBeLessThan(OF_NETWORK);
    }
  });
});

describe("every term of 50 timesteps with the exact denoiser, against float64 [bits/dim]", () => {
  const { s, num_train_timesteps: T, beta_start, beta_end, cases } = golden.analytic;
  const tables = makeTables({ steps: T, betaStart: beta_start, betaEnd: beta_end });
  const file = goldenFile("bound/analytic.safetensors");

  /** Rows (t, n) as the kernel takes them: x_0, ε, and x̂_0 beside the variance's output. */
  function rowsOf(options: BoundOptions) {
    const pixels = file.numbers("pixels");
    const [mu, noise, v] = ["mu", "noise", "variance_output"].map((name) => file.floats(name).data);
    const size = mu!.length;
    const N = pixels.length / size;
    const rows = boundRows(tables, options);
    const [x0, output] = [new Float64Array(T * N * size), new Float64Array(2 * T * N * size)];
    for (let i = 0; i < T * N * size; i++) {
      const [row, pixel] = [Math.floor(i / size), i % size];
      const t = Math.floor(row / N);
      const [bar, m] = [tables.alphaBars[t]!, mu![pixel]!];
      x0[i] = pixels[(row % N) * size + pixel]! / 127.5 - 1;
      const xt = Math.sqrt(bar) * x0[i]! + Math.sqrt(1 - bar) * noise![i]!;
      const k = (Math.sqrt(bar) * s ** 2) / (bar * s ** 2 + 1 - bar);
      output[row * 2 * size + pixel] = m + k * (xt - Math.sqrt(bar) * m);
      output[row * 2 * size + size + pixel] = v![i]!;
    }
    const side = Math.sqrt(size);
    const [images, count] = [[T * N, 1, side, side], T * N];
    const table = Array.from({ length: count }, (_, row) => rows[Math.floor(row / N)]!);
    return {
      x0: ndarray(images, x0),
      noise: ndarray(images, noise!),
      output: ndarray([count, 2, side, side], output),
      rows: ndarray([count, BOUND_ROW_FIELDS.length], packBoundRows(table)),
    };
  }

  test.each(cases)("$name", async ({ variance_type, clip_denoised, terms, prior }) => {
    const options = boundOptions({ prediction_type: "sample", variance_type }, clip_denoised);
    const alphaBarT = tables.alphaBars.at(-1)!;
    const { results } = await evaluate(rowsOf(options), (graph, tensors) => ({
      results: boundTerms(graph, tensors, { alphaBarT }),
    }));
    const columnOf = (k: number) => results.data.filter((_, i) => i % 3 === k);
    expect(worstOf([...columnOf(1)], terms.flat())).toBeLessThan(OF_DENOISER);
    expect(worstOf([...columnOf(0)].slice(0, prior.length), prior)).toBeLessThan(OF_DENOISER);
  });
});

describe("a term is a function of (seed, image, timestep)", () => {
  test("whatever the batch, and whatever else is asked for", async () => {
    const model = await goldenModel("unets/ddpm");
    const { shape, data } = goldenFile("bound/network-ddpm.safetensors").floats("x0");
    const [, C, H, W] = shape as [number, number, number, number];
    const size = C * H * W;
    const places = [0, 1, 500, 999].flatMap((timestep) =>
      [0, 1].map((image) => ({ image, timestep })),
    );
    const of = async (batch: number, asked: typeof places) => {
      const all: BoundTerm[] = [];
      const x0 = (image: number) => data.subarray(image * size, (image + 1) * size);
      const options = { shape: [C, H, W] as const, places: asked, x0, batch, seed: 9 };
      for await (const { terms } of evaluateTerms(model, options)) all.push(...terms);
      return all;
    };
    const [together, apart] = [await of(8, places), await of(3, [...places].reverse())];
    expect(apart).toHaveLength(8);
    for (const [i, term] of apart.reverse().entries()) {
      expect({ ...term, bitsPerDim: 0, squaredError: 0 }).toEqual({
        ...together[i]!,
        bitsPerDim: 0,
        squaredError: 0,
      });
      expect(worstOf([term.bitsPerDim], [together[i]!.bitsPerDim])).toBeLessThan(1e-5);
    }
  });

  test("an aborted signal ends it", async () => {
    const model = await goldenModel("unets/ddpm");
    const stop = new Error("enough");
    const pixels = new Uint8Array(2 * 256);
    const run = dataBound(model, {
      ...{ pixels, shape: [1, 16, 16], timesteps: 4 },
      signal: AbortSignal.abort(stop),
    });
    await expect(run.next()).rejects.toBe(stop);
  });
});

describe("strata of timesteps", () => {
  test.each([
    [1000, 16],
    [1000, 2],
    [1000, 999],
    [50, 7],
    [4, 4],
    [1, 1],
  ])("of %i timesteps, %i intervals hold each timestep once, and 0 alone", (T, count) => {
    const strata = strataOf(T, count);
    expect(strata).toHaveLength(count);
    expect(strata[0]).toEqual({ from: 0, to: 0 });
    const held = strata.flatMap((one) =>
      Array.from({ length: lengthOf(one) }, (_, i) => one.from + i),
    );
    expect(held).toEqual(Array.from({ length: T }, (_, t) => t));
  });

  test("a drawn timestep is uniform in its interval: length · f estimates the sum of f", () => {
    const strata = strataOf(100, 8);
    const f = (t: number) => 1 / (1 + t);
    let sum = 0;
    const images = 4000;
    for (let image = 0; image < images; image++) {
      const drawn = drawnTimesteps(strata, { seed: 1, image });
      for (const [k, t] of drawn.entries()) sum += lengthOf(strata[k]!) * f(t);
    }
    const exact = Array.from({ length: 100 }, (_, t) => f(t)).reduce((a, b) => a + b);
    expect(Math.abs(sum / images / exact - 1)).toBeLessThan(5e-3);
  });

  test.each([0, 1, 1001, 2.5])("%j intervals of 1000 are refused", (count) => {
    expect(() => strataOf(1000, count)).toThrow(
      `evaluate: timesteps must be a whole number in 2 … 1000, got ${count}.`,
    );
  });
});

describe("a data set's report adds up [DDPM §4.3]", () => {
  test("total = rate + distortion, rate = prior + Σ KL, over all timesteps", async () => {
    const { config } = await goldenModel("unets/ddpm");
    const scheduler = { num_train_timesteps: 6, beta_end: 0.3 };
    const model = await DiffusionModel.create(await testGpu(), config, { seed: 1, scheduler });
    const pixels = Uint8Array.from({ length: 3 * 256 }, (_, i) => (i * i) % 256);
    const { report, done, of } = await lastOf(
      dataBound(model, { pixels, shape: [1, 16, 16], images: 2, seed: 4 }),
    );
    if (!report) throw new Error("no report");
    expect([done, of, report.isEstimate, report.timesteps]).toEqual([12, 12, false, 6]);
    const [prior, kl, L0] = [report.prior.mean, report.kl.mean, report.distortion.mean];
    expect(report.rate.mean).toBeCloseTo(prior + kl, 10);
    expect(report.total.mean).toBeCloseTo(prior + kl + L0, 10);
    const sum = report.terms.reduce((all, { bitsPerDim }) => all + bitsPerDim.mean, 0);
    expect(sum).toBeCloseTo(kl + L0, 10);
    expect(report.terms.map(({ from, to }) => to - from)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(report.rmse).toBeGreaterThan(0);
    model.dispose();
  });
});

describe("what cannot be evaluated is refused", () => {
  const file = goldenFile("bound/network-ddpm.safetensors");
  const given: GivenTerms = {
    x0: file.floats("x0"),
    noise: file.floats("noise"),
    timestep: file.numbers("timestep"),
  };
  const modelWith = async (scheduler: Record<string, unknown>) => {
    const { config } = await goldenModel("unets/ddpm");
    return DiffusionModel.create(await testGpu(), config, { seed: 1, scheduler });
  };
  const refusal = async (changes: Partial<GivenTerms>, scheduler = {}) =>
    givenTerms(await modelWith(scheduler), { ...given, ...changes }).next();

  test("timesteps", async () => {
    const timestep = given.timestep;
    const with1000 = Array.from(timestep, (t, i) => (i === 3 ? 1000 : t));
    await expect(refusal({ timestep: with1000 })).rejects.toThrow(
      "evaluate: a timestep must be a whole number in 0 … 999, got 1000.",
    );
    await expect(refusal({ timestep: [] })).rejects.toThrow("evaluate: timestep is empty.");
    await expect(refusal({ timestep: [0, 1] })).rejects.toThrow(
      "evaluate: noise must be [2, 2, 1, 16, 16]",
    );
  });

  test("images of other channels, and class labels that are not asked for", async () => {
    const x0 = { shape: [2, 3, 16, 16], data: new Float32Array(2 * 3 * 256) };
    await expect(refusal({ x0 })).rejects.toThrow("evaluate: images must be [N, 1, H, W]");
    await expect(refusal({ classLabels: [1, 2] })).rejects.toThrow("not class-conditional");
  });

  test.each([
    [{ variance_type: "other" }, "evaluate: variance_type must be one of fixed_small, "],
    [
      { variance_type: "learned_range" },
      "the network must have 2 out_channels for 1 in_channels, got 1.",
    ],
    [{ prediction_type: "flow" }, "evaluate: prediction_type must be one of epsilon, sample"],
    [{ thresholding: true }, "evaluate: thresholding is not supported"],
    [{ clip_sample_range: 0 }, "evaluate: clip_sample_range must be above 0, got 0."],
    [{ rescale_betas_zero_snr: true }, "has no x̂_0 at alphaBar = 0 (timestep 999)."],
  ])("%j", async (scheduler, message) => {
    await expect(refusal({}, scheduler)).rejects.toThrow(message);
  });
});
