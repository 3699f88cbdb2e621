// Axes: which numbers a chart marks, how they are written, where a value lies.
//
// Marks are 1, 2 or 5 times a power of ten, so that they can be read at a glance.

export interface Axis {
  /** value → 0 … 1 along the axis */
  place: (value: number) => number;
  /** marked values, rising */
  ticks: number[];
}

const LOG_MARGIN = 0.04; // beyond the values, as a part of their decades
const DECADES_WITH_2_AND_5 = 2.5; // more than these many decades are marked at 1 alone

/** Where marks of a step of 1, 2 or 5 · 10^k fall in [low, high], about `count` of them. */
export function linearTicks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return ticks.map((tick) => Number(tick.toPrecision(12)));
}

/** An axis from low to high, low < high. */
export function linearAxis(low: number, high: number, count: number): Axis {
  return { place: (value) => (value - low) / (high - low), ticks: linearTicks(low, high, count) };
}

/** An axis of powers about 0 < low < high: equal factors are equal lengths. */
export function logAxis(low: number, high: number, count: number): Axis {
  const margin = LOG_MARGIN * (Math.log10(high) - Math.log10(low));
  const [from, to] = [Math.log10(low) - margin, Math.log10(high) + margin];
  const factors = to - from > DECADES_WITH_2_AND_5 ? [1] : [1, 2, 5];
  const every = Math.max(1, Math.ceil((to - from) / count));
  const ticks: number[] = [];
  for (let decade = Math.floor(from); decade <= to; decade++) {
    if (decade % every !== 0) continue;
    for (const factor of factors) ticks.push(Number(`${factor}e${decade}`));
  }
  const place = (value: number) => (Math.log10(value) - from) / (to - from);
  return { place, ticks: ticks.filter((tick) => place(tick) >= 0 && place(tick) <= 1) };
}

/** 0.05, 5000, 20k, 1.5M, 1e−7: digits where they are short, powers of ten where they are not. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  const short = (number: number) => String(Number(number.toPrecision(6)));
  if (size === 0 || (size >= 1e-4 && size < 1e4)) return minus(short(value));
  if (size >= 1e4 && size < 1e6) return minus(`${short(value / 1e3)}k`);
  if (size >= 1e6 && size < 1e9) return minus(`${short(value / 1e6)}M`);
  const [digits = "", power = ""] = value.toExponential().split("e");
  return minus(`${Number(Number(digits).toFixed(3))}e${Number(power)}`);
}

const minus = (text: string): string => text.replace(/-/g, "−");
