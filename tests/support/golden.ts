// The golden single operations: PyTorch's results in float64, stored as float32.
//
// tests/fixtures/ops holds a copy; its index.json gives each family's definition and each case's
// options, one safetensors file a family the tensors, under "<case>/<role>". A gradient d<role>
// is that of Σ y·dy.
import { readFileSync } from "node:fs";
import { readSafetensors } from "../../src/formats/safetensors.ts";

export interface GoldenTensor {
  shape: number[];
  data: Float64Array;
}

export interface GoldenCase<Options = Record<string, unknown>> {
  name: string;
  options: Options;
  /** role → tensor */
  tensors: Map<string, GoldenTensor>;
  /** what the index gives in float64 beside the tensors: alphas_cumprod, weight, loss, … */
  numbers: Record<string, number[]>;
  /** role → the largest Σ|terms| of an element, where the index gives it */
  largestSums: Record<string, number>;
}

interface IndexCase {
  name: string;
  options: unknown;
  largest_sum_of_absolute_terms?: Record<string, number>;
  [further: string]: unknown;
}

interface Index {
  families: { family: string; file: string; definition: string; cases: IndexCase[] }[];
}

const folder = new URL("../fixtures/ops/", import.meta.url);
const index: Index = JSON.parse(readFileSync(new URL("index.json", folder), "utf8"));

/** Every case of a family, in the order of the index. `Options` is what its index entry holds. */
export function goldenCases<Options = Record<string, unknown>>(
  family: string,
): GoldenCase<Options>[] {
  const entry = index.families.find((candidate) => candidate.family === family);
  if (!entry) throw new Error(`golden: no family "${family}" in ${folder.pathname}`);
  const bytes = new Uint8Array(readFileSync(new URL(entry.file, folder)));
  const tensors = readSafetensors(bytes, entry.file).tensors;
  return entry.cases.map((one) => ({
    name: one.name,
    options: one.options as Options, // the index says what its family's options are
    tensors: tensorsOf(one.name, tensors),
    numbers: numbersOf(one),
    largestSums: one.largest_sum_of_absolute_terms ?? {},
  }));
}

/** The tensor of a role. @throws Error where the case has none */
export function goldenTensor({ name, tensors }: GoldenCase<unknown>, role: string): GoldenTensor {
  const tensor = tensors.get(role);
  if (tensor) return tensor;
  throw new Error(`golden: ${name} has no "${role}", only ${[...tensors.keys()].join(", ")}`);
}

type Stored = { dtype: string; shape: readonly number[]; bytes: Uint8Array };

function tensorsOf(name: string, all: ReadonlyMap<string, Stored>): Map<string, GoldenTensor> {
  const tensors = new Map<string, GoldenTensor>();
  for (const [key, stored] of all) {
    if (!key.startsWith(`${name}/`)) continue;
    tensors.set(key.slice(name.length + 1), { shape: [...stored.shape], data: float64(stored) });
  }
  return tensors;
}

function float64({ dtype, bytes }: Stored): Float64Array {
  const { buffer } = bytes.slice(); // a copy, so that its first byte is aligned
  if (dtype === "F32") return Float64Array.from(new Float32Array(buffer));
  if (dtype === "I64") return Float64Array.from(new BigInt64Array(buffer), Number);
  if (dtype === "F64") return new Float64Array(buffer);
  throw new Error(`golden: no reader for ${dtype}`);
}

function numbersOf(one: IndexCase): Record<string, number[]> {
  const numbers: Record<string, number[]> = {};
  for (const [key, value] of Object.entries(one)) {
    const list = Array.isArray(value) ? value : [value];
    if (list.every((item) => typeof item === "number")) numbers[key] = list;
  }
  return numbers;
}
