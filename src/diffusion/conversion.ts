// How a network's output becomes x̂_0 and ε̂, whatever it predicts.
import { OptionError } from "../core/errors.ts";
import { PREDICTIONS, type Prediction } from "./scheduler_config.ts";

/**
 * x̂_0 = x0FromX · x + x0FromOutput · o and ε̂ = epsFromX · x + epsFromOutput · o, in this order.
 *
 * @param signal  √ᾱ of x
 * @param noise   √(1 − ᾱ) of x
 * @returns       infinite where a prediction is divided by zero
 * @throws OptionError for an unknown prediction
 * @see Salimans & Ho 2022 (arXiv:2202.00512) §4 for v = √ᾱ ε − √(1 − ᾱ) x_0
 */
export function conversionOf(prediction: Prediction, signal: number, noise: number) {
  switch (prediction) {
    case "epsilon":
      return [1 / signal, -noise / signal, 0, 1] as const; // x̂_0 = (x − √(1−ᾱ) ε̂) / √ᾱ
    case "sample":
      return [0, 1, 1 / noise, -signal / noise] as const;
    case "v_prediction":
      return [signal, -noise, noise, signal] as const; // x̂_0 = √ᾱ x − √(1−ᾱ) v
    default:
      throw new OptionError(
        "option/prediction",
        `sampling: prediction_type must be one of ${PREDICTIONS.join(", ")}, got ${prediction}.`,
        "Set prediction_type to what the network was trained to predict.",
      );
  }
}
