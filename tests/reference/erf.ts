// The error function in double precision, for GELU by its definition: relative error < 1e-13.

/** erfc(x) = 2/√π ∫_x^∞ exp(−s²) ds, accurate in the tail too, where 1 − erf cancels. */
export function erfc(x: number): number {
  if (x < 2) return 1 - erf(x);
  return (Math.exp(-x * x) / (x * Math.sqrt(Math.PI))) * tail(x);
}

/** erf(x) = 2/√π ∫_0^x exp(−s²) ds. */
export function erf(x: number): number {
  if (x < 0) return -erf(-x);
  if (x > 2) return 1 - erfc(x);
  // 2/√π exp(−x²) Σ 2^n x^(2n+1) / (1·3·…·(2n+1))   [Abramowitz & Stegun 7.1.6]: no cancellation
  let term = x;
  let sum = x;
  for (let n = 1; n < 60; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** 1/(1 + q/(1 + 2q/(1 + 3q/(1 + …)))), q = 1/(2x²)   [Abramowitz & Stegun 7.1.14]. */
function tail(x: number): number {
  const q = 1 / (2 * x * x);
  let fraction = 1;
  for (let k = 150; k >= 1; k--) fraction = 1 + (k * q) / fraction;
  return 1 / fraction;
}
