// Casts between float32 and what maps are stored in, in float64. The twin of cast.wgsl.
//
//   narrow  y = scale · x        widen  y = x
//   source  Micikevicius et al. 2017, arXiv:1710.03740, §3; the rounding of a store is the caller's
import { mapArray, type NdArray } from "./ndarray.ts";

export const narrow = (x: NdArray, scale = 1): NdArray => mapArray(x, (value) => scale * value);

export const widen = (x: NdArray): NdArray => mapArray(x, (value) => value);
