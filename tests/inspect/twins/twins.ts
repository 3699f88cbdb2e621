// The twins of every family's self-test cases.
import { adamwTwins } from "./adamw.ts";
import { conv2dTwins, conv2dWeightTwins } from "./convolution.ts";
import { diffusionTwins } from "./diffusion.ts";
import { groupnormBackwardTwins, groupnormTwins } from "./groupnorm.ts";
import { attentionTwins, matmulTwins } from "./layers.ts";
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

export const TWINS: Readonly<Record<string, Twins>> = {
  conv2d: conv2dTwins,
  conv2d_weight: conv2dWeightTwins,
  groupnorm: groupnormTwins,
  groupnorm_backward: groupnormBackwardTwins,
  matmul: matmulTwins,
  attention: attentionTwins,
  activation: activationTwins,
  resample: resampleTwins,
  concat: concatTwins,
  embedding: embeddingTwins,
  elementwise: elementwiseTwins,
  diffusion: diffusionTwins,
  reverse_step: reverseStepTwins,
  steer: steerTwins,
  view: viewTwins,
  adamw: adamwTwins,
};
