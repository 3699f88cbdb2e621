// Twins of src/inspect/cases/bound.ts: the rows' definition, number by number.
import { philoxNormals } from "../../../src/core/philox.ts";
import {
  ALPHA_BAR_T,
  BOUND_IMAGES,
  BOUND_PLACES,
  BOUND_ROWS,
  BOUND_SEED,
} from "../../../src/inspect/cases/bound.ts";
import { BOUND_STREAMS } from "../../../src/kernels/bound.ts";
import { tanhCdf } from "../../reference/bound.ts";
import { mapArray, ndarray } from "../../reference/ndarray.ts";
import { type Inputs, NORMALS_BOUND, type Twins } from "./twin.ts";

const [N] = BOUND_IMAGES;
const SIZE = BOUND_IMAGES[1] * BOUND_IMAGES[2] * BOUND_IMAGES[3];

function noiseTwin() {
  const noise = BOUND_PLACES.flatMap(([image, step]) => {
    const place = { stream: BOUND_STREAMS.noise, step };
    return [...philoxNormals(BOUND_SEED, (image + 1) * SIZE, place).subarray(image * SIZE)];
  });
  const expected = ndarray(BOUND_IMAGES, noise);
  return { noise: { expected, bound: mapArray(expected, () => NORMALS_BOUND) } };
}

type Row = (typeof BOUND_ROWS)[number];
interface Numbers {
  x0: number;
  noise: number;
  output: number;
  v: number;
}

const gapOf = (row: Row, { x0, noise, output }: Numbers) => {
  const gap = row.fromOutput * output + row.fromNoise * noise + row.fromX0 * x0;
  return x0 - Math.min(Math.max(x0 - gap, -row.clip), row.clip);
};

/** The term of one pixel, in nats. */
function termOf(row: Row, pixel: Numbers): number {
  const d = row.shift + row.slope * pixel.v;
  const scaled = row.scale * gapOf(row, pixel);
  if (row.discrete === 0) return 0.5 * (Math.expm1(d) - d + Math.exp(d) * scaled ** 2);
  const half = row.scale / 255;
  const [upper, lower] = [half, -half].map((by) => tanhCdf(Math.exp(d / 2) * (scaled + by)));
  const edge = pixel.x0 > 0.999 ? 1 - lower! : upper! - lower!;
  return -Math.log(Math.max(pixel.x0 < -0.999 ? upper! : edge, 1e-12));
}

const NUDGE = 1e-6;

/** |term|, and how far it moves when each input moves by its own size. */
function boundOf(row: Row, pixel: Numbers): number {
  const value = termOf(row, pixel);
  const inputs = ["x0", "noise", "output", "v"] as const;
  const moves = inputs.map((name) => {
    const moved = { ...pixel, [name]: pixel[name] * (1 + NUDGE) };
    return Math.abs(termOf(row, moved) - value) / NUDGE;
  });
  const d = Math.abs(row.shift) + Math.abs(row.slope * pixel.v);
  return moves.reduce((sum, move) => sum + move, Math.abs(value) + (1 + d) * Math.exp(d));
}

function termsTwin({ x0, noise, output }: Inputs) {
  const [expected, bound] = [ndarray([N, 3]), ndarray([N, 3])];
  const bits = 1 / (SIZE * Math.LN2);
  const constant = -ALPHA_BAR_T - Math.log1p(-ALPHA_BAR_T);
  for (let n = 0; n < N; n++) {
    const row = BOUND_ROWS[n]!;
    for (let i = 0; i < SIZE; i++) {
      const pixel: Numbers = {
        x0: x0!.data[n * SIZE + i]!,
        noise: noise!.data[n * SIZE + i]!,
        output: output!.data[2 * n * SIZE + i]!,
        v: output!.data[(2 * n + 1) * SIZE + i]!,
      };
      const prior = 0.5 * (ALPHA_BAR_T * pixel.x0 ** 2 + constant) * bits;
      const error = gapOf(row, pixel);
      const parts = Math.abs(pixel.x0) + Math.abs(pixel.noise) + Math.abs(pixel.output);
      expected.data[3 * n]! += prior;
      expected.data[3 * n + 1]! += bits * termOf(row, pixel);
      expected.data[3 * n + 2]! += error ** 2 / SIZE;
      bound.data[3 * n]! += prior;
      bound.data[3 * n + 1]! += bits * boundOf(row, pixel);
      bound.data[3 * n + 2]! += (error ** 2 + 2 * Math.abs(error) * parts) / SIZE;
    }
  }
  return { results: { expected, bound } };
}

export const boundTwins: Twins = { "noise of places": noiseTwin, terms: termsTwin };
