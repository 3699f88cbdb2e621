// From timed steps to the JSON of a benchmark and to its table. Medians, and the medians of what
// deviates from them.

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/**
 * @param engines   { name, losses, steps: { first, train, denoise } }, ours among them
 * @param pairs     { kind, engine, base, time }: a peer's step, and ours just before it, in ms
 * @param baseline  the name of ours
 */
export function reportOf({ engines, pairs, baseline, adapter, versions }) {
  const results = engines.flatMap(({ name, losses, steps }) => {
    const trains = steps.train.length > 0;
    const first = { losses: losses.slice(0, 1) };
    return [
      ...(trains ? [timing("first-train-step", name, steps.first, first)] : []),
      ...(trains ? [timing("train", name, steps.train, { losses })] : []),
      ...(steps.denoise.length > 0
        ? [timing("denoise", name, steps.denoise, trains ? {} : first)]
        : []),
    ];
  });
  const ratios = engines
    .filter(({ name }) => name !== baseline)
    .flatMap(({ name }) =>
      ["train", "denoise"].flatMap((kind) => ratio(kind, name, pairs, baseline)),
    );
  const date = new Date().toISOString().slice(0, 10);
  return { schema: 1, date, adapter, versions, results, ratios };
}

function timing(kind, engine, steps, check) {
  const times = steps.map(({ ms }) => ms);
  const median_ms = median(times);
  const { dispatches, gpu_bytes } = steps.at(-1);
  const seen = dispatches > 0 ? { dispatches, gpu_bytes } : {}; // WebGL is not counted
  return {
    suite: "peers",
    name: `peer-job/${kind}`,
    engine,
    median_ms,
    mad_ms: median(times.map((ms) => Math.abs(ms - median_ms))),
    min_ms: Math.min(...times),
    n: times.length,
    samples_ms: times,
    check: { ...check, ...seen },
  };
}

function ratio(kind, engine, pairs, baseline) {
  const values = pairs
    .filter((pair) => pair.kind === kind && pair.engine === engine)
    .map(({ base, time }) => time / base);
  if (values.length === 0) return []; // an engine that does not train
  return {
    name: `peer-job/${kind}`,
    engine,
    baseline,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    n: values.length,
  };
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

/** The report as a Markdown table. */
export function peerTable({ results, ratios }) {
  const find = (list, kind, engine) =>
    list.find((row) => row.name === `peer-job/${kind}` && row.engine === engine);
  const spread = ({ n, mad_ms }) => (n > 1 ? ` ± ${Math.round(mad_ms)}` : "");
  const ms = (row) => Math.round(row.median_ms) + spread(row);
  const range = ({ n, min, max }) => (n > 1 ? ` (${min.toFixed(1)}–${max.toFixed(1)})` : "");
  const times = (row) => (row ? `${row.median.toFixed(1)}${range(row)}, n = ${row.n}` : "1");
  const megabytes = ({ check }) => (check.gpu_bytes ? Math.round(check.gpu_bytes / 1e6) : "–");
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
      megabytes(denoise),
    ];
    lines.push(`| ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

/** Prints it, below what it was measured on. */
export function printTable(report) {
  console.log(`\n${Object.values(report.adapter).filter(Boolean).join(" ")}\n`);
  console.log(peerTable(report));
}
