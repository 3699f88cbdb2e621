// Random numbers by counting: Philox4x32-10, and normals from it by Box-Muller.
//
// There is no state: a number is a function of (seed, stream, step, element), so that noise does
// not depend on batch, dispatch shape or order. The same functions stand in shaders/diffusion.wgsl.
//
// The words agree with the GPU exactly. The normals agree to 1e-6: WGSL's log, sin and cos may be
// wrong in the fourth digit, so both sides evaluate the polynomials below, in float32, with + and *
// alone (an adapter may still fuse a * b + c, hence not bit for bit).
import { OptionError } from "./errors.ts";

/** Four 32-bit words: a counter, or what Philox makes of it. */
export type Words = Uint32Array;

/** Which numbers of a seed: the words of Philox's counter that are not the element. */
export interface RandomPlace {
  /** what the numbers are for, so that two uses never share them; u32, default 0 */
  stream?: number;
  /** the step of training or sampling they belong to; u32, default 0 */
  step?: number;
  /** the first element, a multiple of 4 (one counter yields four numbers); default 0 */
  first?: number;
}

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9; // golden ratio
const WEYL_1 = 0xbb67ae85; // √3 − 1

/**
 * The high 32 bits of a · b, from four 16-bit products (WGSL has no wider integers either).
 *
 * @param a, b  u32
 * @returns     ⌊a · b / 2³²⌋
 */
export function mulHigh(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16];
  const low = aLow * bLow;
  const cross = aHigh * bLow;
  const middle = (low >>> 16) + (cross & 0xffff) + aLow * bHigh; // < 2³² + 2¹⁷: exact here
  return (aHigh * bHigh + (cross >>> 16) + Math.floor(middle / 0x10000)) >>> 0;
}

/**
 * Philox4x32-10: ten rounds of multiply, exclude and swap; every key is a permutation of counters.
 *
 * @param counter  4 words: [element / 4, stream, step, 0] everywhere in this package
 * @param key      2 words: the seed's low and high half, see `seedWords`
 * @param words    [4], where to write; may be `counter`
 * @returns        `words`
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", §3.3; Random123's
 *      philox.h
 */
export function philox(
  counter: ArrayLike<number>,
  key: ArrayLike<number>,
  words: Words = new Uint32Array(4),
): Words {
  let [c0, c1, c2, c3] = [counter[0]!, counter[1]!, counter[2]!, counter[3]!];
  let [k0, k1] = [key[0]!, key[1]!];
  for (let round = 0; round < ROUNDS; round++) {
    const next0 = mulHigh(MULTIPLIER_1, c2) ^ c1 ^ k0;
    const next2 = mulHigh(MULTIPLIER_0, c0) ^ c3 ^ k1;
    c1 = Math.imul(MULTIPLIER_1, c2);
    c3 = Math.imul(MULTIPLIER_0, c0);
    [c0, c2] = [next0, next2];
    [k0, k1] = [k0 + WEYL_0, k1 + WEYL_1]; // read modulo 2³²
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
  return words;
}

/**
 * The two key words of a seed, low half first.
 *
 * @param seed  0 … 2⁵³ − 1 as number, 0 … 2⁶⁴ − 1 as bigint
 * @throws OptionError for any other value: a number from 2⁵³ on is no longer the one that was typed
 */
export function seedWords(seed: number | bigint): [low: number, high: number] {
  const exact = typeof seed === "bigint" || Number.isSafeInteger(seed);
  if (!exact || seed < 0 || BigInt(seed) >> 64n !== 0n) {
    throw new OptionError(
      "option/seed",
      `seed: must be an integer in 0 … 2^53 − 1, or a bigint below 2^64, got ${String(seed)}.`,
      "For larger seeds pass a bigint, such as 12345678901234567890n.",
    );
  }
  const wide = BigInt(seed);
  return [Number(wide & 0xffffffffn), Number(wide >> 32n)];
}

/**
 * Uniform float32 numbers strictly between 0 and 1: (word / 2⁹ + ½) · 2⁻²³, exact in float32.
 *
 * @param count  how many, ≥ 0
 * @returns      float32 [count]
 * @throws OptionError for a seed or place out of range
 */
export function philoxUniforms(
  seed: number | bigint,
  count: number,
  place: RandomPlace = {},
): Float32Array {
  return fill(seed, count, place, (words, out) => {
    for (let i = 0; i < 4; i++) out[i] = uniformOf(words[i]!);
  });
}

/**
 * Standard normal float32 numbers, by Box-Muller: z = √(−2 ln u) · (cos 2πv, sin 2πv).
 * |z| ≤ 5.77, as u ≥ 2⁻²⁴. Within 1e-6 of the same formula in exact arithmetic.
 *
 * @param count  how many, ≥ 0; element `first + i` comes from counter [(first + i) / 4, stream,
 *               step, 0]
 * @returns      float32 [count]
 * @throws OptionError for a seed or place out of range
 * @see Box & Muller 1958, "A note on the generation of random normal deviates"
 */
export function philoxNormals(
  seed: number | bigint,
  count: number,
  place: RandomPlace = {},
): Float32Array {
  return fill(seed, count, place, normalsOf);
}

/** Four normals of four words: (x, y) give two, (z, w) the others. Twin of WGSL `normals`. */
export function normalsOf(words: Words, out: Float32Array | number[]): void {
  for (let pair = 0; pair < 4; pair += 2) {
    const radius = radiusOf(uniformOf(words[pair]!));
    const turned = words[pair + 1]!;

    // the angle is quadrant / 4 + r turns, |r| ≤ 1/8: the integers reduce it without rounding
    const quadrant = ((turned + 0x20000000) >>> 30) & 3;
    const residue = (turned - (quadrant << 30)) | 0;
    const r = f32((residue >> 8) + 0.5) * 2 ** -24;
    const [c, s] = [cosTurns(r), sinTurns(r)];

    const cosine = [c, -s, -c, s][quadrant]!;
    const sine = [s, c, -s, -c][quadrant]!;
    out[pair] = f32(radius * cosine);
    out[pair + 1] = f32(radius * sine);
  }
}

const f32 = Math.fround;

const uniformOf = (word: number): number => ((word >>> 9) + 0.5) * 2 ** -23;

// Minimax polynomials, fitted for this package by Remez' exchange in float64 (relative error for
// the sine and the cosine's part in r², absolute for the logarithm), then rounded to float32.
// Errors of the fit: sine 3e-9 relative, cosine 3e-9 · r², logarithm 7e-9 absolute.
// sin 2πr = r · S(r²)
const SINE = [6.28318548, -41.3416634, 81.5925522, -75.4020691].map(f32);
// cos 2πr = 1 + r² · C(r²)
const COSINE = [-19.7392082, 64.9393234, -85.4437408, 59.2459641].map(f32);
// ln(1 + f) = f − f²/2 + f³ · P(f),  √½ ≤ 1 + f < √2
const LOGARITHM = [
  0.333341658, -0.250016987, 0.199548751, -0.165644258, 0.149779916, -0.143790081, 0.086721912,
].map(f32);
const LN_2 = f32(Math.LN2);
const SQRT_HALF_BITS = 0x3f3504f3;

/** c[0] + x · (c[1] + x · (c[2] + …)), rounded to float32 after every operation. */
function horner(c: readonly number[], x: number): number {
  let sum = c[c.length - 1]!;
  for (let k = c.length - 2; k >= 0; k--) sum = f32(f32(sum * x) + c[k]!);
  return sum;
}

/** sin 2πr, |r| ≤ 1/8. */
const sinTurns = (r: number): number => f32(r * horner(SINE, f32(r * r)));

/** cos 2πr, |r| ≤ 1/8. */
function cosTurns(r: number): number {
  const square = f32(r * r);
  return f32(1 + f32(square * horner(COSINE, square)));
}

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/** ln u of a normal float32 number, from u = 2^exponent · (1 + f). */
function naturalLog(u: number): number {
  asFloat[0] = u;
  const exponent = (asBits[0]! - SQRT_HALF_BITS) >> 23;
  asBits[0] = asBits[0]! - (exponent << 23);
  const f = f32(asFloat[0]! - 1);
  const bend = f32(f32(f * f) * f32(f32(f * horner(LOGARITHM, f)) - 0.5));
  return f32(f32(exponent * LN_2) + f32(f + bend));
}

/** √(−2 ln u): the root by one Newton step, as an adapter's own root may be off by several ulp. */
function radiusOf(u: number): number {
  const square = f32(-2 * naturalLog(u));
  const inverse = f32(1 / Math.sqrt(square));
  const root = f32(square * inverse);
  const rest = f32(square - f32(root * root));
  return f32(root + f32(f32(0.5 * inverse) * rest));
}

type FourOf = (words: Words, out: number[]) => void;

function fill(
  seed: number | bigint,
  count: number,
  { stream = 0, step = 0, first = 0 }: RandomPlace,
  fourOf: FourOf,
): Float32Array {
  requirePlace({ count, stream, step, first });
  const key = seedWords(seed);
  const values = new Float32Array(count);
  const words = new Uint32Array(4);
  const four = [0, 0, 0, 0];
  for (let i = 0; i < count; i += 4) {
    fourOf(philox([(first + i) / 4, stream, step, 0], key, words), four);
    for (let j = 0; j < 4 && i + j < count; j++) values[i + j] = four[j]!;
  }
  return values;
}

function requirePlace(place: { count: number; stream: number; step: number; first: number }) {
  const { count, stream, step, first } = place;
  const words = [stream, step, first / 4, Math.ceil((first + count) / 4)];
  const fits = words.every((n) => Number.isInteger(n) && n >= 0 && n <= 0xffffffff);
  if (fits && Number.isInteger(count) && count >= 0) return;
  throw new OptionError(
    "option/random",
    "philox: count, stream, step and first must be integers in 0 … 2^32 − 1, " +
      `first a multiple of 4, got count = ${count}, stream = ${stream}, step = ${step}, ` +
      `first = ${first}.`,
    "Number streams and steps from 0.",
  );
}
