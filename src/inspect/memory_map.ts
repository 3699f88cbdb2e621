// Which bytes of which bank every tensor takes, and when: the memory plan as data and as a picture.
import type { Plan, PlanReport } from "../graph/plan.ts";

export interface MappedTensor {
  label: string;
  shape: readonly number[];
  bank: number;
  /** bytes from the bank's start */
  offset: number;
  bytes: number;
  /** the dispatches between which it lives, both included */
  first: number;
  last: number;
}

export interface MemoryMap extends PlanReport {
  /** bytes of each bank */
  banks: number[];
  tensors: MappedTensor[];
  /** the dispatch at which most bytes live, and what lives there, largest first */
  peak: { dispatch: number; bytes: number; tensors: MappedTensor[] };
}

/** The map of a plan. */
export function memoryMap({ places, lifetimes, banks, report }: Plan): MemoryMap {
  const tensors = lifetimes.map(({ tensor, first, last, bytes }): MappedTensor => {
    const { bank, offset } = places.get(tensor)!; // the plan places every tensor that lives
    return { label: tensor.label, shape: tensor.shape, bank, offset, bytes, first, last };
  });
  const alive = liveBytes(tensors, report.dispatches);
  const bytes = Math.max(0, ...alive);
  const dispatch = alive.indexOf(bytes);
  const atPeak = tensors.filter(({ first, last }) => first <= dispatch && dispatch <= last);
  atPeak.sort((a, b) => b.bytes - a.bytes);
  return { ...report, banks, tensors, peak: { dispatch, bytes, tensors: atPeak } };
}

/** Bytes that live at each dispatch. */
export function liveBytes(tensors: readonly MappedTensor[], dispatches: number): number[] {
  const change = new Array<number>(dispatches + 1).fill(0);
  for (const { first, last, bytes } of tensors) {
    change[first]! += bytes;
    change[last + 1]! -= bytes;
  }
  let alive = 0;
  return change.slice(0, dispatches).map((bytes) => {
    alive += bytes;
    return alive;
  });
}

const WIDTH = 1200;
const HEIGHT = 600;
const MARGIN = 40;

/** The map as SVG: dispatches from left to right, bytes upwards, one box a tensor. */
export function memoryMapSvg({ banks, tensors, dispatches, peakBytes, peak }: MemoryMap): string {
  const starts = banks.map((_, bank) => banks.slice(0, bank).reduce((a, b) => a + b, 0));
  const x = (dispatch: number) => MARGIN + (dispatch / dispatches) * WIDTH;
  const y = (bytes: number) => MARGIN + (1 - bytes / peakBytes) * HEIGHT;
  const boxes = tensors.map(({ label, shape, bank, offset, bytes, first, last }, i) => {
    const bottom = starts[bank]! + offset;
    const box = `x="${x(first).toFixed(1)}" y="${y(bottom + bytes).toFixed(1)}" width="${(x(last + 1) - x(first)).toFixed(1)}" height="${(y(bottom) - y(bottom + bytes)).toFixed(1)}"`;
    const title = `${label} [${shape.join(", ")}]: ${bytes} bytes, dispatches ${first} to ${last}`;
    return `<rect ${box} fill="hsl(${(i * 47) % 360} 60% 65%)"><title>${title}</title></rect>`;
  });
  const lines = starts.map((start) => {
    return `<line x1="${MARGIN}" x2="${MARGIN + WIDTH}" y1="${y(start).toFixed(1)}" y2="${y(start).toFixed(1)}" stroke="#000"/>`;
  });
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH + 2 * MARGIN} ${HEIGHT + 2 * MARGIN}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...boxes,
    ...lines,
    `<line x1="${x(peak.dispatch).toFixed(1)}" x2="${x(peak.dispatch).toFixed(1)}" y1="${MARGIN}" y2="${MARGIN + HEIGHT}" stroke="#c00"/>`,
    `<text x="${MARGIN}" y="${MARGIN - 14}">${banks.length} banks, ${mib(peakBytes)}; most alive, ${mib(peak.bytes)}, at dispatch ${peak.dispatch} of ${dispatches}</text>`,
    `<text x="${MARGIN}" y="${MARGIN + HEIGHT + 24}">dispatches →</text>`,
    "</svg>",
    "",
  ].join("\n");
}
