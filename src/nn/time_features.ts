// What the network is told of the time: features of t, from a float64 table on the host.
//
//   positional  half = ⌊C / 2⌋, f_i = exp(−ln(10000) · i / (half − freq_shift)):
//               [sin(t f), cos(t f)], or [cos, sin] with flip_sin_to_cos; an odd C ends with one 0
//   fourier     [sin, cos](2π ln(t) w), w the stored frequencies
//
// Not on the GPU: WGSL's sine may be wrong in the fourth digit. Timesteps may be fractional.
import { philoxNormals } from "../core/philox.ts";
import type { UNetConfig } from "../formats/unet_config.ts";

const FOURIER_SCALE = 16; // diffusers' GaussianFourierProjection(scale=16)

/** Features a timestep. */
export function timeFeatureCount({ time_embedding_type, block_out_channels }: UNetConfig): number {
  return time_embedding_type === "fourier" ? 2 * block_out_channels[0]! : block_out_channels[0]!;
}

/** Frequencies of a new Fourier embedding, N(0, 16²). */
export const fourierFrequencies = (count: number): Float32Array =>
  philoxNormals(0, count).map((z) => FOURIER_SCALE * z);

/**
 * The features of timesteps, a row each.
 *
 * @param timesteps    counted from 0, whole or not
 * @param frequencies  of a Fourier embedding
 * @returns            float32 [timesteps, features]
 * @see diffusers' `get_timestep_embedding` and `GaussianFourierProjection`
 */
export function timeFeatures(
  config: UNetConfig,
  timesteps: ArrayLike<number>,
  frequencies?: Float32Array,
): Float32Array<ArrayBuffer> {
  const size = timeFeatureCount(config);
  const half = Math.floor(size / 2);
  const isFourier = config.time_embedding_type === "fourier";
  const cosFirst = !isFourier && config.flip_sin_to_cos;
  const [sinAt, cosAt] = cosFirst ? [half, 0] : [0, half];
  const table = new Float32Array(timesteps.length * size);
  for (let n = 0; n < timesteps.length; n++) {
    for (let i = 0; i < half; i++) {
      const angle = isFourier
        ? 2 * Math.PI * Math.log(timesteps[n]!) * (frequencies?.[i] ?? 0)
        : timesteps[n]! * Math.exp((-Math.log(10000) * i) / (half - config.freq_shift));
      table[n * size + sinAt + i] = Math.sin(angle);
      table[n * size + cosAt + i] = Math.cos(angle);
    }
  }
  return table;
}
