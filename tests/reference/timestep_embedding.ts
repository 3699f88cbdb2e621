// Sinusoidal timestep embedding in float64. The twin of timestep_embedding.wgsl.
//
//   half = ⌊dim / 2⌋      f_i = exp(−ln(10000) · i / (half − freqShift)),  i = 0 … half − 1
//   y[n] = [sin(t f), cos(t f)], or [cos, sin] with flipSinToCos; an odd dim ends with one 0
//
// As diffusers' `get_timestep_embedding`; t need not be whole.
import { type NdArray, ndarray } from "./ndarray.ts";

export interface TimestepEmbeddingOptions {
  dim: number;
  flipSinToCos: boolean;
  freqShift: number;
}

/** y [N, dim] of timesteps [N]. */
export function timestepEmbedding(
  timesteps: ArrayLike<number>,
  { dim, flipSinToCos, freqShift }: TimestepEmbeddingOptions,
): NdArray {
  const half = Math.floor(dim / 2);
  const [sinAt, cosAt] = flipSinToCos ? [half, 0] : [0, half];
  const y = ndarray([timesteps.length, dim]);
  for (let n = 0; n < timesteps.length; n++) {
    for (let i = 0; i < half; i++) {
      const angle = timesteps[n]! * Math.exp((-Math.log(10000) * i) / (half - freqShift));
      y.data[n * dim + sinAt + i] = Math.sin(angle);
      y.data[n * dim + cosAt + i] = Math.cos(angle);
    }
  }
  return y;
}
