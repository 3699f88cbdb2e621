// Every pipeline that a launcher can ask for, once. tests/kernels/variants.test.ts sees that no family
// is missing here.
import { keyOf, type Variant } from "../../src/device/shader.ts";
import { activationVariants } from "../../src/kernels/activation.ts";
import { adamwVariants } from "../../src/kernels/adamw.ts";
import { attentionVariants } from "../../src/kernels/attention.ts";
import { concatVariants } from "../../src/kernels/concat.ts";
import { conv2dVariants } from "../../src/kernels/conv2d.ts";
import { conv2dWeightVariants } from "../../src/kernels/conv2d_weight.ts";
import { diffusionVariants } from "../../src/kernels/diffusion.ts";
import { elementwiseVariants } from "../../src/kernels/elementwise.ts";
import { embeddingVariants } from "../../src/kernels/embedding.ts";
import { groupNormVariants } from "../../src/kernels/groupnorm.ts";
import { groupNormBackwardVariants } from "../../src/kernels/groupnorm_backward.ts";
import { matmulVariants } from "../../src/kernels/matmul.ts";
import { resampleVariants } from "../../src/kernels/resample.ts";
import { reverseStepVariants } from "../../src/kernels/reverse_step.ts";

const all: readonly Variant[] = [
  ...conv2dVariants,
  ...conv2dWeightVariants,
  ...groupNormVariants,
  ...groupNormBackwardVariants,
  ...matmulVariants,
  ...attentionVariants,
  ...activationVariants,
  ...resampleVariants,
  ...concatVariants,
  ...embeddingVariants,
  ...elementwiseVariants,
  ...diffusionVariants,
  ...reverseStepVariants,
  ...adamwVariants,
];

export const VARIANTS: readonly Variant[] = [
  ...new Map(all.map((variant) => [keyOf(variant), variant])).values(),
];
