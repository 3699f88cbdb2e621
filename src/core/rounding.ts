// Rounding as IEEE 754, numpy and Python do it.

/** Nearest integer, halves to the even one, as numpy and Python round. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
