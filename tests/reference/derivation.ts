// One step of a trajectory and its squares in float64. The twin of derivation.wgsl.
//
//   x_t = √(1 − β) x_{t−1} + √β z                                              DDPM eq. 2
//   squares  ‖x_t − √(1 − β) x_{t−1}‖²,  ‖x_{t−1} − μ̃(x_t, x_0)‖²,  ‖x_t − √ᾱ x_0‖²,
//            ‖x_{t−1} − μ̃(x_t, x̂_0)‖²,  ‖μ̃(x_t, x_0) − μ̃(x_t, x̂_0)‖²,  ‖x_t‖²,  ‖x_0‖²
import type { StepSums } from "../../src/diffusion/derivation.ts";

export interface StepNumbers {
  beta: number;
  alphaBar: number;
  coefX0: number;
  coefXt: number;
  fromX: number;
  fromOutput: number;
  clip: number;
}

export const walkOne = (beta: number, previous: number, z: number): number =>
  Math.sqrt(1 - beta) * previous + Math.sqrt(beta) * z;

export interface Pixel {
  x0: number;
  previous: number;
  xt: number;
  output: number;
}

export function squaresOf(step: StepNumbers, { x0, previous, xt, output }: Pixel): StepSums {
  const { beta, alphaBar, coefX0, coefXt, fromX, fromOutput, clip } = step;
  const x0Hat = Math.min(Math.max(fromX * xt + fromOutput * output, -clip), clip);
  const mean = coefX0 * x0 + coefXt * xt;
  const modelMean = coefX0 * x0Hat + coefXt * xt;
  return {
    step: (xt - Math.sqrt(1 - beta) * previous) ** 2,
    posterior: (previous - mean) ** 2,
    jump: (xt - Math.sqrt(alphaBar) * x0) ** 2,
    model: (previous - modelMean) ** 2,
    means: (mean - modelMean) ** 2,
    xt: xt ** 2,
    x0: x0 ** 2,
  };
}

/**
 * Σ|terms| of the squares: a difference d of parts p is off by Σ|p|, its square by 2 |d| Σ|p|.
 * The parts are those of near differences: x_{t−1} − x_t, x_t − x_0, and what is left of them.
 */
export function squaresBound(step: StepNumbers, pixel: Pixel): StepSums {
  const { beta, alphaBar, coefX0, coefXt, fromX, fromOutput } = step;
  const { x0, previous, xt, output } = pixel;
  const moved = Math.abs(previous - xt);
  const rest = Math.abs((1 - coefX0 - coefXt) * xt);
  const predicted = Math.abs(fromX * xt) + Math.abs(fromOutput * output);
  const parts: StepSums = {
    step: moved + Math.abs((1 - Math.sqrt(1 - beta)) * previous),
    posterior: moved + coefX0 * Math.abs(xt - x0) + rest,
    jump: Math.abs(xt - x0) + Math.abs((1 - Math.sqrt(alphaBar)) * x0),
    model: moved + coefX0 * (Math.abs(xt) + predicted) + rest,
    means: coefX0 * (Math.abs(x0) + predicted),
    xt: Math.abs(xt),
    x0: Math.abs(x0),
  };
  const squares = squaresOf(step, pixel);
  const of = (name: keyof StepSums) => squares[name] + 2 * Math.sqrt(squares[name]) * parts[name];
  return {
    step: of("step"),
    posterior: of("posterior"),
    jump: of("jump"),
    model: of("model"),
    means: of("means"),
    xt: of("xt"),
    x0: of("x0"),
  };
}
