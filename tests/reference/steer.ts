// The gradient of a loss of x̂_0 by x and by the network's output, in float64: the chain rule.
import type { PlanRow } from "../../src/samplers/plan.ts";

export interface SteerInput {
  x: Float64Array;
  /** what the network gave with the class, and without it where there is guidance */
  conditional: Float64Array;
  unconditional?: Float64Array | undefined;
}

/** x̂_0 before it is clipped. */
export function unclippedX0(row: PlanRow, { x, conditional, unconditional }: SteerInput) {
  return x.map((xi, i) => {
    const c = conditional[i]!;
    const u = unconditional?.[i];
    const o = u === undefined ? c : u + row.guidance * (c - u);
    return row.x0FromX * xi + row.x0FromOutput * o;
  });
}

/** With g = ∂L/∂x̂_0 of the clipped x̂_0: ∂L by x itself, by c and by u. */
export function chain(
  row: PlanRow,
  input: SteerInput,
  gradient: (x0Hat: Float64Array) => Float64Array,
) {
  const free = unclippedX0(row, input);
  const x0Hat = free.map((value) => Math.min(Math.max(value, -row.clip), row.clip));
  const g = gradient(x0Hat).map((value, i) => (Math.abs(free[i]!) <= row.clip ? value : 0));
  const ofC = input.unconditional ? row.guidance : 1;
  return {
    direct: g.map((value) => row.x0FromX * value),
    conditional: g.map((value) => row.x0FromOutput * ofC * value),
    unconditional: g.map((value) => row.x0FromOutput * (1 - ofC) * value),
  };
}
