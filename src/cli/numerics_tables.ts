// The tables of `inspect --numerics`, for people.
import type { NumericsReport } from "../bench/numerics_report.ts";
import { DeviceError } from "../core/errors.ts";
import type { LayerError } from "../inspect/layer_errors.ts";
import type { WrittenNumbers } from "../inspect/numbers.ts";
import { EXPONENTS } from "../kernels/histogram.ts";
import { columns } from "./inspect_tables.ts";

const WORST = 12;

/** The worst layers, what every layer's outputs are like, and where a number is not finite. */
export function numericsLines(report: NumericsReport & { adapter: string }): string[] {
  const { adapter, batch, layers, unmatched, numbers, notFinite } = report;
  const worst = [...layers].sort((a, b) => partOf(b) - partOf(a)).slice(0, WORST);
  const wrong = layers.filter(({ ok }) => !ok).length;
  return [
    `${adapter}: a forward and a backward pass, batch ${batch}`,
    `${layers.length - wrong} of ${layers.length} tensors are those of the plain kernels; ${unmatched} more have none to compare with`,
    notFinite ? notFiniteLine(notFinite) : "every number is finite",
    "",
    "the largest differences, as parts of a tensor's largest value:",
    ...columns([["tensor", "phase", "difference", "allowed"], ...worst.map(errorRow)]),
    "",
    "what layers leave; float16 has its subnormal numbers below 2^-14, and nothing from 2^16 on:",
    ...columns([
      ["layer", "phase", "tensor", "largest", "middle", "zeros", "< 2^-14", ">= 2^16"],
      ...numbers.filter(({ layer }) => layer !== null).map(numbersRow),
    ]),
  ];
}

/** An error as a part of what is allowed; what is not finite is the worst. */
const partOf = ({ error, bound }: LayerError): number =>
  error === null ? Number.POSITIVE_INFINITY : error / bound;

const nameOf = ({ dispatch, kernel, layer }: Pick<LayerError, "dispatch" | "kernel" | "layer">) =>
  `${dispatch} ${layer ?? kernel}`;

const errorRow = (one: LayerError): string[] => [
  `${nameOf(one)}, ${one.tensor} [${one.shape.join(", ")}]`,
  one.phase,
  one.error === null ? "not finite" : one.error.toExponential(1),
  one.bound.toExponential(0),
];

function numbersRow(one: WrittenNumbers): string[] {
  const { phase, tensor, largest, zeros, exponents, shape } = one;
  const all = shape.reduce((a, b) => a * b, 1);
  const percent = (count: number) => `${((100 * count) / all).toFixed(1)} %`;
  const count = (is: (exponent: number) => boolean) =>
    exponents.reduce((sum, n, i) => sum + (is(EXPONENTS[i]!) ? n : 0), 0);
  return [
    nameOf(one),
    phase,
    tensor,
    largest.toPrecision(3),
    middleOf(one),
    percent(zeros),
    percent(count((exponent) => exponent < -14)),
    percent(count((exponent) => exponent >= 16)),
  ];
}

/** The power of two below the median of all |x| that are not 0. */
function middleOf({ exponents }: WrittenNumbers): string {
  let left = exponents.reduce((sum, n) => sum + n, 0) / 2;
  const at = exponents.findIndex((n) => {
    left -= n;
    return n > 0 && left <= 0;
  });
  return at < 0 ? "–" : `2^${EXPONENTS[at]}`;
}

function notFiniteLine(one: WrittenNumbers): string {
  const { infinite, notNumbers, firstNotFinite, tensor, phase } = one;
  return `NOT FINITE: first after dispatch ${nameOf(one)} (${one.kernel}, ${phase}), ${tensor}: ${infinite} infinite, ${notNumbers} no numbers, the first at ${firstNotFinite}`;
}

/** @throws DeviceError device/self-test where a layer is wrong, train/not-finite */
export function requireRight({ layers, notFinite }: NumericsReport): void {
  if (notFinite) {
    throw new DeviceError(
      "train/not-finite",
      `inspect: ${notFinite.tensor} is not finite after dispatch ${nameOf(notFinite)}.`,
      "Its inputs are: look at that kernel's, or at the weights it reads.",
    );
  }
  const wrong = layers.find(({ ok }) => !ok);
  if (!wrong) return;
  throw new DeviceError(
    "device/self-test",
    `inspect: dispatch ${nameOf(wrong)} (${wrong.kernel}) differs from the plain kernels by ${wrong.error} of the largest value, ${wrong.bound} is allowed.`,
    "Later layers inherit it; `wgsl-diffusion doctor` tests each family alone.",
  );
}
