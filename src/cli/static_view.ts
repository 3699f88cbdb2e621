// `inspect --static`: what the text of each kernel says, by wgsl_reflect, beside what the graph counts.
//
// Nothing is run. A pipeline's WGSL is read with the uniforms of one of its dispatches, the largest, put
// in as numbers, so that most loops have a known length. Operations are those of one lane, index
// arithmetic among them; where a loop's length stays unknown, 8 turns are assumed, and the row says so.
import { entryOf, keyOf, specialise, workgroupSizeOf } from "../device/shader.ts";
import { declarationsOf, withoutMatrices } from "../device/shader_text.ts";
import type { Dispatch } from "../graph/graph.ts";
import { loadReflection } from "../platform/reflection.ts";
import { columns } from "./inspect_tables.ts";

export interface StaticKernel {
  /** family.entry */
  label: string;
  constants: Record<string, unknown>;
  /** that share this pipeline */
  dispatches: number;
  bindings: { binding: number; name: string; access: string }[];
  workgroup_size: readonly number[];
  /** bytes of a workgroup's own memory */
  workgroup_bytes: number;
  /** of one lane, as the text has them */
  operations: { arithmetic: number; special: number; memory: number };
  /** a loop's length had to be assumed */
  assumed: boolean;
  /** operations a byte of single accesses of 4 bytes: before caches and reuse */
  intensity: number;
  /** what the graph counts for the largest dispatch */
  graph: { flops: number; bytes: number; intensity: number };
  /** the text's operations and accessed bytes of all lanes, over the graph's; null where it counts none */
  operations_ratio: number | null;
  bytes_ratio: number | null;
  /** what stands out */
  remarks: string[];
}

type Reflection = Awaited<ReturnType<typeof loadReflection>>;

/** Every pipeline of a step, read. @throws DeviceError device/no-reflection */
export async function staticView(dispatches: readonly Dispatch[]): Promise<StaticKernel[]> {
  const reflection = await loadReflection();
  const pipelines = new Map<string, Dispatch[]>();
  for (const dispatch of dispatches) {
    const key = keyOf(dispatch.variant);
    pipelines.set(key, [...(pipelines.get(key) ?? []), dispatch]);
  }
  return [...pipelines.values()].map((members) => {
    const largest = members.reduce((a, b) => (b.flops + b.bytes > a.flops + a.bytes ? b : a));
    return { ...readKernel(reflection, largest), dispatches: members.length };
  });
}

function readKernel(
  { WgslReflect, buildShaderCostTree, walkCostTree }: Reflection,
  dispatch: Dispatch,
): Omit<StaticKernel, "dispatches"> {
  const { variant, label, workgroups, flops, bytes } = dispatch;
  const wgsl = withoutMatrices(specialise(variant));
  const { source, names } = withMemoryStruct(wgsl);
  const reflect = new WgslReflect(source);
  const entry = reflect.entry.compute.find(({ name }) => name === variant.entry);
  const bindings = (entry?.resources ?? []).map(({ binding, name, access, resourceType }) => {
    return { binding, name, access: resourceType === UNIFORM ? "uniform" : access };
  });
  const workgroup_bytes =
    names.length === 0 ? 0 : (reflect.structs.find(({ name }) => name === MEMORY)?.size ?? 0);
  const tree = buildShaderCostTree(withUniforms(wgsl, dispatch));
  const cost = tree.entries.find(({ name }) => name === variant.entry);
  const { alu = 0, sfu = 0, memory = 0 } = cost?.cost ?? {};
  const workgroup_size = workgroupSizeOf(variant);
  const lanes = [...workgroups, ...workgroup_size].reduce((product, n) => product * n, 1);
  const operations_ratio = flops > 0 ? ((alu + sfu) * lanes) / flops : null;
  const bytes_ratio = bytes > 0 ? (4 * memory * lanes) / bytes : null;
  let assumed = false;
  if (cost)
    walkCostTree(cost.root, (node) => {
      assumed ||= node.kind === "loop" && !node.iterationsKnown;
    });
  return {
    label,
    constants: variant.constants,
    bindings: bindings.sort((a, b) => a.binding - b.binding),
    workgroup_size,
    workgroup_bytes,
    operations: { arithmetic: alu, special: sfu, memory },
    assumed,
    intensity: memory > 0 ? (alu + sfu) / (4 * memory) : 0,
    graph: { flops, bytes, intensity: flops / bytes },
    operations_ratio,
    bytes_ratio,
    remarks: remarksOf({ operations_ratio, bytes_ratio, assumed }),
  };
}

const UNIFORM = 0; // of wgsl_reflect's resource types

const FEWEST = 0.5; // a text with half of the operations that the graph counts computes something else
const MOST_OPERATIONS = 8;
const MOST_BYTES = 16;

function remarksOf({
  operations_ratio: operations,
  bytes_ratio: bytes,
  assumed,
}: Pick<StaticKernel, "operations_ratio" | "bytes_ratio" | "assumed">): string[] {
  const remarks: string[] = [];
  if (assumed) remarks.push("a loop's length is assumed");
  if (operations !== null && operations < FEWEST && !assumed)
    remarks.push("fewer operations than the graph counts");
  if (operations !== null && operations > MOST_OPERATIONS)
    remarks.push("most operations are not the graph's: indices, or work done again");
  if (bytes !== null && bytes > MOST_BYTES) remarks.push("reads again what it has read");
  return remarks;
}

const MEMORY = "MemoryOfTheWorkgroup";

/** The WGSL with a struct of all workgroup variables, whose size is theirs. */
function withMemoryStruct(wgsl: string): { source: string; names: string[] } {
  const found = declarationsOf(wgsl).flatMap((text) => {
    const [, name, type] = /var<\s*workgroup\s*>\s*(\w+)\s*:\s*([\s\S]+?)\s*;$/.exec(text) ?? [];
    return name && type ? [{ name, type: type.replace(/atomic<(\w+)>/g, "$1") }] : [];
  });
  const names = found.map(({ name }) => name);
  if (names.length === 0) return { source: wgsl, names };
  const members = found.map(({ name, type }) => `  ${name}: ${type},`).join("\n");
  return { source: `${wgsl}\nstruct ${MEMORY} {\n${members}\n}\n`, names };
}

/** The WGSL with a dispatch's whole numbers in the place of `dims.field`. */
function withUniforms(wgsl: string, { variant, uniforms }: Dispatch): string {
  let text = wgsl;
  for (const { binding, data } of uniforms) {
    const { name, fields = [] } =
      entryOf(variant).bindings.find((one) => one.binding === binding) ?? {};
    const view = new DataView(data);
    for (const { name: field, type, offset } of fields) {
      if (type !== "u32") continue;
      const use = new RegExp(`\\b${name}\\.${field}\\b`, "g");
      text = text.replace(use, `${view.getUint32(offset, true)}u`);
    }
  }
  return text;
}

/** The view for people. */
export function staticLines(kernels: readonly StaticKernel[]): string[] {
  const ratio = (value: number | null) => (value === null ? "–" : value.toFixed(1));
  const heading = [
    "kernel",
    "dispatches",
    "bindings",
    "workgroup",
    "own bytes",
    "operations",
    "special",
    "memory",
    "ops/byte",
    "ops ÷ graph's",
    "bytes ÷ graph's",
  ];
  const rows = kernels.map((kernel) => {
    const { label, dispatches, bindings, workgroup_size, workgroup_bytes, operations } = kernel;
    return [
      label,
      String(dispatches),
      String(bindings.length),
      workgroup_size.join(" × "),
      String(workgroup_bytes),
      Math.round(operations.arithmetic).toString(),
      Math.round(operations.special).toString(),
      Math.round(operations.memory).toString(),
      kernel.intensity.toFixed(2),
      ratio(kernel.operations_ratio),
      ratio(kernel.bytes_ratio),
    ];
  });
  const [head = "", ...lines] = columns([heading, ...rows]);
  return [
    `${kernels.length} pipelines, read and not run; operations and memory accesses are those of a lane:`,
    head,
    ...lines.map((line, i) => `${line}  ${kernels[i]!.remarks.join("; ")}`.trimEnd()),
  ];
}
