// The tables of `inspect`, for people.
import type { StepReport } from "../bench/step_report.ts";
import type { Ceilings } from "../inspect/ceilings.ts";
import type { Profile, WorkSum } from "../inspect/profile.ts";
import type { Account, Roofline } from "../inspect/roofline.ts";

/** Cells in columns: the first to the left, all others to the right; the first row is the heading. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) =>
    Math.max(...rows.map((row) => (row[i] ?? "").length)),
  );
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]! + 2)))
      .join(""),
  );
}

const MOST_KERNELS = 20;
const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

/** All of a report. */
export function reportLines(report: Omit<StepReport, "graph"> & { adapter: string }): string[] {
  const { adapter, parameters, batch, resident_bytes, host, profile, memory } = report;
  const made = host.record + host.plan + host.compile + host.bind;
  return [
    `${adapter}: ${parameters} parameters, batch ${batch}`,
    ...(report.replacement ? [...replacementLines(report.replacement), ""] : []),
    ...timeLines(profile, report.roofline.account),
    `recording took ${host.record.toFixed(0)} ms, planning ${host.plan.toFixed(0)}, compiling ${host.compile.toFixed(0)}, binding ${host.bind.toFixed(0)}: ${made.toFixed(0)} ms in all`,
    `activations ${mib(memory.peakBytes)} in ${memory.banks.length} banks (${mib(memory.lowerBoundBytes)} is the least, ${mib(memory.bytesWithoutReuse)} without reuse), all else ${mib(resident_bytes)}`,
    "",
    ...ceilingLines(report.roofline.ceilings),
    "",
    ...workTable(profile.phases),
    "",
    ...kernelTable(report.roofline.kernels.slice(0, MOST_KERNELS)),
    "",
    "the costliest dispatches:",
    ...costliestTable(report.roofline),
    "",
    `alive at the peak, dispatch ${memory.peak.dispatch}:`,
    ...memory.peak.tensors.slice(0, 5).map(({ label, shape, bytes }) => {
      return `  ${label} [${shape.join(", ")}] ${mib(bytes)}`;
    }),
  ];
}

function replacementLines({
  shader,
  selfTest,
  times,
}: NonNullable<StepReport["replacement"]>): string[] {
  const worst = Math.max(...selfTest.map(({ error }) => error ?? 0));
  const bound = selfTest[0]?.bound ?? 0;
  return [
    `${shader}.wgsl is replaced for this run; right in ${selfTest.length} self-tests, error ${worst.toPrecision(2)} of ${bound}`,
    ...columns([
      ["kernel", "dispatches", "its own, ms", "replaced, ms", "ratio"],
      ...times.map(({ label, dispatches, original_ms, replaced_ms }) => [
        label,
        String(dispatches),
        original_ms.toFixed(3),
        replaced_ms.toFixed(3),
        (replaced_ms / original_ms).toFixed(3),
      ]),
    ]),
    ...(times.length === 0 ? ["this step launches none of its kernels"] : []),
  ];
}

function timeLines(profile: Profile, { difference, agrees, reason }: Account): string[] {
  const { method, grain_ns, wall_ms, profiled_wall_ms, gpu_ms, dispatches } = profile;
  const repeated = dispatches.filter(({ repeats }) => repeats > 1).length;
  const together = dispatches.filter(({ timed_together }) => timed_together > 1).length;
  const how =
    method === "timestamps"
      ? `timestamps, of a grain of ${grain_ns} ns; ${repeated} dispatches were repeated until they outlast it`
      : `no timestamps: submissions were timed and halved; ${together} dispatches share a time by their work`;
  const sign = difference < 0 ? "" : "+";
  return [
    `a step takes ${wall_ms.toFixed(1)} ms; its ${dispatches.length} dispatches, each alone, ${gpu_ms.toFixed(1)} ms: ${sign}${percent(difference)}${agrees ? `, ${reason}` : ""}`,
    ...(agrees ? [] : [`  for ${reason}`]),
    `timed by ${how}; profiled, a step takes ${profiled_wall_ms.toFixed(1)} ms (${(profiled_wall_ms / wall_ms).toFixed(2)} times as long)`,
  ];
}

function ceilingLines(ceilings: Ceilings): string[] {
  const half = ceilings.fma_f16_gflops_per_s;
  const size = mib(ceilings.storage_bytes);
  return [
    "ceilings, measured in this run:",
    `  multiply-adds ${ceilings.fma_f32_gflops_per_s.toFixed(1)} GFLOP/s in float32, ${half === null ? "no float16 here" : `${half.toFixed(1)} in float16`}`,
    `  storage ${ceilings.storage_gbytes_per_s.toFixed(2)} GB/s (a copy of ${size}), cache ${ceilings.cache_gbytes_per_s.toFixed(2)} (of 1 MiB), workgroup memory ${ceilings.workgroup_gbytes_per_s.toFixed(2)}`,
    `  a dispatch costs ${ceilings.dispatch_us.toFixed(1)} µs, a submission ${ceilings.submit_us.toFixed(1)} µs, its way there and back ${ceilings.round_trip_us.toFixed(0)} µs`,
  ];
}

function workTable(rows: readonly WorkSum[]): string[] {
  return columns([
    ["phase", "dispatches", "ms", "share", "GFLOP/s", "GB/s"],
    ...rows.map(({ name, dispatches, ms, share, gflops_per_s, gbytes_per_s }) => [
      name,
      String(dispatches),
      ms.toFixed(2),
      percent(share),
      gflops_per_s.toFixed(2),
      gbytes_per_s.toFixed(2),
    ]),
  ]);
}

const SHARES = ["GFLOP/s", "of FMA", "GB/s", "of bandwidth", "FLOP/byte"];

const sharesOf = (row: Roofline["kernels"][number] | Roofline["costliest"][number]): string[] => [
  row.gflops_per_s.toFixed(2),
  percent(row.fma_share),
  row.gbytes_per_s.toFixed(2),
  percent(row.bandwidth_share),
  row.intensity.toFixed(2),
];

const kernelTable = (rows: Roofline["kernels"]): string[] =>
  columns([
    ["kernel", "dispatches", "ms", "share", ...SHARES],
    ...rows.map((row) => {
      const { name, dispatches, ms, share } = row;
      return [name, String(dispatches), ms.toFixed(2), percent(share), ...sharesOf(row)];
    }),
  ]);

const costliestTable = ({ costliest }: Roofline): string[] =>
  columns([
    ["dispatch", "workgroups", "ms", "share", ...SHARES],
    ...costliest.map((row) => {
      const { index, label, phase, workgroups, ms, share } = row;
      const name = `${index} ${label}, ${phase}`;
      return [name, workgroups.join(" × "), ms.toFixed(2), percent(share), ...sharesOf(row)];
    }),
  ]);
