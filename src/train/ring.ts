// Per-step numbers that the host sends many steps ahead: rings on the GPU, refilled by halves.
//
// Row s modulo RING belongs to step s. When a step of one half is next, the other half is free.

/** Rows of every ring: a power of two. */
export const RING = 256;

const HALF = RING / 2;

/**
 * The rows to send before step `step`, or undefined if they are there already.
 *
 * @param isFirst  of a run: its own half is not there either
 */
export function rowsAhead(
  step: number,
  isFirst: boolean,
): { from: number; count: number } | undefined {
  const start = Math.floor(step / HALF) * HALF;
  if (isFirst) return { from: start, count: HALF };
  return step === start ? { from: start, count: HALF } : undefined;
}
