// Numbers as the page writes them.

export const percent = (part: number): string => `${(100 * part).toFixed(part < 0.0995 ? 1 : 0)} %`;

/** Three digits. */
export const digits = (value: number): string => {
  if (value === 0) return "0";
  if (value < 0.001 || value >= 1e6) return value.toExponential(1);
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
};

export const milliseconds = (ms: number): string => `${digits(ms)} ms`;

const scaled = (value: number, base: number, units: readonly string[]): string => {
  let at = 0;
  let rest = value;
  for (; rest >= base && at < units.length - 1; at++) rest /= base;
  return `${at === 0 ? rest : digits(rest)} ${units[at]}`;
};

export const flop = (count: number): string =>
  scaled(count, 1000, ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"]);

export const bytes = (count: number): string => scaled(count, 1024, ["B", "KiB", "MiB", "GiB"]);
