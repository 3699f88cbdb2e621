// From timed steps to the JSON of a benchmark and to its table. Medians, and the medians of what
// deviates from them.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** @param steps  { ms, dispatches?, gpu_bytes? } of each sample, in order */
export function timing(name, engine, steps, check) {
  const times = steps.map(({ ms }) => ms);
  const median_ms = median(times);
  const { dispatches, gpu_bytes } = steps.at(-1);
  const seen = dispatches > 0 ? { dispatches, gpu_bytes } : {}; // WebGL is not counted
  return {
    suite: "peers",
    name,
    engine,
    median_ms,
    mad_ms: median(times.map((ms) => Math.abs(ms - median_ms))),
    min_ms: Math.min(...times),
    n: times.length,
    samples_ms: times,
    check: { ...check, ...seen },
  };
}

/** @param pairs  { name, engine, base, time }: a peer's sample, and ours just before it, in ms */
export function ratiosOf(pairs, baseline) {
  const keyOf = ({ name, engine }) => `${name} ${engine}`;
  return [...new Set(pairs.map(keyOf))].map((key) => {
    const own = pairs.filter((pair) => keyOf(pair) === key);
    const values = own.map(({ base, time }) => time / base);
    return {
      name: own[0].name,
      engine: own[0].engine,
      baseline,
      median: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      n: values.length,
    };
  });
}

const COLUMNS = [
  "engine",
  "train step, ms",
  "÷ ours",
  "denoising step, ms",
  "÷ ours",
  "first train step, s",
  "dispatches",
  "GPU MB",
];

/** What an engine held by then, of one of its results; a dash where that was not counted. */
export const megabytes = (row) =>
  row?.check.gpu_bytes ? Math.round(row.check.gpu_bytes / 1e6) : "–";

/** The report as a Markdown table. */
export function peerTable({ results, ratios }) {
  const find = (list, kind, engine) =>
    list.find((row) => row.name === `peer-job/${kind}` && row.engine === engine);
  const spread = ({ n, mad_ms }) => (n > 1 ? ` ± ${Math.round(mad_ms)}` : "");
  const ms = (row) => Math.round(row.median_ms) + spread(row);
  const range = ({ n, min, max }) => (n > 1 ? ` (${min.toFixed(1)}–${max.toFixed(1)})` : "");
  const times = (row) => (row ? `${row.median.toFixed(1)}${range(row)}, n = ${row.n}` : "1");
  const lines = [`| ${COLUMNS.join(" | ")} |`, `|${" --- |".repeat(COLUMNS.length)}`];
  for (const engine of new Set(results.map((row) => row.engine))) {
    const train = find(results, "train", engine);
    const denoise = find(results, "denoise", engine);
    const first = find(results, "first-train-step", engine);
    if (!denoise) continue;
    const cells = [
      engine,
      train ? ms(train) : "–",
      train ? times(find(ratios, "train", engine)) : "–",
      ms(denoise),
      times(find(ratios, "denoise", engine)),
      first ? (first.median_ms / 1000).toFixed(1) : "–",
      `${train?.check.dispatches ?? "–"} / ${denoise.check.dispatches ?? "–"}`,
      `${megabytes(first)} / ${megabytes(denoise)}`,
    ];
    lines.push(`| ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

/** Single kernels as a Markdown table: each engine's time, and its ratio to ours. */
export function kernelTable({ results, ratios }) {
  const engines = [...new Set(results.map(({ engine }) => engine))];
  const digits = (value) => (value < 100 ? value.toFixed(1) : Math.round(value));
  const cell = (name, engine) => {
    const row = results.find((one) => one.name === name && one.engine === engine);
    if (!row) return "–";
    const ratio = ratios.find((one) => one.name === name && one.engine === engine);
    const range = ratio && `${digits(ratio.min)}–${digits(ratio.max)}, n = ${ratio.n}`;
    const times = ratio ? `: **${digits(ratio.median)} ×** (${range})` : "";
    return `${digits(row.median_ms)} ± ${digits(row.mad_ms)}${times}`;
  };
  const head = ["ms", ...engines];
  const names = [...new Set(results.map(({ name }) => name))];
  return [
    `| ${head.join(" | ")} |`,
    `|${" --- |".repeat(head.length)}`,
    ...names.map((name) => {
      const cells = engines.map((engine) => cell(name, engine));
      return `| ${[`\`${name.replace("kernels/", "")}\``, ...cells].join(" | ")} |`;
    }),
  ].join("\n");
}

/** Prints it, below what it was measured on. */
export function printTable(job, report) {
  console.log(`\n${Object.values(report.adapter).filter(Boolean).join(" ")}\n`);
  console.log(job === "kernels" ? kernelTable(report) : peerTable(report));
}
