// Every kernel family with its self-test cases, by the name of its launchers: of src/kernels/<family>.ts.
import { adamwFamily } from "./cases/adamw.ts";
import { attentionFamily } from "./cases/attention.ts";
import { boundFamily } from "./cases/bound.ts";
import type { SelfTestFamily } from "./cases/case.ts";
import { conv2dFamily, conv2dWeightFamily } from "./cases/convolution.ts";
import { derivationFamily } from "./cases/derivation.ts";
import { diffusionFamily, reverseStepFamily } from "./cases/diffusion.ts";
import { gradientSumsFamily } from "./cases/gradient_sums.ts";
import { groupnormBackwardFamily, groupnormFamily } from "./cases/groupnorm.ts";
import { matmulFamily } from "./cases/matmul.ts";
import {
  diffusionLossFamily,
  diffusionTimestepsFamily,
  dropoutFamily,
} from "./cases/objectives.ts";
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
  diffusionLossFamily,
  diffusionTimestepsFamily,
  dropoutFamily,
  reverseStepFamily,
  boundFamily,
  derivationFamily,
  steerFamily,
  viewFamily,
  gradientSumsFamily,
  adamwFamily,
];
