// The derivative of every rule, in one table. Who imports it carries the kernels of all gradients:
// the tape does, and nothing that only evaluates a network.
import type { Derivative, Inputs, Rule } from "./rule.ts";
import { activationDerivative, activationRule } from "./rules/activation.ts";
import { attentionDerivative, attentionRule } from "./rules/attention.ts";
import { narrowDerivative, narrowRule, widenDerivative, widenRule } from "./rules/cast.ts";
import { concatDerivative, concatRule } from "./rules/concat.ts";
import { conv2dDerivative, conv2dRule } from "./rules/conv2d.ts";
import { dropoutDerivative, dropoutRule } from "./rules/dropout.ts";
import {
  addDerivative,
  addRule,
  affineDerivative,
  affineRule,
  scaleRowsDerivative,
  scaleRowsRule,
} from "./rules/elementwise.ts";
import { embeddingDerivative, embeddingRule } from "./rules/embedding.ts";
import { groupNormDerivative, groupNormRule } from "./rules/groupnorm.ts";
import { linearDerivative, linearRule } from "./rules/linear.ts";
import {
  averagePoolDerivative,
  averagePoolRule,
  upsampleDerivative,
  upsampleRule,
} from "./rules/resample.ts";

/** Of the same inputs, and by what the rule has saved. */
const pair = <In extends Inputs, Options, Saved>(
  rule: Rule<In, Options, Saved>,
  derivative: Derivative<In, Saved>,
): readonly [unknown, unknown] => [rule, derivative];

const DERIVATIVES: ReadonlyMap<unknown, unknown> = new Map([
  pair(activationRule, activationDerivative),
  pair(addRule, addDerivative),
  pair(affineRule, affineDerivative),
  pair(attentionRule, attentionDerivative),
  pair(averagePoolRule, averagePoolDerivative),
  pair(concatRule, concatDerivative),
  pair(conv2dRule, conv2dDerivative),
  pair(dropoutRule, dropoutDerivative),
  pair(embeddingRule, embeddingDerivative),
  pair(groupNormRule, groupNormDerivative),
  pair(linearRule, linearDerivative),
  pair(narrowRule, narrowDerivative),
  pair(scaleRowsRule, scaleRowsDerivative),
  pair(upsampleRule, upsampleDerivative),
  pair(widenRule, widenDerivative),
]);

/** The derivative that stands beside a rule in ./rules. */
export function derivativeOf<In extends Inputs, Options, Saved>(
  rule: Rule<In, Options, Saved>,
): Derivative<In, Saved> {
  const found = DERIVATIVES.get(rule);
  if (!found) throw new Error("autograd/derivatives.ts: a rule without a derivative was applied");
  return found as Derivative<In, Saved>; // `pair` has checked it against this very rule
}
