// What a family's WGSL says of its entry points: what each reaches and binds, its workgroup size, and
// the constants that a variant may set. Read from the text once, when it is first asked for; `npm run
// shaders` refuses a file where this reading and wgsl_reflect's differ.
import { roundUp } from "../core/shape.ts";
import type { Binding, Binds, EntryPoint, Setting, ShaderFamily, UniformField } from "./shader.ts";
import {
  declarationsOf,
  nameOf,
  reach,
  settingsOf,
  takenBy,
  usesMatrices,
  usesSubgroups,
  wordsOf,
} from "./shader_text.ts";

export interface Reading {
  /** the declarations in order: joined, they are the text */
  readonly chunks: readonly string[];
  readonly settings: Readonly<Record<string, Setting>>;
  readonly entries: Readonly<Record<string, EntryPoint>>;
}

const readings = new WeakMap<ShaderFamily, Reading>();

/** What the text of a family says; the same object at every call. */
export function readingOf(family: ShaderFamily): Reading {
  let reading = readings.get(family);
  if (!reading) {
    reading = read(family);
    readings.set(family, reading);
  }
  return reading;
}

/**
 * A family of another text that binds what the original does, whether it reads all of it or not.
 *
 * @param changed  with the original's entry points
 */
export function withText<B extends Binds>(
  original: ShaderFamily<B>,
  changed: Pick<ShaderFamily, "name" | "hash" | "text">,
): ShaderFamily<B> {
  const { entries } = readingOf(original);
  const family: ShaderFamily<B> = { ...changed };
  readings.set(
    family,
    read(changed, (entry) => entries[entry]?.bindings ?? []),
  );
  return family;
}

type BindingsOf = (entry: string) => readonly Binding[];

function read({ text }: Pick<ShaderFamily, "text">, given?: BindingsOf): Reading {
  const chunks = declarationsOf(text.join(""));
  const bindingsOf = given ?? boundBy(chunks);
  const names = chunks.map(nameOf);
  const words = chunks.map(wordsOf);
  const entries: Record<string, EntryPoint> = {};
  for (const [i, chunk] of chunks.entries()) {
    const sizes = /@workgroup_size\s*\(([^)]*)\)/.exec(chunk)?.[1];
    if (sizes === undefined) continue;
    const name = names[i]!;
    const reached = reach({ names, words }, name);
    entries[name] = {
      workgroupSize: [...sizes.split(",").map(sizeOf), 1, 1].slice(0, 3),
      chunks: reached,
      subgroups: reached.some((at) => usesSubgroups(chunks[at]!)),
      matrices: reached.some((at) => usesMatrices(chunks[at]!)),
      bindings: bindingsOf(name),
    };
  }
  return { chunks, settings: settingsOf(chunks), entries };
}

/** What an entry point reads or writes, by the text. */
function boundBy(chunks: readonly string[]): BindingsOf {
  const names = chunks.map(nameOf);
  const words = chunks.map(takenBy);
  const types = new Types(chunks, names);
  const bindings = chunks.map((chunk) => bindingOf(chunk, types));
  return (entry) =>
    reach({ names, words }, entry)
      .flatMap((at) => bindings[at] ?? [])
      .sort((a, b) => a.binding - b.binding);
}

/** A number, or the name of a constant. */
function sizeOf(text: string): number | string {
  const size = text.trim();
  return /^\d+u?$/.test(size) ? Number.parseInt(size, 10) : size;
}

const BINDING = /@binding\((\d+)\)\s*var<\s*(\w+)\s*(?:,\s*(\w+)\s*)?>\s*(\w+)\s*:\s*([^;]+?)\s*;/;

function bindingOf(chunk: string, types: Types): Binding | undefined {
  const [, number, space, access, name = "", type = ""] = BINDING.exec(chunk) ?? [];
  if (number === undefined) return undefined;
  const binding = Number(number);
  const size = types.layoutOf(type).size;
  if (space === "uniform") {
    return { name, binding, type: "uniform", size, fields: types.fieldsOf(type) };
  }
  const kind = access === "read_write" ? "storage" : "read-only-storage";
  const isElem = /^array<elem(4|8|16)?>$/.test(type);
  return { name, binding, type: kind, size, ...(isElem && { elem: true as const }) };
}

interface Layout {
  readonly size: number;
  readonly align: number;
}

/** The file's types in bytes, by WGSL §14.4.1; float16 is in no file. */
class Types {
  readonly #declared: ReadonlyMap<string | undefined, string>;

  constructor(chunks: readonly string[], names: readonly (string | undefined)[]) {
    this.#declared = new Map(chunks.map((chunk, i) => [names[i], chunk]));
  }

  /** Of an array without a length: those of one element. */
  layoutOf(type: string): Layout {
    const [, kind = "", of = "", length = 1] =
      /^(\w+)<\s*(\w+(?:<.*>)?)\s*(?:,\s*(\d+)\s*)?>$/.exec(type) ?? [];
    if (kind === "array" || kind === "atomic") {
      const { size, align } = this.layoutOf(of);
      return { size: Number(length) * size, align };
    }
    const count = Number(/^vec([234])/.exec(type)?.[1] ?? 1);
    if (count > 1) return { size: 4 * count, align: count === 2 ? 8 : 16 };
    const declaration = this.#declared.get(type);
    if (declaration === undefined) return { size: 4, align: 4 };
    const alias = /alias\s+\w+\s*=\s*([^;]+);/.exec(declaration)?.[1];
    if (alias) return this.layoutOf(alias.trim());
    const { end, align } = this.#membersOf(declaration);
    return { size: roundUp(end, align), align };
  }

  fieldsOf(struct: string): UniformField[] {
    const { members } = this.#membersOf(this.#declared.get(struct) ?? "");
    return members.map(({ name, type, offset }) => ({ name, type: type as "u32", offset }));
  }

  #membersOf(declaration: string) {
    const members: { name: string; type: string; offset: number }[] = [];
    let [end, align] = [0, 4];
    for (const [, name = "", type = ""] of declaration.matchAll(/(\w+)\s*:\s*([\w<>]+)/g)) {
      const layout = this.layoutOf(type);
      const offset = roundUp(end, layout.align);
      members.push({ name, type, offset });
      end = offset + layout.size;
      align = Math.max(align, layout.align);
    }
    return { members, end, align };
  }
}
