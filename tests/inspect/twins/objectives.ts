// Twins of src/inspect/cases/objectives.ts.
import { seedWords } from "../../../src/core/philox.ts";
import { IMAGES, PLACE } from "../../../src/inspect/cases/diffusion.ts";
import {
  BOUND,
  BOUND_TABLES,
  BOUND_TIMESTEPS,
  DROPOUT,
  RING_IMAGES,
  RING_STEPS,
} from "../../../src/inspect/cases/objectives.ts";
import { STREAMS } from "../../../src/kernels/diffusion.ts";
import { qSample } from "../../reference/diffusion.ts";
import {
  type BoundInputs,
  type BoundOptions,
  boundLossBounds,
} from "../../reference/diffusion_loss.ts";
import { ImportanceTwin } from "../../reference/diffusion_timesteps.ts";
import { dropout } from "../../reference/dropout.ts";
import { absolute, mapArray, ndarray } from "../../reference/ndarray.ts";
import { drawnImages, hostNormals, whole } from "./diffusion.ts";
import { type Expected, NORMALS_BOUND, type Twins } from "./twin.ts";

function boundOf(given: Omit<BoundInputs, "timesteps">, noiseBound: number) {
  const { x0, noise } = given;
  const bars = BOUND_TIMESTEPS.map((t) => BOUND_TABLES.alphaBars[t]!);
  const loud = mapArray(absolute(noise), (z) => z + noiseBound);
  const xt: Expected = {
    expected: qSample(x0, noise, bars, "epsilon").xt,
    bound: qSample(absolute(x0), loud, bars, "epsilon").xt,
  };
  const options: BoundOptions = {
    ...BOUND,
    tables: BOUND_TABLES,
    target: "epsilon",
    variance: "learned_range",
    loss: "mse",
    weight: () => 1,
  };
  return { xt, ...boundLossBounds({ ...given, timesteps: BOUND_TIMESTEPS }, options, noiseBound) };
}

export const diffusionLossTwins: Twins = {
  "bound, drawn": ({ images, order, prediction }) => {
    const x0 = drawnImages(images!, order!);
    const noise = hostNormals(IMAGES, { stream: STREAMS.noise });
    return boundOf({ x0, noise, prediction: prediction! }, NORMALS_BOUND);
  },
  "bound, given": ({ x0, noise, prediction }) =>
    boundOf({ x0: x0!, noise: noise!, prediction: prediction! }, 0),
};

export const diffusionTimestepsTwins: Twins = {
  importance: ({ kept }) => {
    const twin = new ImportanceTwin(RING_STEPS);
    const all = Array.from({ length: RING_STEPS }, (_, t) => t);
    for (let k = 0; k < 10; k++)
      twin.keep(
        all,
        Array.from(all, (t) => kept!.data[t * 10 + k]!),
      );
    const key = seedWords(PLACE.seed);
    const numbers = Array.from({ length: RING_IMAGES }, (_, n) => PLACE.firstImage + n);
    const timesteps = numbers.map((m) => twin.draw(m, PLACE.step, key));
    const p = twin.probabilities();
    const factors = timesteps.map((t) => 1 / (RING_STEPS * p[t]!));
    const bound = factors.map((factor) => 4 * factor); // sums of 67 roots
    return {
      timesteps: whole([RING_IMAGES], timesteps),
      factors: { expected: ndarray([RING_IMAGES], factors), bound: ndarray([RING_IMAGES], bound) },
    };
  },
  kept: ({ kept, keptCounts, counts, sums, timesteps, perImage }) => {
    for (const [n, t] of timesteps!.data.entries()) {
      const loss = perImage!.data[n]!;
      kept!.data[t * 10 + (keptCounts!.data[t]! % 10)] = loss;
      keptCounts!.data[t]!++;
      counts!.data[t]!++;
      sums!.data[t]! += loss;
    }
    const exact = { kept: kept!, keptCounts: keptCounts!, counts: counts!, sums: sums! };
    return Object.fromEntries(
      Object.entries(exact).map(([name, { shape, data }]) => [name, whole(shape, data)]),
    );
  },
};

export const dropoutTwins: Twins = {
  dropout: ({ x }) => {
    const { seed, step, firstImage } = PLACE;
    const stream = STREAMS.dropout + DROPOUT.layer;
    const mask = { rate: DROPOUT.rate, stream, step, firstImage, key: seedWords(seed) };
    return { y: { expected: dropout(x!, mask), bound: dropout(absolute(x!), mask) } };
  },
};
