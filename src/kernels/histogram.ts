// Launches shaders/histogram.wgsl: counts of a tensor's numbers by powers of two, and of what is not
// finite. Looks at bits, and changes nothing.
import { requireShape, sizeOf } from "../core/shape.ts";
import type { Variant } from "../device/shader.ts";
import { foldWorkgroups, type Graph } from "../graph/graph.ts";
import type { Tensor } from "../graph/tensor.ts";
import { histogram as family } from "./generated/histogram.ts";

const CHUNK = 64 * 64; // elements of a workgroup: WG · TURNS in the shader

/** Words of a histogram. */
export const HISTOGRAM_FIELDS = 54;

/** The bins' exponents: bin 1 + i holds 2^e ≤ |x| < 2^(e+1), and the first and last all beyond. */
export const EXPONENTS = Array.from({ length: 48 }, (_, i) => i - 31);

export interface Histogram {
  /** subnormal numbers among them */
  zeros: number;
  /** counts by EXPONENTS */
  exponents: number[];
  infinite: number;
  notNumbers: number;
  negative: number;
  /** the largest finite |x| */
  largest: number;
  /** the place of the first x that is not finite; null for none */
  firstNotFinite: number | null;
}

const constantsOf = (type: "f32" | "f16") => (type === "f16" ? { HALF: true } : {});

export const histogramVariants = (): Variant[] => [
  ...(["f32", "f16"] as const).map((type): Variant => {
    return { family, entry: "chunk", constants: constantsOf(type) };
  }),
  { family, entry: "total", constants: {} },
];

/**
 * The histogram of a tensor's numbers.
 *
 * @param type    of what lies in x; default x's own
 * @param target  u32 [54], for `unpackHistogram`; default a new tensor
 * @throws ShapeError for a target of another shape
 */
export function histogram(
  graph: Graph,
  { x }: { x: Tensor },
  { type }: { type: "f32" | "f16" },
  target: Tensor = graph.alloc([HISTOGRAM_FIELDS], "histogram.counts", "u32"),
): Tensor {
  requireShape("histogram", "target", target.shape, [HISTOGRAM_FIELDS]);
  const words = sizeOf(x.shape);
  const count = type === "f16" && x.dtype !== "f16" ? 2 * words : words;
  const groups = Math.max(1, Math.ceil(count / CHUNK));
  const dims = { count, groups };
  const partial = graph.alloc([groups, HISTOGRAM_FIELDS], "histogram.partial", "u32");
  const constants = constantsOf(type);
  graph.dispatch([family, "chunk"], { dims, x, partial }, foldWorkgroups(count, CHUNK), {
    constants,
  });
  graph.dispatch([family, "total"], { dims, parts: partial, counts: target }, [1]);
  return target;
}

/** What the 54 words mean. */
export function unpackHistogram(words: Uint32Array): Histogram {
  const [zeros = 0, ...rest] = words;
  const [infinite = 0, notNumbers = 0, negative = 0, largestBits = 0, first = 0] = rest.slice(48);
  const largest = new Float32Array(Uint32Array.of(largestBits).buffer)[0]!;
  const firstNotFinite = first === 0xffffffff ? null : first;
  const exponents = rest.slice(0, 48);
  return { zeros, exponents, infinite, notNumbers, negative, largest, firstNotFinite };
}
