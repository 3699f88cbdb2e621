// The order in which an epoch visits its images: a pure function of (seed, epoch), so that a
// resumed run needs no state but those two numbers and its place in the epoch.
import { OptionError } from "./errors.ts";
import { philox, seedWords } from "./philox.ts";

/** Philox stream of data orders; streams of noise are numbered from 0 upwards. */
const ORDER_STREAM = 0xffffffff;

/**
 * A uniform order of 0 … n − 1: Fisher-Yates, draw i from counter [i / 4, stream, epoch, 0].
 *
 * @param n      how many items, 1 … 2³² − 1
 * @param seed   see `seedWords`
 * @param epoch  0, 1, 2, …: each its own order
 * @returns      u32 [n], every index once
 * @throws OptionError for n, seed or epoch out of range
 * @see Durstenfeld 1964, Algorithm 235. A draw below m is
 *      ⌊word · m / 2³²⌋: its bias is under m / 2³².
 */
export function permutation(n: number, seed: number | bigint, epoch: number): Uint32Array {
  const fits = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 32;
  if (!fits(n) || n === 0 || !fits(epoch)) {
    throw new OptionError(
      "option/random",
      `permutation: n must be in 1 … 2^32 − 1 and epoch in 0 … 2^32 − 1, got ${n} and ${epoch}.`,
      "An empty data set has no order.",
    );
  }
  const key = seedWords(seed);
  const words = new Uint32Array(4);
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = 0; i < n - 1; i++) {
    if (i % 4 === 0) philox([i / 4, ORDER_STREAM, epoch, 0], key, words);
    const j = i + Math.floor((words[i % 4]! * (n - i)) / 2 ** 32);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
