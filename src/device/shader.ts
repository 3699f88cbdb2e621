// What is known of a shader family, and how a variant's WGSL is made from it.
//
// A variant is the family's file with constants replaced (`const TILE: u32 = 64u;`) or with
// `alias elem = f32;` made f16, cut down to the declarations that one entry point reaches. Lines keep
// their numbers, so that a compiler's message points into shaders/<family>.wgsl.
import { OptionError } from "../core/errors.ts";
import { readingOf } from "./shader_reading.ts";

export interface UniformField {
  readonly name: string;
  readonly type: "u32" | "i32" | "f32";
  readonly offset: number;
}

export interface Binding {
  readonly name: string;
  readonly binding: number;
  readonly type: "uniform" | "read-only-storage" | "storage";
  /** bytes of a uniform; of storage at least this, in float32 */
  readonly size: number;
  /** holds `elem`: float32, or float16 in a variant with elem = f16 */
  readonly elem?: true;
  readonly fields?: readonly UniformField[];
}

export interface EntryPoint {
  /** numbers, or names of constants */
  readonly workgroupSize: readonly (number | string)[];
  readonly chunks: readonly number[];
  readonly subgroups: boolean;
  /** of the experimental subgroup matrices */
  readonly matrices: boolean;
  readonly bindings: readonly Binding[];
}

export interface Setting {
  readonly chunk: number;
  readonly kind: string;
  readonly value: string;
}

/** What entry points bind, as types: a uniform's names of numbers, or true for a tensor. */
export type Binds = Readonly<Record<string, Readonly<Record<string, string | true>>>>;

export interface ShaderFamily<B extends Binds = Binds> {
  readonly name: string;
  readonly hash: string;
  /** the file without its comments, in pieces; `readingOf` says what is in it */
  readonly text: readonly string[];
  /** without spaces and with short names, as published: lines are those of the file, columns are not */
  readonly squeezed?: boolean;
  /** the hash of the one that this is another source for; of the package's own: undefined */
  readonly replaces?: string;
  /** never there: the type alone is */
  readonly binds?: B;
}

/** Values for a family's constants, and types for its aliases, by the names in the shader. */
export type Constants = Readonly<Record<string, number | boolean | "f32" | "f16">>;

/** What maps, `elem` in a shader, are stored in. */
export type MapDtype = "f32" | "f16";

/** One pipeline: an entry point and the constants it is compiled with. */
export interface Variant {
  readonly family: ShaderFamily;
  readonly entry: string;
  readonly constants: Constants;
}

/** The variants of a family that is compiled as it stands: one an entry point. */
export const plainVariants = (family: ShaderFamily): Variant[] =>
  Object.keys(readingOf(family).entries).map((entry) => ({ family, entry, constants: {} }));

/** `family.entry`, the name on the GPU's labels. */
export const labelOf = ({ family, entry }: Variant): string => `${family.name}.${entry}`;

/** What tells two pipelines apart. */
export const keyOf = (variant: Variant): string =>
  `${labelOf(variant)} ${variant.family.hash} ${JSON.stringify(Object.entries(variant.constants).sort())}`;

/** @throws OptionError for an entry point that the family does not have */
export function entryOf({ family, entry }: Variant): EntryPoint {
  const { entries } = readingOf(family);
  const found = Object.hasOwn(entries, entry) ? entries[entry] : undefined;
  if (found) return found;
  throw new OptionError(
    "option/entry",
    `shader: ${family.name}.wgsl has no entry point ${entry}.`,
    `It has ${Object.keys(entries).join(", ")}.`,
  );
}

/** What WGSL calls an extension, and WebGPU the feature that brings it. */
export const FEATURE = {
  f16: "shader-f16",
  subgroups: "subgroups",
  chromium_experimental_subgroup_matrix: "chromium-experimental-subgroup-matrix",
} as const;

/** The extensions a variant's WGSL must enable. */
export function extensionsOf(variant: Variant): (keyof typeof FEATURE)[] {
  const { subgroups, matrices } = entryOf(variant);
  const half = isHalf(variant) ? (["f16"] as const) : [];
  const matrix = matrices ? (["chromium_experimental_subgroup_matrix"] as const) : [];
  return [...half, ...(subgroups ? (["subgroups"] as const) : []), ...matrix];
}

/** Whether a variant stores its maps as float16. */
export const isHalf = ({ constants }: Variant): boolean => constants.elem === "f16";

/**
 * The WGSL of a variant: only what its entry point reaches, with its constants set.
 *
 * @throws OptionError for constants that the family does not declare
 */
export function specialise(variant: Variant): string {
  const { family, constants } = variant;
  const chunks = [...readingOf(family).chunks];
  for (const [name, value] of Object.entries(constants)) {
    const setting = settingOf(family, name);
    chunks[setting.chunk] = withValue(chunks[setting.chunk]!, value);
  }
  const reached = new Set(entryOf(variant).chunks);
  const text = chunks.map((chunk, i) => (reached.has(i) ? chunk : chunk.replace(/[^\n]/g, "")));
  const enables = extensionsOf(variant).map((extension) => `enable ${extension};`);
  return enables.join(" ") + text.join("");
}

/** Workgroup size of a variant, constants resolved. */
export function workgroupSizeOf(variant: Variant): [number, number, number] {
  const resolve = (size: number | string | undefined): number => {
    if (typeof size !== "string") return size ?? 1;
    const value = variant.constants[size] ?? settingOf(variant.family, size).value;
    return Number.parseInt(String(value), 10);
  };
  const [x, y, z] = entryOf(variant).workgroupSize;
  return [resolve(x), resolve(y), resolve(z)];
}

function settingOf(family: ShaderFamily, name: string): Setting {
  const { settings } = readingOf(family);
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
  if (setting) return setting;
  throw new OptionError(
    "option/constant",
    `shader: ${family.name}.wgsl has no constant ${name}.`,
    `It has ${Object.keys(settings).join(", ") || "none"}.`,
  );
}

/** `const A: u32 = 4u;` with another value; the suffix stays. */
function withValue(declaration: string, value: number | boolean | string): string {
  return declaration.replace(/=\s*([^;]+);/, (_, old: string) => {
    const suffix = /^\d[\d.]*([uif])$/.exec(old.trim())?.[1] ?? "";
    return `= ${value}${typeof value === "number" ? suffix : ""};`;
  });
}
