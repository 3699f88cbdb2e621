// Classifier-free guidance as a column of a plan: how far each row leans towards the class.
import { OptionError } from "../core/errors.ts";
import type { Plan } from "./plan.ts";

export interface Guidance {
  /** w of o = u + w (c − u): 1 the class's own output, above 1 more of the class, 0 none of it */
  weight: number;
  /** timesteps [from, to], both included, at which w holds; elsewhere it is 1. Default all */
  interval?: readonly [from: number, to: number] | undefined;
}

/**
 * A plan with guidance in its rows.
 *
 * @throws OptionError for a weight that is no number ≥ 0, or an interval that is none
 * @see Ho & Salimans 2022 (arXiv:2207.12598) eq. 6, whose w is this one less 1; Kynkäänniemi et al.
 *      2024 (arXiv:2404.07724) for the interval
 */
export function guidedPlan(plan: Plan, { weight, interval }: Guidance): Plan {
  const [from, to] = interval ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  if (!(weight >= 0 && Number.isFinite(weight)) || !(from <= to)) {
    throw new OptionError(
      "option/guidance",
      "sampling: guidance must be a number from 0 up, on an interval from ≤ to of timesteps, got " +
        `${weight} on ${from} … ${to}.`,
      "1 is no guidance; 2 to 8 are usual.",
    );
  }
  const rows = plan.rows.map((row) => {
    const isInside = row.timestep >= from && row.timestep <= to;
    return { ...row, guidance: isInside ? weight : 1 };
  });
  return { ...plan, rows };
}

/** Does any row need the network's output without a class? */
export const isGuided = ({ rows }: Plan): boolean => rows.some(({ guidance }) => guidance !== 1);
