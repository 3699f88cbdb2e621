// Section 5: what ‖ε − ε_θ‖² counts for at each t, in the bound and in L_simple. No elements here.
import type { DiffusionTables } from "../../src/index.ts";

export interface Weights {
  /** the paper's, 2 … T: L_0, of t = 1, is no squared error */
  ts: number[];
  /** β_t² / (2 σ_t² α_t (1 − ᾱ_t)) with σ_t² = β̃_t, and with σ_t² = β_t */
  small: number[];
  large: number[];
  /** of L_simple */
  simple: number[];
}

/** @see DDPM (arXiv:2006.11239) eq. 12, 14 */
export function weightsOf({
  steps,
  betas,
  alphas,
  alphaBars,
  boundWeight,
}: DiffusionTables): Weights {
  const ts = Array.from({ length: steps - 1 }, (_, k) => k + 2);
  return {
    ts,
    small: ts.map((t) => boundWeight[t - 1]!),
    large: ts.map((t) => betas[t - 1]! / (2 * alphas[t - 1]! * (1 - alphaBars[t - 1]!))),
    simple: ts.map(() => 1),
  };
}
