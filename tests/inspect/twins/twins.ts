// The twins of every family's self-test cases.
import { adamwTwins } from "./adamw.ts";
import { batchImagesTwins } from "./batch_images.ts";
import { boundTwins } from "./bound.ts";
import { castTwins } from "./cast.ts";
import { conv2dTwins, conv2dWeightTwins } from "./convolution.ts";
import { derivationTwins } from "./derivation.ts";
import { diffusionTwins } from "./diffusion.ts";
import { gradientSumsTwins } from "./gradient_sums.ts";
import { groupnormBackwardTwins, groupnormTwins } from "./groupnorm.ts";
import { attentionTwins, matmulTwins } from "./layers.ts";
import { ceilingsTwins, histogramTwins } from "./measuring.ts";
import { diffusionLossTwins, diffusionTimestepsTwins, dropoutTwins } from "./objectives.ts";
import {
  activationTwins,
  concatTwins,
  elementwiseTwins,
  embeddingTwins,
  resampleTwins,
} from "./pointwise.ts";
import { reverseStepTwins } from "./reverse_step.ts";
import { steerTwins, viewTwins } from "./steering.ts";
import type { Twins } from "./twin.ts";
import { conv2dWeightWinogradTwins } from "./weight_winograd.ts";
import { conv2dWinogradTwins } from "./winograd.ts";

const pick = (twins: Twins, names: readonly string[]): Twins =>
  Object.fromEntries(names.map((name) => [name, twins[name]!]));

export const TWINS: Readonly<Record<string, Twins>> = {
  conv2d: conv2dTwins,
  conv2d_winograd: conv2dWinogradTwins,
  conv2d_weight: conv2dWeightTwins,
  conv2d_weight_winograd: conv2dWeightWinogradTwins,
  groupnorm: groupnormTwins,
  groupnorm_backward: groupnormBackwardTwins,
  matmul: matmulTwins,
  subgroup_matrix: pick({ ...matmulTwins, ...conv2dTwins }, ["several tiles", "3×3", "1×1"]),
  attention: attentionTwins,
  activation: activationTwins,
  resample: resampleTwins,
  cast: castTwins,
  concat: concatTwins,
  embedding: embeddingTwins,
  elementwise: elementwiseTwins,
  batch_images: batchImagesTwins,
  diffusion: diffusionTwins,
  diffusion_loss: diffusionLossTwins,
  diffusion_timesteps: diffusionTimestepsTwins,
  dropout: dropoutTwins,
  reverse_step: reverseStepTwins,
  bound: boundTwins,
  derivation: derivationTwins,
  steer: steerTwins,
  view: viewTwins,
  gradient_sums: gradientSumsTwins,
  adamw: adamwTwins,
  ceilings: ceilingsTwins,
  histogram: histogramTwins,
};
