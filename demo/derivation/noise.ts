// Normal numbers on the host, for what the page shows without a GPU: the same seed, the same noise.

const GOLDEN = 0x6d2b79f5;

/** Uniform in (0, 1), 32 bits each: mulberry32. */
function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + GOLDEN) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (((word ^ (word >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** N(0, 1), by Box and Muller. */
export function hostNormals(seed: number, count: number): Float64Array {
  const next = uniforms(seed);
  return Float64Array.from({ length: count }, () => {
    return Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  });
}
