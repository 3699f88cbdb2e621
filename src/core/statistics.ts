// Statistics of a few samples.

/** The middle value; of an even number of them the upper one. @throws RangeError for none */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError("median: there are no values");
  return middle;
}
