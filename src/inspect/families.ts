// Every kernel family with its self-test cases, by the name of its launchers: of src/kernels/<family>.ts,
// and which shaders they launch.
import type { Target } from "../device/gpu.ts";
import type { Variant } from "../device/shader.ts";
import { Graph } from "../graph/graph.ts";
import { adamwFamily } from "./cases/adamw.ts";
import { attentionFamily } from "./cases/attention.ts";
import { batchImagesFamily } from "./cases/batch_images.ts";
import { boundFamily } from "./cases/bound.ts";
import type { SelfTestFamily } from "./cases/case.ts";
import { castFamily } from "./cases/cast.ts";
import { conv2dFamily, conv2dWeightFamily } from "./cases/convolution.ts";
import { derivationFamily } from "./cases/derivation.ts";
import { diffusionFamily, reverseStepFamily } from "./cases/diffusion.ts";
import { gradientSumsFamily } from "./cases/gradient_sums.ts";
import { groupnormBackwardFamily, groupnormFamily } from "./cases/groupnorm.ts";
import { matmulFamily } from "./cases/matmul.ts";
import { ceilingsFamily, histogramFamily } from "./cases/measuring.ts";
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
import { subgroupMatrixFamily } from "./cases/subgroup_matrix.ts";
import { conv2dWeightWinogradFamily } from "./cases/weight_winograd.ts";
import { conv2dWinogradFamily } from "./cases/winograd.ts";

export const FAMILIES: readonly SelfTestFamily[] = [
  conv2dFamily,
  conv2dWinogradFamily,
  conv2dWeightFamily,
  conv2dWeightWinogradFamily,
  groupnormFamily,
  groupnormBackwardFamily,
  matmulFamily,
  subgroupMatrixFamily,
  attentionFamily,
  activationFamily,
  resampleFamily,
  castFamily,
  concatFamily,
  embeddingFamily,
  elementwiseFamily,
  batchImagesFamily,
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
  ceilingsFamily,
  histogramFamily,
];

/** What a family's self-test launches on a target, recorded and not run. */
export function variantsOf({ cases }: SelfTestFamily, target: Target): Variant[] {
  const graph = new Graph(target);
  for (const one of cases) {
    const tensors = Object.entries(one.inputs()).map(([name, { shape, data }]) => {
      const dtype = data instanceof Uint32Array ? "u32" : "f32";
      return [name, graph.alloc(shape, name, dtype)] as const;
    });
    one.launch(graph, Object.fromEntries(tensors));
  }
  return graph.dispatches.map(({ variant }) => variant);
}
