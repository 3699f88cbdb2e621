// Activations and their derivatives in float64. The twin of activation.wgsl.
//
//   silu  x σ(x)                  x·σ'                 σ(x) = 1 / (1 + exp(−x))
//   mish  x tanh(log(1 + exp x))
//   gelu  x Φ(x), by erf          Φ the normal distribution function, φ its density
//   relu  max(x, 0)               derivative 0 at 0, as PyTorch
import { erfc } from "./erf.ts";
import { mapArray, type NdArray } from "./ndarray.ts";

export type Activation = "none" | "silu" | "mish" | "gelu" | "relu";

interface Curve {
  value(x: number): number;
  derivative(x: number): number;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** log(1 + exp x) without overflow. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
/** Φ(x) = ½ erfc(−x / √2). */
const normalBelow = (x: number) => 0.5 * erfc(-x / Math.SQRT2);
const normalDensity = (x: number) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

export const CURVES: Record<Activation, Curve> = {
  none: { value: (x) => x, derivative: () => 1 },
  silu: {
    value: (x) => x * sigmoid(x),
    // (x σ)' = σ + x σ (1 − σ), and 1 − σ(x) = σ(−x)
    derivative: (x) => sigmoid(x) + x * sigmoid(x) * sigmoid(-x),
  },
  mish: {
    value: (x) => x * Math.tanh(softplus(x)),
    // softplus' = σ, tanh' = 1 / cosh²
    derivative: (x) => {
      const s = softplus(x);
      return Math.tanh(s) + (x * sigmoid(x)) / Math.cosh(s) ** 2;
    },
  },
  gelu: {
    value: (x) => x * normalBelow(x),
    derivative: (x) => normalBelow(x) + x * normalDensity(x),
  },
  relu: { value: (x) => Math.max(x, 0), derivative: (x) => (x > 0 ? 1 : 0) },
};

/** y = f(x), element by element. */
export function activation(name: Activation, x: NdArray): NdArray {
  return mapArray(x, CURVES[name].value);
}

/** dx = f'(x) · dy. */
export function activationBackward(name: Activation, x: NdArray, dy: NdArray): NdArray {
  return mapArray(x, (value, i) => CURVES[name].derivative(value) * dy.data[i]!);
}
