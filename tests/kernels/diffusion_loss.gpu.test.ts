import { describe, expect, test } from "vitest";
import { philoxNormals } from "../../src/core/philox.ts";
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { makeTables } from "../../src/diffusion/schedule.ts";
import { Graph } from "../../src/graph/graph.ts";
import {
  type DiffusionTarget,
  initialState,
  packLevels,
  qSampleAt,
  qSampleGiven,
  STREAMS,
} from "../../src/kernels/diffusion.ts";
import {
  type DiffusionLoss,
  diffusionLoss,
  diffusionLossGiven,
  packBounds,
} from "../../src/kernels/diffusion_loss.ts";
import { trainedTerms } from "../../src/train/trained_terms.ts";
import { scattered } from "../reference/agreement.ts";
import {
  type BoundInputs,
  type BoundOptions,
  boundLossBounds,
  type Variance,
} from "../reference/diffusion_loss.ts";
import { mapArray, type NdArray, ndarray } from "../reference/ndarray.ts";
import { evaluate, expectWithin, type Input } from "../support/gpu.ts";

const T = 1000;
const tables = makeTables({ steps: T });
const SOFTWARE: Target = { ...PLAIN_TARGET, software: "swiftshader" };
const [SCALE, WEIGHT] = [0.7, 0.25];

const indices = (shape: number[], values: ArrayLike<number>): Input => ({
  ...ndarray(shape, values),
  dtype: "u32",
});

const float = (x: NdArray) => mapArray(x, Math.fround);

/** x_0 with both edges, the middle and bytes; a prediction that is off by a little or by much. */
function given([N, C, H, W]: readonly [number, number, number, number], isLearned: boolean) {
  const edges = [-1, 1, -0.5];
  const x0 = mapArray(
    scattered([N, C, H, W], 4),
    (x, i) => edges[i % 4] ?? Math.round(127.5 * x) / 127.5,
  );
  const noise = mapArray(scattered([N, C, H, W], 3), (x) => 2 * x);
  const size = C * H * W;
  const stride = isLearned ? 2 * size : size;
  const prediction = mapArray(scattered([N, stride / (H * W), H, W], 5), (x, i) => {
    const [n, k] = [Math.floor(i / stride), i % stride];
    if (k >= size) return 1.5 * x; // v
    return n === 0 ? noise.data[k]! + 0.7 * x : 2 * x; // at t = 0, in its bin and beside it
  });
  return { x0: float(x0), noise: float(noise), prediction: float(prediction) };
}

interface Kind {
  target: DiffusionTarget;
  variance: Variance;
  loss?: DiffusionLoss;
  detachMean?: boolean;
}

const twinOptions = ({ loss = "mse", detachMean = false, ...rest }: Kind): BoundOptions => ({
  ...{ ...rest, loss, detachMean, tables },
  weight: () => WEIGHT,
  scale: SCALE,
});

function levelsOf({ target, variance }: Kind) {
  const levels = packLevels(tables.alphaBars, { target, weights: tables.betas.map(() => WEIGHT) });
  const bounds = packBounds(levels, trainedTerms(tables, { target, variance }));
  return { levels: ndarray([T, 5], levels), bounds: ndarray([T, 7], bounds) };
}

function expectTwin(
  actual: { perImage: NdArray; dprediction: NdArray },
  inputs: BoundInputs,
  { noiseError = 0, ...kind }: Kind & { noiseError?: number },
) {
  const expected = boundLossBounds(inputs, twinOptions(kind), noiseError);
  expectWithin("dprediction", actual.dprediction, expected.dprediction);
  expectWithin("perImage", actual.perImage, expected.perImage);
}

const KINDS: Kind[] = [
  { target: "epsilon", variance: "fixed_small" },
  { target: "epsilon", variance: "fixed_large", loss: "huber" },
  { target: "epsilon", variance: "learned" },
  { target: "epsilon", variance: "learned_range" },
  { target: "epsilon", variance: "learned_range", detachMean: true },
  { target: "sample", variance: "learned_range", loss: "l1" },
  { target: "v_prediction", variance: "learned_range" },
];

describe("L_t and its gradient: KL for t > 0, the discretised Gaussian at t = 0 [DDPM eq. 5, 13]", () => {
  test.each(KINDS)("$target, $variance, $loss, mean detached: $detachMean", async (kind) => {
    const timesteps = [0, 1, 2, 100, 700, 999];
    const batch = given([6, 2, 5, 3], kind.variance.startsWith("learned"));
    const inputs = { ...batch, ...levelsOf(kind), timesteps: indices([6], timesteps) };
    const { loss = "mse", detachMean = false } = kind;
    for (const target of [PLAIN_TARGET, SOFTWARE]) {
      const build = (graph: Graph, { bounds, ...tensors }: Tensors<typeof inputs>) => ({
        ...qSampleGiven(graph, tensors),
        ...diffusionLossGiven(graph, tensors, {
          loss,
          bound: { bounds, scale: SCALE, detachMean },
        }),
      });
      expectTwin(await evaluate(inputs, build, target), { ...batch, timesteps }, kind);
    }
  });

  test("far from its pixel P is cut to 1e-12, and has no gradient", async () => {
    const kind: Kind = { target: "epsilon", variance: "learned_range", loss: "l1" };
    const batch = given([1, 1, 4, 4], true);
    const prediction = mapArray(batch.prediction, (x, i) => (i < 16 ? 40 + i : x));
    const inputs = { ...batch, prediction, ...levelsOf(kind), timesteps: indices([1], [0]) };
    const actual = await evaluate(inputs, (graph, { bounds, ...tensors }) => ({
      ...qSampleGiven(graph, tensors),
      ...diffusionLossGiven(graph, tensors, {
        ...{ loss: "l1", bound: { bounds, scale: SCALE, detachMean: false } },
      }),
    }));
    expectTwin(actual, { ...batch, prediction, timesteps: [0] }, kind);
    const isCut = batch.x0.data.findIndex((x) => Math.abs(x) < 0.9);
    expect(actual.dprediction.data[16 + isCut]).toBe(0);
    expect(actual.dprediction.data[isCut]).toBe(Math.fround(WEIGHT / 16));
  });
});

type Tensors<In> = { [K in keyof In]: Parameters<typeof diffusionLossGiven>[1]["x0"] };

describe("drawn at timesteps that are given, it is the same of the ε that q_sample drew", () => {
  test.each([
    [[3, 1, 5, 7], 0],
    [[2, 2, 3, 3], 3],
  ] as const)("images %j from number %i", async (shape, firstImage) => {
    const [N, C, H, W] = shape;
    const size = C * H * W;
    const kind: Kind = { target: "epsilon", variance: "learned_range" };
    const [seed, step] = [17, 6];
    const timesteps = Array.from({ length: N }, (_, n) => [999, 1, 400][n]!);
    const bytes = Uint8Array.from({ length: 4 * N * size }, (_, i) => (i * 37 + 11) % 256);
    const words = new Uint32Array(bytes.buffer);
    const order = Array.from({ length: N }, (_, n) => N - 1 - n);
    const inputs = {
      state: indices([8], initialState(seed, { step, firstImage })),
      images: indices([words.length], words),
      order: indices([1, N], order),
      timesteps: indices([N], timesteps),
      prediction: float(mapArray(scattered([N, 2 * C, H, W], 5), (x) => 1.5 * x)),
      ...levelsOf(kind),
    };
    const { xt, ...actual } = await evaluate(inputs, (graph, { bounds, ...tensors }) => ({
      ...qSampleAt(graph, tensors, { shape }),
      ...diffusionLoss(graph, tensors, {
        shape,
        bound: { bounds, scale: SCALE, detachMean: false },
      }),
    }));

    const place = { stream: STREAMS.noise, step };
    const all = philoxNormals(seed, (firstImage + N) * size, place).slice(firstImage * size);
    const noise = ndarray(shape, all);
    const x0 = mapArray(noise, (_, i) => {
      return bytes[order[Math.floor(i / size)]! * size + (i % size)]! / 127.5 - 1;
    });
    const expected = mapArray(noise, (z, i) => {
      const bar = tables.alphaBars[timesteps[Math.floor(i / size)]!]!;
      return Math.sqrt(bar) * x0.data[i]! + Math.sqrt(1 - bar) * z;
    });
    xt.data.forEach((x, i) => {
      expect(Math.abs(x - expected.data[i]!)).toBeLessThan(1.5e-6); // 1e-6 of ε, and rounding
    });
    const noiseError = 1e-6 / (8 * 2 ** -24); // of ε, in the bound's units
    const twin = { x0, noise, prediction: inputs.prediction, timesteps };
    expectTwin(actual, twin, { ...kind, noiseError });
  });
});

describe("a table of the bound that does not fit is refused", () => {
  test("by its shape", () => {
    const graph = new Graph();
    const tensor = (extents: number[]) => graph.alloc(extents, "x");
    const [x0, noise, prediction] = [1, 2, 3].map(() => tensor([2, 3, 4, 4])) as Three;
    const rest = { timesteps: tensor([2]), levels: tensor([9, 5]) };
    const bound = { bounds: tensor([9, 4]), scale: 1, detachMean: false };
    expect(() => diffusionLossGiven(graph, { x0, noise, prediction, ...rest }, { bound })).toThrow(
      "diffusionLossGiven: bounds must be [9, 7], got [9, 4].",
    );
  });
});

type Three = [ReturnType<Graph["alloc"]>, ReturnType<Graph["alloc"]>, ReturnType<Graph["alloc"]>];
