// Every record, one a kernel family. A family without one fails ../records.gpu.test.ts.
import { info as activation } from "./activation.ts";
import { info as adamw } from "./adamw.ts";
import { info as attention } from "./attention.ts";
import { info as batchImages } from "./batch_images.ts";
import { info as bound } from "./bound.ts";
import { info as cast } from "./cast.ts";
import { info as ceilings } from "./ceilings.ts";
import { info as concat } from "./concat.ts";
import { info as conv2d } from "./conv2d.ts";
import { info as conv2dWeight } from "./conv2d_weight.ts";
import { info as conv2dWeightWinograd } from "./conv2d_weight_winograd.ts";
import { info as conv2dWinograd } from "./conv2d_winograd.ts";
import { info as derivation } from "./derivation.ts";
import { info as diffusion } from "./diffusion.ts";
import { info as diffusionLoss } from "./diffusion_loss.ts";
import { info as diffusionTimesteps } from "./diffusion_timesteps.ts";
import { info as dropout } from "./dropout.ts";
import { info as elementwise } from "./elementwise.ts";
import { info as embedding } from "./embedding.ts";
import { info as gradientSums } from "./gradient_sums.ts";
import { info as groupnorm } from "./groupnorm.ts";
import { info as groupnormBackward } from "./groupnorm_backward.ts";
import { info as histogram } from "./histogram.ts";
import { info as matmul } from "./matmul.ts";
import type { KernelInfo } from "./record.ts";
import { info as resample } from "./resample.ts";
import { info as reverseStep } from "./reverse_step.ts";
import { info as steer } from "./steer.ts";
import { info as subgroupMatrix } from "./subgroup_matrix.ts";
import { info as view } from "./view.ts";

export const RECORDS: readonly KernelInfo[] = [
  conv2d,
  conv2dWinograd,
  conv2dWeight,
  conv2dWeightWinograd,
  groupnorm,
  groupnormBackward,
  matmul,
  subgroupMatrix,
  attention,
  activation,
  resample,
  cast,
  concat,
  embedding,
  elementwise,
  batchImages,
  diffusion,
  diffusionLoss,
  diffusionTimesteps,
  dropout,
  reverseStep,
  bound,
  derivation,
  steer,
  view,
  gradientSums,
  adamw,
  ceilings,
  histogram,
];
