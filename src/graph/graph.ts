// The recorder: launchers append dispatches with symbolic tensors; nothing runs yet.
//
// A Graph knows no kernel. It checks that a dispatch names every binding of its entry point, and
// keeps what the plan, the program and the profiler need of it.
import { OptionError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { PLAIN_TARGET, type Target } from "../device/gpu.ts";
import {
  type Binding,
  type Binds,
  type Constants,
  entryOf,
  labelOf,
  type ShaderFamily,
  type Variant,
} from "../device/shader.ts";
import { ALIGNMENT, bytesOf, type Dtype, type Tensor } from "./tensor.ts";

export type Phase = "forward" | "backward" | "optimiser" | "sampler";

/** Workgroups in x, y and z; each at most 65 535. */
export type Workgroups = readonly [number, number?, number?];

/** What an entry point binds, by the shader's own names: numbers for a uniform, tensors else. */
export type ArgsOf<B extends Binds[string]> = {
  [Name in keyof B]: B[Name] extends string
    ? { readonly [Field in B[Name]]: number }
    : Tensor | Unread;
};

/** Bound where the kernel, by its other arguments, reads nothing: any tensor will do. */
export interface Unread {
  readonly unread: Tensor;
}

export const unread = (tensor: Tensor): Unread => ({ unread: tensor });

/** A tensor that a kernel reads where it is told so. */
export const readIf = (isRead: boolean, tensor: Tensor): Tensor | Unread =>
  isRead ? tensor : unread(tensor);

export interface DispatchOptions {
  /** values for the shader's constants */
  constants?: Constants;
  /** floating-point operations, a multiply-add counted as two */
  flops?: number;
}

export interface BoundTensor {
  readonly binding: number;
  readonly tensor: Tensor;
  readonly writes: boolean;
  /** bound, and not read */
  readonly unread: boolean;
}

export interface Dispatch {
  readonly label: string;
  readonly variant: Variant;
  readonly workgroups: readonly [number, number, number];
  readonly tensors: readonly BoundTensor[];
  readonly uniforms: readonly { readonly binding: number; readonly data: ArrayBuffer }[];
  readonly phase: Phase;
  /** the part of the network that it computes, as `Graph.within` names it */
  readonly block: string | undefined;
  /** the decision that it comes from, where its launcher had one to make */
  readonly choice?: Choice | undefined;
  readonly flops: number;
  /** bytes of all tensors bound */
  readonly bytes: number;
}

export const isRead = ({ writes, unread }: BoundTensor): boolean => !writes && !unread;

/** One decision among variants that compute the same; its dispatches share this very object. */
export interface Choice {
  /** the kernel, and what is computed */
  readonly key: string;
  /** of all candidates, the likeliest to be fast first; each holds its shader's name and hash */
  readonly names: readonly string[];
  readonly chosen: string;
}

const MOST_WORKGROUPS = 65_535;
/** Channels that kernels read together: a joined tensor's first part has a multiple of them. */
const SPLIT_UNIT = 8;

export class Graph {
  readonly dispatches: Dispatch[] = [];
  /** the device's; launchers ask targetOf() */
  readonly target: Target;
  /** what the next dispatches belong to */
  phase: Phase = "forward";
  #block: string | undefined;
  #choice: Choice | undefined;

  constructor(target: Target = PLAIN_TARGET) {
    this.target = target;
  }

  /** What the launchers of a family choose their variants by. */
  targetOf(family: string): Target {
    return this.target.plain?.has(family) ? PLAIN_TARGET : this.target;
  }

  /** Runs `record`, whose dispatches belong to a block of that name; blocks do not nest. */
  within<T>(block: string, record: () => T): T {
    this.#block = block;
    try {
      return record();
    } finally {
      this.#block = undefined;
    }
  }

  /**
   * Records one of several ways to compute the same: the one of that name among the target's choices,
   * else the first; always the first where the family must be plain. Choices that this package ships
   * leave the shader's hash out: they outlive an edit.
   *
   * @param kernel      of the launcher, as for targetOf
   * @param work        what is computed, in words and extents; the same for the plain variant's launch
   * @param candidates  ranked by what they should cost: a shader, whose hash ends a choice with a change of
   *                    its text, and plain data
   * @param record      appends the dispatches of one; they are compared and timed together
   */
  choose<Candidate extends { readonly family: ShaderFamily }>(
    kernel: string,
    work: string,
    candidates: readonly Candidate[],
    record: (candidate: Candidate) => void,
  ): void {
    const key = `${kernel} ${work}`;
    const offered = this.target.plain?.has(kernel) ? candidates.slice(0, 1) : candidates;
    const names = offered.map(({ family: { name, hash }, ...rest }) => {
      return `${name} ${hash} ${JSON.stringify(rest)}`;
    });
    const asked = this.target.choices?.[key];
    const isAsked = (name: string) => name === asked || withoutHash(name) === asked;
    const at = Math.max(0, names.findIndex(isAsked));
    this.#choice = { key, names, chosen: names[at]! };
    try {
      record(offered[at]!);
    } finally {
      this.#choice = undefined;
    }
  }

  /** A tensor that the plan will place. */
  alloc(shape: Shape, label: string, dtype: Dtype = "f32"): Tensor {
    return { shape, label, dtype };
  }

  /** A tensor of another's shape, type and layout, that the plan will place. */
  like({ shape, dtype, split, parts }: Tensor, label: string): Tensor {
    if (!parts) return { shape, label, dtype, split };
    const [a, b] = parts.map((part) => ({ shape: part.shape, label, dtype }));
    return joined(a!, b!, label);
  }

  /**
   * The channels of a, then those of b, with no copy: the plan places b behind a. Undefined where it cannot,
   * or where kernels could not read several channels at once.
   *
   * @param a, b  [N, Ca, H, W] and [N, Cb, H, W]; no dispatch reads one and writes the other
   * @returns     [N, Ca + Cb, H, W]; its `split` is Ca
   */
  join(a: Tensor, b: Tensor): Tensor | undefined {
    const isBound = ({ home, part, parts }: Tensor) => home || part || parts;
    const isEven = a.shape[1]! % SPLIT_UNIT === 0 && bytesOf(a) % ALIGNMENT === 0;
    if (a === b || isBound(a) || isBound(b) || !isEven) return undefined;
    return joined(a, b, `${a.label} | ${b.label}`);
  }

  /**
   * Appends one dispatch.
   *
   * @param args        every binding of the entry point, by the shader's names; the maps among them,
   *                    `elem` in the shader, are all float32 or all float16, and choose the variant
   * @param workgroups  in x, y, z; each 1 … 65 535
   * @throws OptionError for a binding that is missing or unknown, for float16 where the shader has
   *         float32 alone, or workgroups out of range
   */
  dispatch<B extends Binds, E extends keyof B & string>(
    [family, entry]: readonly [ShaderFamily<B>, E],
    args: ArgsOf<B[E]>,
    workgroups: Workgroups,
    { constants = {}, flops = 0 }: DispatchOptions = {},
  ): void {
    const label = labelOf({ family, entry, constants });
    const { bindings } = entryOf({ family, entry, constants });
    requireNames(label, bindings, args);
    const [x, y = 1, z = 1] = workgroups;
    requireWorkgroups(label, [x, y, z]);

    const given: Record<string, unknown> = args;
    const half = holdsHalves(label, bindings, given) ? { elem: "f16" as const } : {};
    const variant: Variant = { family, entry, constants: { ...constants, ...half } };
    const tensors: BoundTensor[] = [];
    const uniforms: { binding: number; data: ArrayBuffer }[] = [];
    for (const binding of bindings) {
      const value = given[binding.name];
      if (binding.type === "uniform") {
        uniforms.push({ binding: binding.binding, data: uniformData(label, binding, value) });
      } else {
        const writes = binding.type === "storage";
        const bound = value as Tensor | Unread;
        const unread = "unread" in bound;
        const tensor = unread ? bound.unread : bound;
        if (tensor.split !== undefined && !unread) requireSplit(label, bindings, tensor);
        tensors.push({ binding: binding.binding, tensor, writes, unread });
      }
    }
    const bytes = tensors.reduce((sum, { tensor }) => sum + bytesOf(tensor), 0);
    const { phase } = this;
    const block = this.#block;
    const choice = this.#choice;
    this.dispatches.push({
      label,
      variant,
      workgroups: [x, y, z],
      tensors,
      uniforms,
      phase,
      block,
      choice,
      flops,
      bytes,
    });
  }
}

/** What a program runs: all but the dispatches that write a norm's output alone, which nobody reads (`Tensor.normed`). */
export function neededOf(
  dispatches: readonly Dispatch[],
  keep: readonly Tensor[],
): readonly Dispatch[] {
  const bound = dispatches.flatMap(({ tensors }) => tensors);
  const read = new Set([...keep, ...bound.filter(isRead).map(({ tensor }) => tensor)]);
  return dispatches.filter(({ tensors }) =>
    tensors.some(({ tensor, writes }) => writes && (!tensor.normed || read.has(tensor))),
  );
}

function joined(a: Tensor, b: Tensor, label: string): Tensor {
  const [N = 1, split = 1, ...size] = a.shape;
  const shape = [N, split + b.shape[1]!, ...size];
  const of: Tensor = { shape, label, dtype: a.dtype, split, parts: [a, b] };
  a.part = { of, offset: 0 };
  b.part = { of, offset: bytesOf(a) };
  return of;
}

/**
 * Workgroups for a kernel over `count` items in one dimension, folded into two where 65 535 are too
 * few. The kernel's item is (workgroup_id.y · num_workgroups.x + workgroup_id.x) · size + lane.
 */
export function foldWorkgroups(count: number, workgroupSize: number): [number, number] {
  const groups = Math.max(1, Math.ceil(count / workgroupSize));
  const rows = Math.ceil(groups / MOST_WORKGROUPS);
  return [Math.ceil(groups / rows), rows];
}

/** Whether the maps of a dispatch are float16. @throws OptionError for float16 elsewhere, or a mix */
function holdsHalves(
  label: string,
  bindings: readonly Binding[],
  given: Record<string, unknown>,
): boolean {
  const dtypes: { name: string; dtype: Dtype; elem: boolean }[] = [];
  for (const { name, type, elem = false } of bindings) {
    if (type === "uniform") continue;
    const value = given[name] as Tensor | Unread;
    if (!("unread" in value)) dtypes.push({ name, dtype: value.dtype, elem });
  }
  const half = dtypes.some(({ dtype, elem }) => elem && dtype === "f16");
  const wrong = dtypes.find(({ dtype, elem }) => (dtype === "f16") !== (elem && half));
  if (!wrong) return half;
  throw new OptionError(
    "option/dtype",
    `${label}: ${wrong.name} must be ${wrong.elem ? "f16, as its other maps" : "f32"}, got ${wrong.dtype}.`,
    "Cast it first.",
  );
}

/** A kernel that may bind a joined tensor has its split, or its source's and its result's, among its uniforms. */
function requireSplit(label: string, bindings: readonly Binding[], tensor: Tensor): void {
  const isTold = bindings.some(({ fields = [] }) =>
    fields.some(({ name }) => name.endsWith("split")),
  );
  if (!isTold) throw new Error(`${label}: cannot read ${tensor.label}, which is joined`);
}

/** The bytes of a uniform, laid out by the WGSL struct. */
function uniformData(label: string, binding: Binding, value: unknown): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(Math.ceil(binding.size / 16) * 16));
  const numbers = value as Record<string, number>;
  const fields = binding.fields ?? [];
  requireNames(`${label} ${binding.name}`, fields, numbers);
  for (const { name, type, offset } of fields) {
    const number = numbers[name]!;
    if (type === "f32") view.setFloat32(offset, number, true);
    else if (type === "u32") view.setUint32(offset, number, true);
    else view.setInt32(offset, number, true);
  }
  return view.buffer;
}

function requireNames(label: string, wanted: readonly { name: string }[], given: object): void {
  const names = wanted.map(({ name }) => name);
  const missing = names.filter((name) => (given as Record<string, unknown>)[name] === undefined);
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (missing.length + unknown.length === 0) return;
  throw new OptionError(
    "option/binding",
    `${label}: bindings missing: ${missing.join(", ") || "none"}; unknown: ${unknown.join(", ") || "none"}.`,
    `It has ${names.join(", ")}.`,
  );
}

/** A candidate's name as choices that this package ships have it: its shader, then what it is told. */
export const withoutHash = (name: string): string => name.replace(/ \w+/, "");

/** Whether a dispatch may have them. */
export const fitsWorkgroups = (counts: Workgroups): boolean =>
  counts.every((n = 1) => Number.isInteger(n) && n >= 1 && n <= MOST_WORKGROUPS);

function requireWorkgroups(label: string, counts: Workgroups): void {
  if (fitsWorkgroups(counts)) return;
  throw new OptionError(
    "option/workgroups",
    `${label}: workgroups must be integers in 1 … ${MOST_WORKGROUPS}, got ${counts.join(" × ")}.`,
    "Fold large counts into two dimensions.",
  );
}
