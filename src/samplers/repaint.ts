// Editing as plans: the last part of a plan, from an image; and RePaint's way there and back.
import { OptionError } from "../core/errors.ts";
import type { Plan, PlanRow } from "./plan.ts";

/**
 * The last part of a plan: what is left to do for an image that is noised to where it begins.
 *
 * Begins at row n − ⌊n · strength⌋ of n, at least one row from the end. Its first row has no x̂_0
 * before it: c's weight goes to b, which makes a multistep solver begin with first order.
 *
 * @param strength  0 … 1: 1 keeps nothing of the image but what noise at the first level leaves
 * @throws OptionError for another strength
 * @see Meng et al. 2021 (SDEdit, arXiv:2108.01073); diffusers' `get_timesteps`
 */
export function partialPlan(plan: Plan, strength: number): Plan {
  if (!(strength > 0 && strength <= 1)) {
    throw new OptionError(
      "option/strength",
      `sampling: strength must be above 0 and at most 1, got ${strength}.`,
      "0.3 changes details, 0.8 nearly all.",
    );
  }
  const n = plan.rows.length;
  const [first, ...rest] = plan.rows.slice(n - Math.max(1, Math.floor(n * strength)));
  return { ...plan, rows: [withoutPast(first!), ...rest] };
}

const withoutPast = (row: PlanRow): PlanRow => ({ ...row, b: row.b + row.c, c: 0 });

export interface Repainting {
  /** how often each stretch is walked, ≥ 1; 1: no jumps back; default 4 */
  resample?: number | undefined;
  /** rows of a stretch; default 5 */
  jumpLength?: number | undefined;
}

/**
 * RePaint's order of rows: where a stretch of `jumpLength` rows ends, x is noised again to where it
 * began, and the stretch is walked anew, `resample` times in all.
 *
 *   x at ᾱ → √(ᾱ_j / ᾱ) x + √(1 − ᾱ_j / ᾱ) z,   ᾱ_j the level `jumpLength` rows before
 *
 * Stretches end 0, jumpLength, 2 · jumpLength, … rows before the last one, as in the authors' code.
 *
 * @param plan  of a sampler whose rows need nothing of the row before: ddpm, ddim, euler
 * @throws OptionError for other plans, and for counts that are not whole numbers above 0
 * @see Lugmayr et al. 2022 (RePaint, arXiv:2201.09865) Algorithm 1, §4.2, appendix B.1
 */
export function repaintPlan(plan: Plan, options: Repainting = {}): Plan {
  const { resample = 4, jumpLength = 5 } = options;
  requireCounts({ resample, jumpLength });
  requireMemoryless(plan);
  const { rows } = plan;
  const last = rows.length - 1;
  const left = rows.map((_, i) => {
    const isEnd = (last - i) % jumpLength === 0 && i >= jumpLength;
    return isEnd ? resample - 1 : 0; // jumps from before row i
  });
  const order: PlanRow[] = [];
  for (let i = 0; i < rows.length; ) {
    order.push(rows[i]!);
    const next = i + 1;
    if ((left[next] ?? 0) === 0) {
      i = next;
      continue;
    }
    left[next]!--;
    i = next - jumpLength;
    const kept = rows[i]!.alphaBar / rows[next]!.alphaBar;
    const again = { againSignal: Math.sqrt(kept), againSpread: Math.sqrt(1 - kept) };
    order[order.length - 1] = { ...order[order.length - 1]!, ...again };
  }
  return { ...plan, rows: order };
}

function requireMemoryless({ sampler, rows }: Plan): void {
  const falls = rows.every(({ alphaBar, alphaBarNext }) => alphaBarNext >= alphaBar);
  if (falls && rows.every(({ c }) => c === 0)) return;
  throw new OptionError(
    "option/inpaint",
    `inpainting: needs ddpm, ddim or euler, got ${sampler}.`,
    "Other samplers use predictions of the row before, which what is kept would not fit.",
  );
}

function requireCounts(counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && count >= 1) continue;
    throw new OptionError(
      "option/inpaint",
      `inpainting: ${name} must be a whole number above 0, got ${count}.`,
      "RePaint's paper takes 10 and 10 at 250 steps.",
    );
  }
}
