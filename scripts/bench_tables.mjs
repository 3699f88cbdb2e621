// Markdown of benchmarks, for scripts/tables.mjs.
import { table } from "./conformance_tables.mjs";

const round = (ms) => (ms >= 100 ? Math.round(ms).toString() : ms.toFixed(ms >= 1 ? 1 : 3));
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;

/** Medians and their spread, by measurement and host; memory where that is what was measured. */
export function figureTable(hosts) {
  const files = Object.entries(hosts);
  const keyOf = ({ suite, name }) => `${suite} \`${name}\``;
  const keys = [...new Set(files.flatMap(([, { results }]) => results.map(keyOf)))];
  const cell = ({ results }, key) => {
    const row = results.find((result) => keyOf(result) === key);
    if (!row) return "–";
    const memory = row.bytes === undefined ? "" : `, ${(row.bytes / 2 ** 20).toFixed(1)} MiB`;
    const spread = row.n > 1 ? ` ± ${round(row.mad_ms)}` : "";
    return `${round(row.median_ms)}${spread}, n = ${row.n}${memory}`;
  };
  const head = ["median ± MAD, ms", ...files.map(([host]) => host)];
  const rows = keys.map((key) => [key, ...files.map(([, file]) => cell(file, key))]);
  const about = ([, { adapter, date = "", commit }]) =>
    [
      adapter.description || `${adapter.vendor} ${adapter.architecture}`,
      date.slice(0, 10),
      commit?.slice(0, 7),
    ]
      .filter(Boolean)
      .join(", ");
  return table(head, [...rows, ["on", ...files.map(about)]]);
}

/** The comparison with other engines in three lines. */
export function headlineTable({ results, ratios }) {
  const engines = [...new Set(results.map(({ engine }) => engine))];
  const find = (kind, engine) =>
    results.find((row) => row.name === `peer-job/${kind}` && row.engine === engine);
  const times = (kind, engine) => {
    const row = find(kind, engine);
    if (!row) return "–";
    const ratio = ratios.find((one) => one.name === row.name && one.engine === engine);
    const factor = ratio ? ` (${ratio.median.toFixed(1)} ×)` : "";
    return seconds(row.median_ms) + factor;
  };
  const of = (engine, what) => find("denoise", engine)?.check[what];
  const dispatches = (engine) => {
    const train = find("train", engine)?.check.dispatches;
    return train ? `${train} / ${of(engine, "dispatches")}` : "–";
  };
  const memory = (engine) => {
    const bytes = of(engine, "gpu_bytes");
    return bytes ? `${Math.round(bytes / 1e6)} MB` : "–";
  };
  return table(
    ["", ...engines],
    [
      ["training step", ...engines.map((engine) => times("train", engine))],
      ["denoising step", ...engines.map((engine) => times("denoise", engine))],
      [
        "first training step, compiling included",
        ...engines.map((engine) => times("first-train-step", engine)),
      ],
      ["dispatches of a training / denoising step", ...engines.map(dispatches)],
      ["GPU memory", ...engines.map(memory)],
    ],
  );
}

/** The slopes of the suite "growth", an axis a row. */
export function growthTable({ results }) {
  const axisOf = ({ name }) => name.split("/")[0];
  const axes = [...new Set(results.map(axisOf))];
  const rows = axes.map((axis) => {
    const sizes = results.filter((one) => axisOf(one) === axis);
    const [first, last] = [sizes[0], sizes.at(-1)];
    const span = `${first.name.split("/")[1]} … ${last.name.split("/")[1]}`;
    const work = `${(last.check.gflop / first.check.gflop).toFixed(1)} ×`;
    const times = `${round(first.median_ms)} … ${round(last.median_ms)}`;
    const bytes = first.check.bytes_slope?.toFixed(2) ?? "–";
    return [axis, span, work, times, first.check.slope.toFixed(2), bytes];
  });
  return table(["axis", "sizes", "operations", "ms", "slope of time", "slope of bytes"], rows);
}

/** A training step beside PyTorch's on one card. */
export function pytorchTable({ steps }) {
  const modes = Object.keys(steps[0].pytorch.ms);
  const rows = steps.map(({ name, parameters, batch, step_ms, pytorch }) => [
    `${name.replace(/, batch.*/, "")}, ${(parameters / 1e6).toFixed(1)} M, batch ${batch}`,
    round(step_ms),
    ...modes.map(
      (mode) => `${round(pytorch.ms[mode])} (${(pytorch.ms[mode] / step_ms).toFixed(2)} ×)`,
    ),
  ]);
  return table(["ms a step", "ours, float32", ...modes.map((mode) => `PyTorch, ${mode}`)], rows);
}
