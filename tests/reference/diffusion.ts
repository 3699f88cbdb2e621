// The noising step and the training loss in float64. The twin of diffusion.wgsl.
//
//   q_sample  x_t = √ᾱ x_0 + √(1 − ᾱ) ε                                    DDPM eq. 4
//   targets   epsilon: ε    sample: x_0    v_prediction: √ᾱ ε − √(1 − ᾱ) x_0
//   loss      mean over all elements of w_n · l(prediction − target)       DDPM eq. 14, weighted
//             l(d): mse d²,  l1 |d|,  huber ½ d² where |d| < 1, else |d| − ½
import { mapArray, type NdArray, ndarray } from "./ndarray.ts";

export type Prediction = "epsilon" | "sample" | "v_prediction";
export type Loss = "mse" | "l1" | "huber";

/** x_t and the network's target; x0 and noise [N, …], ᾱ of each image [N]. */
export function qSample(
  x0: NdArray,
  noise: NdArray,
  alphaBars: ArrayLike<number>,
  prediction: Prediction,
) {
  const size = x0.data.length / x0.shape[0]!;
  const signal = (i: number) => Math.sqrt(alphaBars[Math.floor(i / size)]!);
  const spread = (i: number) => Math.sqrt(1 - alphaBars[Math.floor(i / size)]!);
  const xt = mapArray(x0, (x, i) => signal(i) * x + spread(i) * noise.data[i]!);
  const target = mapArray(x0, (x, i) => {
    if (prediction === "epsilon") return noise.data[i]!;
    return prediction === "sample" ? x : signal(i) * noise.data[i]! - spread(i) * x;
  });
  return { xt, target };
}

export interface LossInputs {
  /** [N, C, H, W]; or [N, 2C, H, W] with learned variance, whose second half the loss ignores */
  prediction: NdArray;
  /** [N, C, H, W] */
  target: NdArray;
  /** w [N] */
  weight: NdArray;
}

export const LOSSES: Record<Loss, { value(d: number): number; derivative(d: number): number }> = {
  mse: { value: (d) => d * d, derivative: (d) => 2 * d },
  l1: { value: (d) => Math.abs(d), derivative: (d) => Math.sign(d) },
  huber: {
    value: (d) => (Math.abs(d) < 1 ? 0.5 * d * d : Math.abs(d) - 0.5),
    derivative: (d) => (Math.abs(d) < 1 ? d : Math.sign(d)),
  },
};

/** perSample[n] = w_n · mean over C, H, W of l; loss [1] = mean of perSample. */
export function diffusionLoss(inputs: LossInputs, loss: Loss) {
  const N = inputs.target.shape[0]!;
  const size = inputs.target.data.length / N;
  const perSample = ndarray([N]);
  eachDifference(inputs, (n, d) => {
    perSample.data[n]! += (inputs.weight.data[n]! * LOSSES[loss].value(d)) / size;
  });
  const total = perSample.data.reduce((sum, value) => sum + value, 0);
  return { loss: ndarray([1], [total / N]), perSample };
}

/** dprediction of the loss, in the shape of the prediction: 0 in ignored channels. */
export function diffusionLossBackward(inputs: LossInputs, loss: Loss): NdArray {
  const dprediction = ndarray(inputs.prediction.shape);
  const count = inputs.target.data.length;
  eachDifference(inputs, (n, d, i) => {
    dprediction.data[i] = (inputs.weight.data[n]! * LOSSES[loss].derivative(d)) / count;
  });
  return dprediction;
}

/** Visits prediction − target: the image, the difference, and where it lies in the prediction. */
function eachDifference(
  { prediction, target }: LossInputs,
  visit: (n: number, d: number, i: number) => void,
): void {
  const N = target.shape[0]!;
  const size = target.data.length / N;
  const stride = prediction.data.length / N; // of one image; twice `size` with learned variance
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < size; k++) {
      const i = n * stride + k;
      visit(n, prediction.data[i]! - target.data[n * size + k]!, i);
    }
  }
}
