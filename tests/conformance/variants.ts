// Every pipeline that a launcher can ask for, once.
import { entryOf, keyOf, type Variant } from "../../src/device/shader.ts";
import { activationVariants } from "../../src/kernels/activation.ts";
import { adamwVariants } from "../../src/kernels/adamw.ts";
import { attentionVariants } from "../../src/kernels/attention.ts";
import { batchImagesVariants } from "../../src/kernels/batch_images.ts";
import { boundVariants } from "../../src/kernels/bound.ts";
import { castVariants } from "../../src/kernels/cast.ts";
import { concatVariants } from "../../src/kernels/concat.ts";
import { conv2dVariants } from "../../src/kernels/conv2d.ts";
import { conv2dWeightVariants } from "../../src/kernels/conv2d_weight.ts";
import { conv2dWeightWinogradVariants } from "../../src/kernels/conv2d_weight_winograd.ts";
import { conv2dWinogradVariants } from "../../src/kernels/conv2d_winograd.ts";
import { derivationVariants } from "../../src/kernels/derivation.ts";
import { diffusionVariants } from "../../src/kernels/diffusion.ts";
import { diffusionLossVariants } from "../../src/kernels/diffusion_loss.ts";
import { diffusionTimestepsVariants } from "../../src/kernels/diffusion_timesteps.ts";
import { dropoutVariants } from "../../src/kernels/dropout.ts";
import { elementwiseVariants } from "../../src/kernels/elementwise.ts";
import { embeddingVariants } from "../../src/kernels/embedding.ts";
import { groupNormVariants } from "../../src/kernels/groupnorm.ts";
import { groupNormBackwardVariants } from "../../src/kernels/groupnorm_backward.ts";
import { matmulVariants } from "../../src/kernels/matmul.ts";
import { resampleVariants } from "../../src/kernels/resample.ts";
import { reverseStepVariants } from "../../src/kernels/reverse_step.ts";
import { steerVariants } from "../../src/kernels/steer.ts";
import { subgroupMatrixVariants } from "../../src/kernels/subgroup_matrix.ts";
import { viewVariants } from "../../src/kernels/view.ts";

const all: readonly Variant[] = [
  ...conv2dVariants(),
  ...conv2dWinogradVariants(),
  ...conv2dWeightVariants(),
  ...conv2dWeightWinogradVariants(),
  ...groupNormVariants(),
  ...groupNormBackwardVariants(),
  ...matmulVariants(),
  ...subgroupMatrixVariants(),
  ...attentionVariants(),
  ...activationVariants(),
  ...resampleVariants(),
  ...castVariants(),
  ...concatVariants(),
  ...embeddingVariants(),
  ...elementwiseVariants(),
  ...batchImagesVariants(),
  ...diffusionVariants(),
  ...diffusionLossVariants(),
  ...diffusionTimestepsVariants(),
  ...dropoutVariants(),
  ...boundVariants(),
  ...derivationVariants(),
  ...steerVariants(),
  ...viewVariants(),
  ...reverseStepVariants(),
  ...adamwVariants(),
];

/** The same with maps of float16, where the entry point has any. */
const halves = all
  .filter((variant) => entryOf(variant).bindings.some(({ elem }) => elem))
  .map((variant): Variant => ({ ...variant, constants: { ...variant.constants, elem: "f16" } }));

export const VARIANTS: readonly Variant[] = [
  ...new Map([...all, ...halves].map((variant) => [keyOf(variant), variant])).values(),
];
