// Every kernel family with its self-test cases, by the name of its launchers: of src/kernels/<family>.ts.
import { adamwFamily } from "./cases/adamw.ts";
import { attentionFamily } from "./cases/attention.ts";
import type { SelfTestFamily } from "./cases/case.ts";
import { conv2dFamily, conv2dWeightFamily } from "./cases/convolution.ts";
import { diffusionFamily, reverseStepFamily } from "./cases/diffusion.ts";
import { groupnormBackwardFamily, groupnormFamily } from "./cases/groupnorm.ts";
import { matmulFamily } from "./cases/matmul.ts";
import {
  activationFamily,
  concatFamily,
  elementwiseFamily,
  embeddingFamily,
  resampleFamily,
} from "./cases/pointwise.ts";
import { steerFamily, viewFamily } from "./cases/steering.ts";

export const FAMILIES: readonly SelfTestFamily[] = [
  conv2dFamily,
  conv2dWeightFamily,
  groupnormFamily,
  groupnormBackwardFamily,
  matmulFamily,
  attentionFamily,
  activationFamily,
  resampleFamily,
  concatFamily,
  embeddingFamily,
  elementwiseFamily,
  diffusionFamily,
  reverseStepFamily,
  steerFamily,
  viewFamily,
  adamwFamily,
];
