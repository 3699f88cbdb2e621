// Where sampling starts: x before the first row, from a seed, given noise, two seeds, or an image.
import { OptionError } from "../core/errors.ts";
import { philoxNormals } from "../core/philox.ts";
import { requireShape, type Shape, sizeOf } from "../core/shape.ts";
import { STREAMS } from "../kernels/diffusion.ts";
import type { Plan } from "./plan.ts";

export interface Images {
  shape: Shape;
  data: Float32Array;
}

export interface StartOptions {
  /** default 0 */
  seed?: number | bigint | undefined;
  /** which images of the seed; default from 0 on */
  firstImage?: number | undefined;
  initialNoise?: Images | undefined;
  interpolate?: readonly [number | bigint, number | bigint] | undefined;
  image?: Images | undefined;
}

/**
 * x before a plan's first row.
 *
 *   noise      initialScale · z          z from the seed, or given
 *   two seeds  initialScale · slerp(z of the one, z of the other, n / (N − 1)) of their first images
 *   an image   √ᾱ · image + √(1 − ᾱ) · z, ᾱ the level of the first row; with ddim-inverse the image
 *
 * @param shape  [N, C, H, W]; an image may be given once, [1, C, H, W], for all N
 * @throws OptionError for more than one of them, or two seeds on a plan that draws noise
 */
export function startValues(
  plan: Plan,
  shape: readonly [number, number, number, number],
  options: StartOptions,
): Float32Array<ArrayBuffer> {
  const { seed = 0, firstImage = 0, initialNoise, interpolate, image } = options;
  const firstElement = firstImage * sizeOf(shape.slice(1));
  requireOne({ initialNoise, interpolate, image });
  const scaled = (z: Float32Array) => new Float32Array(z).map((value) => plan.initialScale * value);
  if (initialNoise) return scaled(initialNoise.data);
  if (interpolate) {
    requireDeterministic(plan);
    return scaled(slerpNoise(interpolate, shape));
  }
  const { alphaBar } = plan.rows[0]!;
  if (!image) {
    requireFromNoise(plan);
    return scaled(seedNoise(seed, sizeOf(shape), firstElement));
  }
  const known = repeated(image, shape);
  if (plan.sampler === "ddim-inverse") return known;
  const [signal, spread] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
  const z = seedNoise(seed, sizeOf(shape), firstElement);
  return known.map((value, i) => signal * value + spread * z[i]!);
}

function seedNoise(seed: number | bigint, count: number, from = 0): Float32Array {
  const skipped = from % 4; // a counter yields four numbers
  const place = { stream: STREAMS.initialNoise, first: from - skipped };
  return philoxNormals(seed, count + skipped, place).subarray(skipped);
}

/** slerp of two seeds' first noise images, from the one to the other, both included. */
function slerpNoise([one, other]: readonly [number | bigint, number | bigint], shape: Shape) {
  const [N = 1, ...rest] = shape;
  const size = sizeOf(rest);
  const [a, b] = [seedNoise(one, size), seedNoise(other, size)];
  const noise = new Float32Array(N * size);
  for (let n = 0; n < N; n++) noise.set(slerp(a, b, N === 1 ? 0 : n / (N - 1)), n * size);
  return noise;
}

/**
 * Spherical interpolation: along the arc between two vectors, which keeps the length of noise.
 *
 *   sin((1 − f) θ) / sin θ · a + sin(f θ) / sin θ · b,   θ the angle between them
 *
 * Vectors that are all but parallel are interpolated along the line.
 *
 * @param fraction  f, 0 … 1
 * @see Shoemake 1985, "Animating rotation with quaternion curves"; DDIM (arXiv:2010.02502) eq. 67
 */
export function slerp(a: Float32Array, b: Float32Array, fraction: number): Float32Array {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  const angle = Math.acos(Math.min(Math.max(dot / Math.sqrt(aa * bb), -1), 1));
  const isFlat = !(Math.sin(angle) > 1e-6);
  const weight = (f: number) => (isFlat ? f : Math.sin(f * angle) / Math.sin(angle));
  const [ofA, ofB] = [weight(1 - fraction), weight(fraction)];
  return a.map((value, i) => ofA * value + ofB * b[i]!);
}

/** Images for all N, from one or from N. @throws ShapeError for any other shape */
export function repeated({ shape, data }: Images, images: Shape): Float32Array<ArrayBuffer> {
  const [N = 1, ...rest] = images;
  const given = shape[0] === 1 ? 1 : N;
  requireShape("sample", "an image, a mask or a target", shape, [given, ...rest]);
  const all = new Float32Array(sizeOf(images));
  for (let start = 0; start < all.length; start += data.length) all.set(data, start);
  return all;
}

function requireOne(given: Record<string, unknown>): void {
  const names = Object.keys(given).filter((name) => given[name] !== undefined);
  if (names.length <= 1) return;
  throw new OptionError(
    "option/start",
    `sample: x can start from one thing, got ${names.join(" and ")}.`,
    "Leave out all but one of them.",
  );
}

function requireFromNoise({ sampler }: Plan): void {
  if (sampler !== "ddim-inverse") return;
  throw new OptionError(
    "option/start",
    "ddim-inverse: goes from an image to its noise, and got no image.",
    "Give the image; then sample with ddim from the noise that comes out.",
  );
}

function requireDeterministic({ sampler, rows }: Plan): void {
  if (rows.every(({ sigma }) => sigma === 0)) return;
  throw new OptionError(
    "option/interpolate",
    `sample: interpolation needs a sampler that draws no noise, got ${sampler}.`,
    "Take ddim with eta 0, dpm-solver++, euler or heun.",
  );
}
