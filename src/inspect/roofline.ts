// A profile under the roofs of its device: each kernel's share of what could be reached, and a picture.
//
//   rate ≤ min(FMA ceiling, intensity · bandwidth)        intensity = FLOPs / bytes
//
// Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785. Bytes are those of the tensors that
// a dispatch binds, each once: a kernel that reads them again from memory stands lower than it needs to.
import type { Ceilings } from "./ceilings.ts";
import type { DispatchProfile, Profile, WorkSum } from "./profile.ts";

export interface Placed {
  /** FLOPs a byte */
  intensity: number;
  gflops_per_s: number;
  gbytes_per_s: number;
  /** of the FMA ceiling in float32 */
  fma_share: number;
  /** of the storage's bandwidth, or the cache's where that is more */
  bandwidth_share: number;
  /** which of the two it is closer to */
  bound: "fma" | "bandwidth";
}

export interface Roofline {
  ceilings: Ceilings;
  /** costliest first */
  kernels: (Placed & Pick<WorkSum, "name" | "dispatches" | "ms" | "share">)[];
  /** the ten that cost most, costliest first */
  costliest: (Placed & DispatchProfile & { share: number })[];
  account: Account;
}

/** Why the sum of dispatches is not the time of a step. */
export interface Account {
  /** sum of dispatches over the step's wall time, less 1 */
  difference: number;
  /** that is within 10 % */
  agrees: boolean;
  /** the host's part of the wall time: one submission, from encoding to the answer */
  round_trip_ms: number;
  /** in words */
  reason: string;
}

const AGREEMENT = 0.1;
const COSTLIEST = 10;

/** Places a profile's kernels and costliest dispatches under the device's ceilings. */
export function roofline(profile: Profile, ceilings: Ceilings): Roofline {
  const { gpu_ms, kernels, dispatches } = profile;
  const byCost = [...dispatches].sort((a, b) => b.ms - a.ms);
  return {
    ceilings,
    kernels: kernels.map((kernel) => {
      const { name, dispatches, ms, share } = kernel;
      return { name, dispatches, ms, share, ...placed(kernel, ceilings) };
    }),
    costliest: byCost.slice(0, COSTLIEST).map((dispatch) => {
      return { ...dispatch, share: dispatch.ms / gpu_ms, ...placed(dispatch, ceilings) };
    }),
    account: accountOf(profile, ceilings),
  };
}

/** The faster of storage and cache: no kernel can be told to have missed the storage's alone. */
export const bandwidthOf = ({ storage_gbytes_per_s, cache_gbytes_per_s }: Ceilings): number =>
  Math.max(storage_gbytes_per_s, cache_gbytes_per_s);

function placed(
  { flops, bytes, ms }: Pick<WorkSum, "flops" | "bytes" | "ms">,
  ceilings: Ceilings,
): Placed {
  const gflops_per_s = ms > 0 ? flops / ms / 1e6 : 0;
  const gbytes_per_s = ms > 0 ? bytes / ms / 1e6 : 0;
  const fma_share = gflops_per_s / ceilings.fma_f32_gflops_per_s;
  const bandwidth_share = gbytes_per_s / bandwidthOf(ceilings);
  return {
    intensity: flops / bytes,
    gflops_per_s,
    gbytes_per_s,
    fma_share,
    bandwidth_share,
    bound: fma_share >= bandwidth_share ? "fma" : "bandwidth",
  };
}

/** The sum of dispatches against the step's wall time. */
export function accountOf(profile: Profile, ceilings: Ceilings): Account {
  const { gpu_ms, wall_ms, dispatches, method } = profile;
  const difference = gpu_ms / wall_ms - 1;
  const round_trip_ms = ceilings.round_trip_us / 1000;
  const agrees = Math.abs(difference) <= AGREEMENT;
  const text = { agrees, difference, round_trip_ms };
  if (agrees) return { ...text, reason: `within ${100 * AGREEMENT} %` };
  if (method === "submissions") {
    const reason = `every timed piece is told less the ${round_trip_ms.toFixed(2)} ms of an empty submission, whose spread is an error of each`;
    return { ...text, reason };
  }
  const { dispatch_us } = ceilings;
  const between = ((dispatches.length * dispatch_us) / 1000).toFixed(2);
  const reason =
    difference > 0
      ? `each of the ${dispatches.length} dispatches is timed in a pass of its own: it starts and drains alone, while in a step they follow each other at once`
      : `of the step, ${round_trip_ms.toFixed(2)} ms are a submission's way there and back, and about ${between} ms lie between its dispatches (${dispatch_us.toFixed(1)} µs each), which no dispatch's own time holds`;
  return { ...text, reason };
}

const WIDTH = 900;
const HEIGHT = 600;
const MARGIN = 70;

/** The roofline as SVG: intensity to the right, rate upwards, both logarithmic; a dot a kernel. */
export function rooflineSvg({ ceilings, kernels }: Roofline, title: string): string {
  const dots = kernels.filter(({ intensity, ms }) => intensity > 0 && ms > 0);
  const fma = ceilings.fma_f32_gflops_per_s;
  const ridge = fma / bandwidthOf(ceilings);
  const xs = rangeOf([...dots.map(({ intensity }) => intensity), ridge]);
  const ys = rangeOf([...dots.map(({ gflops_per_s }) => gflops_per_s), fma]);
  const x = (intensity: number) => MARGIN + WIDTH * partOf(intensity, xs);
  const y = (rate: number) => MARGIN + HEIGHT * (1 - partOf(rate, ys));
  const at = (intensity: number, rate: number) =>
    `${x(intensity).toFixed(1)},${y(rate).toFixed(1)}`;
  const slope = (bandwidth: number, dash: string) => {
    const from = Math.max(xs[0], ys[0] / bandwidth);
    return `<polyline points="${at(from, from * bandwidth)} ${at(fma / bandwidth, fma)}" fill="none" stroke="#333" ${dash}/>`;
  };
  const circles = dots.map(
    ({ name, intensity, gflops_per_s, share, fma_share, bandwidth_share }) => {
      const text = `${name}: ${(100 * share).toFixed(1)} % of the time, ${(100 * fma_share).toFixed(1)} % of the FMA ceiling, ${(100 * bandwidth_share).toFixed(1)} % of the bandwidth`;
      const radius = (3 + 14 * Math.sqrt(share)).toFixed(1);
      const [cx, cy] = at(intensity, gflops_per_s).split(",");
      const label =
        share > 0.02 ? `<text x="${Number(cx) + 8}" y="${Number(cy) - 8}">${name}</text>` : "";
      return `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="#2a6fb0" fill-opacity="0.6"><title>${text}</title></circle>${label}`;
    },
  );
  const { storage_gbytes_per_s: storage, cache_gbytes_per_s: cache } = ceilings;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 2 * MARGIN} ${HEIGHT + 2 * MARGIN}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${MARGIN}" y="24" font-size="15">${escaped(title)}</text>`,
    `<text x="${MARGIN}" y="44">FMA ${fma.toFixed(1)} GFLOP/s · storage ${storage.toFixed(2)} GB/s (solid) · cache ${cache.toFixed(2)} GB/s (dashed)</text>`,
    ...grid(xs, ys, { x, y }),
    slope(storage, ""),
    slope(cache, 'stroke-dasharray="6 4"'),
    `<polyline points="${at(Math.min(fma / storage, fma / cache), fma)} ${at(xs[1], fma)}" fill="none" stroke="#333"/>`,
    ...circles,
    `<text x="${MARGIN + WIDTH / 2}" y="${HEIGHT + 2 * MARGIN - 12}" text-anchor="middle">FLOP a byte of the tensors bound</text>`,
    `<text transform="translate(16 ${MARGIN + HEIGHT / 2}) rotate(-90)" text-anchor="middle">GFLOP/s</text>`,
    "</svg>",
    "",
  ].join("\n");
}

type Range = readonly [number, number];

/** Powers of ten around values. */
function rangeOf(values: readonly number[]): Range {
  const low = 10 ** Math.floor(Math.log10(Math.min(...values)));
  return [low, 10 ** Math.ceil(Math.log10(Math.max(...values) * 1.01))];
}

const partOf = (value: number, [low, high]: Range): number =>
  Math.log(value / low) / Math.log(high / low);

function grid(
  xs: Range,
  ys: Range,
  { x, y }: { x: (value: number) => number; y: (value: number) => number },
): string[] {
  const powers = ([low, high]: Range) =>
    Array.from({ length: Math.round(Math.log10(high / low)) + 1 }, (_, i) => low * 10 ** i);
  const label = (value: number) => Number(value.toPrecision(3)).toString();
  const bottom = MARGIN + HEIGHT;
  return [
    ...powers(xs).map((v) => {
      const at = x(v).toFixed(1);
      return `<line x1="${at}" x2="${at}" y1="${MARGIN}" y2="${bottom}" stroke="#ddd"/><text x="${at}" y="${bottom + 18}" text-anchor="middle">${label(v)}</text>`;
    }),
    ...powers(ys).map((v) => {
      const at = y(v).toFixed(1);
      return `<line x1="${MARGIN}" x2="${MARGIN + WIDTH}" y1="${at}" y2="${at}" stroke="#ddd"/><text x="${MARGIN - 6}" y="${at}" text-anchor="end">${label(v)}</text>`;
    }),
  ];
}

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? sign);
