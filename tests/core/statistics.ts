// Statistics of random numbers, for tests: sample moments and the Kolmogorov-Smirnov distance.

/** Mean, variance, skewness and kurtosis about the sample mean. */
export function moments(values: ArrayLike<number>): [number, number, number, number] {
  const n = values.length;
  let mean = 0;
  for (let i = 0; i < n; i++) mean += values[i]! / n;
  let [m2, m3, m4] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const d = values[i]! - mean;
    m2 += (d * d) / n;
    m3 += d ** 3 / n;
    m4 += d ** 4 / n;
  }
  return [mean, m2, m3 / m2 ** 1.5, m4 / m2 ** 2];
}

/** sup |F_n(x) − F(x)| of the sample against the law of that name. */
export function kolmogorovSmirnov(values: Float32Array, law: "normal" | "uniform"): number {
  const cdf = law === "normal" ? normalCdf : (u: number) => u;
  const sorted = values.slice().sort();
  const n = sorted.length;
  let distance = 0;
  for (let i = 0; i < n; i++) {
    const expected = cdf(sorted[i]!);
    distance = Math.max(distance, Math.abs((i + 1) / n - expected), Math.abs(i / n - expected));
  }
  return distance;
}

/** Φ(x) by its series about 0 and, beyond 4, the leading terms of its tail: error < 1e-7. */
function normalCdf(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) > 4) {
    const tail = (density / Math.abs(x)) * (1 - 1 / x ** 2 + 3 / x ** 4);
    return x < 0 ? tail : 1 - tail;
  }
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-12; k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return 0.5 + density * sum;
}
