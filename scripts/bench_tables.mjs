// Markdown of benchmarks, for scripts/tables.mjs.
import { megabytes } from "../bench/peers/report.mjs";
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
    const both = ["first-train-step", "denoise"].map((kind) => megabytes(find(kind, engine)));
    return both.every((one) => one === "–") ? "–" : `${both.join(" / ")} MB`;
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
      ["GPU memory of a trainer / with a sampler beside it", ...engines.map(memory)],
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

const percent = (part) => `${(100 * part).toFixed(0)} %`;

/** Of a ceiling: from here on it is what holds a dispatch back. */
const NEAR = 0.5;

/** Multiply-adds from registers in the time of one access of 4 bytes of a copy in the cache. */
const accessCost = ({ fma_f32_gflops_per_s, cache_gbytes_per_s }) =>
  (2 * fma_f32_gflops_per_s) / cache_gbytes_per_s;

/** What holds a dispatch back, in words: by its shares, and how many multiply-adds come with an access. */
function heldBackBy({ fma_share, bandwidth_share, operations_an_access }, ceilings) {
  if (Math.max(fma_share, bandwidth_share) >= NEAR)
    return fma_share >= bandwidth_share ? "multiply-adds" : "storage";
  const each = operations_an_access / 2;
  return each < accessCost(ceilings)
    ? `accesses: one every ${each.toFixed(0)} multiply-adds`
    : "indices, shuffles";
}

const storageOf = ({ storage_gbytes_per_s, cache_gbytes_per_s }) =>
  Math.max(storage_gbytes_per_s, cache_gbytes_per_s).toFixed(1);

/** The ten costliest dispatches of a training step, a host after the other. */
export function costliestTable({ steps }, hosts) {
  const head = ["dispatch", "ms", "of the step", "of multiply-adds", "of storage", "held back by"];
  const rows = hosts.flatMap((name) => {
    const { ceilings, costliest, dispatches, gpu_ms } = steps.find(({ host }) => host === name);
    const fma = `of ${ceilings.fma_f32_gflops_per_s.toFixed(0)} GFLOP/s`;
    const access = `an access costs ${accessCost(ceilings).toFixed(0)} multiply-adds`;
    const title = `**${name}**, all ${dispatches}`;
    return [
      [title, round(gpu_ms), percent(1), fma, `of ${storageOf(ceilings)} GB/s`, access],
      ...costliest.map((row) => [
        `${row.index} \`${row.label}\`, ${row.phase}`,
        round(row.ms),
        `${(100 * row.share).toFixed(1)} %`,
        percent(row.fma_share),
        percent(row.bandwidth_share),
        heldBackBy(row, ceilings),
      ]),
    ];
  });
  return table(head, rows);
}

/** What the host pays for a step that is there: encoding it, and what making it cost once. */
export function encodingTable({ steps }) {
  const head = ["host", "dispatches", "encoding one, µs", "encoding all, ms", "the step, ms"];
  return table(
    head,
    steps.map(({ host, dispatches, encode, wall_ms }) => [
      host,
      String(dispatches),
      ((1000 * encode) / dispatches).toFixed(2),
      round(encode),
      round(wall_ms),
    ]),
  );
}
