// Twins of src/inspect/cases/diffusion.ts: the host draws the numbers that the kernels must draw.
import { mulHigh, philox, philoxNormals, seedWords } from "../../../src/core/philox.ts";
import {
  ALPHA_BARS,
  DATA_LABELS,
  DRAWN_LOSS,
  DRAWN_NORMALS,
  DRAWN_WORDS,
  GIVEN,
  IMAGES,
  LABEL_DROPOUT,
  PLACE,
  WEIGHTS,
} from "../../../src/inspect/cases/diffusion.ts";
import { type DiffusionTarget, STREAMS } from "../../../src/kernels/diffusion.ts";
import type { DiffusionLoss } from "../../../src/kernels/diffusion_loss.ts";
import { diffusionLoss, diffusionLossBackward, qSample } from "../../reference/diffusion.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import { type Expected, NORMALS_BOUND, type Twins } from "./twin.ts";

const KEY = seedWords(PLACE.seed);
const { step, firstImage } = PLACE;

/** Numbers that must be these, exactly. */
export const whole = (shape: readonly number[], values: ArrayLike<number>): Expected => ({
  expected: ndarray(shape, values),
  bound: ndarray(shape),
});

/** Normals of images [N, …] from number `first` of their stream on. */
export function hostNormals(
  shape: readonly number[],
  place: { stream: number; first?: number; at?: number },
): NdArray {
  const { stream, first = 0, at = step } = place;
  const size = shape.slice(1).reduce((product, n) => product * n, 1);
  const skipped = first + firstImage * size;
  const all = philoxNormals(PLACE.seed, skipped + shape[0]! * size, { stream, step: at });
  return ndarray(shape, all.slice(skipped));
}

interface Noised {
  x0: NdArray;
  noise: NdArray;
  /** error of the noise, as a term of Σ|terms| */
  noiseBound: number;
  timesteps: ArrayLike<number>;
  prediction: NdArray;
}

function xtOf({ x0, noise, noiseBound, timesteps }: Noised): Expected {
  const bars = Array.from(timesteps, (t) => ALPHA_BARS[t]!);
  const loud = mapArray(absolute(noise), (z) => z + noiseBound);
  return {
    expected: qSample(x0, noise, bars, "epsilon").xt,
    bound: qSample(absolute(x0), loud, bars, "epsilon").xt,
  };
}

/** With δ the bound of d = prediction − target, those of l(d) are |l′| δ and of l′(d) those of δ. */
function lossOf(given: Noised, target: DiffusionTarget, loss: DiffusionLoss) {
  const { x0, noise, noiseBound, timesteps, prediction } = given;
  const N = x0.shape[0]!;
  const [size, stride] = [x0.data.length / N, prediction.data.length / N];
  const bars = Array.from(timesteps, (t) => ALPHA_BARS[t]!);
  const weight = ndarray(
    [N],
    Array.from(timesteps, (t) => WEIGHTS[t]!),
  );
  const inputs = { prediction, target: qSample(x0, noise, bars, target).target, weight };
  const dprediction = diffusionLossBackward(inputs, loss);

  const perImageBound = ndarray([N]);
  const bound = mapArray(prediction, (value, at) => {
    const [n, k] = [Math.floor(at / stride), at % stride];
    if (k >= size) return 0;
    const i = n * size + k;
    const z = target === "sample" ? 0 : Math.abs(noise.data[i]!) + noiseBound;
    const x = target === "epsilon" ? 0 : Math.abs(x0.data[i]!) + 1;
    const delta = Math.abs(value) + z + x;
    perImageBound.data[n]! += N * Math.abs(dprediction.data[at]!) * delta;
    const slope = { mse: 2 * delta, l1: 1, huber: delta + 1 }[loss];
    return (weight.data[n]! * slope) / x0.data.length;
  });
  return {
    dprediction: { expected: dprediction, bound },
    perImage: { expected: diffusionLoss(inputs, loss).perSample, bound: perImageBound },
  };
}

/** t of image n is word firstImage + n of its stream, times T / 2³². */
function drawnTimesteps(): number[] {
  return Array.from({ length: IMAGES[0] }, (_, n) => {
    const number = firstImage + n;
    const words = philox([Math.floor(number / 4), STREAMS.timestep, step, 0], KEY);
    return mulHigh(words[number % 4]!, ALPHA_BARS.length);
  });
}

/** x_0 of the step's batch. */
export function drawnImages(images: NdArray, order: NdArray): NdArray {
  const [N, C, H, W] = IMAGES;
  const size = C * H * W;
  const bytes = new Uint8Array(Uint32Array.from(images.data).buffer);
  const row = (step % order.shape[0]!) * N;
  return mapArray(ndarray(IMAGES), (_, i) => {
    const image = order.data[row + Math.floor(i / size)]!;
    return bytes[image * size + (i % size)]! / 127.5 - 1;
  });
}

export const diffusionTwins: Twins = {
  "random numbers": () => {
    const { counters, stream } = DRAWN_WORDS;
    const words = Array.from({ length: counters }, (_, i) => [
      ...philox([i, stream, step, 0], KEY),
    ]);
    const { shape, firstElement, scale } = DRAWN_NORMALS;
    const place = { stream: DRAWN_NORMALS.stream, first: firstElement };
    const normals = mapArray(hostNormals(shape, place), (z) => scale * z);
    return {
      words: whole([counters, 4], words.flat()),
      normals: { expected: normals, bound: mapArray(normals, () => scale * NORMALS_BOUND) },
    };
  },
  drawn: ({ images, order, prediction }) => {
    const [N] = IMAGES;
    const x0 = drawnImages(images!, order!);
    const noise = hostNormals(IMAGES, { stream: STREAMS.noise });
    const timesteps = drawnTimesteps();
    const given = { x0, noise, noiseBound: NORMALS_BOUND, timesteps, prediction: prediction! };
    return {
      xt: xtOf(given),
      timesteps: whole([N], timesteps),
      ...lossOf(given, DRAWN_LOSS.target, DRAWN_LOSS.loss),
    };
  },
  labels: ({ order }) => {
    const [rows, count] = order!.shape as [number, number];
    const { dropout, nullClass } = LABEL_DROPOUT;
    const labels = Array.from({ length: count }, (_, n) => {
      const number = firstImage + n;
      const counter = [Math.floor(number / 4), STREAMS.labelDropout, step, 0];
      const isDropped = (philox(counter, KEY)[number % 4]! >>> 8) * 2 ** -24 < dropout;
      return isDropped ? nullClass : DATA_LABELS[order!.data[(step % rows) * count + n]!]!;
    });
    return { labels: whole([count], labels) };
  },
  ...Object.fromEntries(
    GIVEN.map(([name, target, loss]): [string, Twins[string]] => [
      name,
      ({ x0, noise, timesteps, prediction }) => {
        const given = { x0: x0!, noise: noise!, noiseBound: 0, timesteps: timesteps!.data };
        const all = { ...given, prediction: prediction! };
        return { xt: xtOf(all), ...lossOf(all, target, loss) };
      },
    ]),
  ),
};
