// A changed WGSL source in the place of a kernel family's own, at run time.
//
// Launchers know a family by its entry points, bindings and constants: those must stay. All else may
// change: tiles, loops, memory. What it computes is for the self-test to say.
import { OptionError } from "../core/errors.ts";
import type { Binding, ShaderFamily } from "./shader.ts";
import { readingOf, withText } from "./shader_reading.ts";
import { bareText } from "./shader_text.ts";

/**
 * The family with another source; `PipelineCache.replace` takes it.
 *
 * @param wgsl  a whole file, like shaders/<family>.wgsl
 * @throws OptionError option/replacement where an entry point, a binding, a uniform's field or a constant
 *         of the original is missing or different
 */
export function replacementOf(original: ShaderFamily, wgsl: string): ShaderFamily {
  const own = readingOf(original);
  const family = withText(original, {
    name: original.name,
    hash: hashOf(wgsl),
    text: [bareText(wgsl)],
  });
  const { chunks, settings, entries } = readingOf(family);
  const missing = Object.keys(own.settings).filter((name) => !Object.hasOwn(settings, name));
  if (missing.length > 0) {
    throw refused(original, `the constants ${missing.join(", ")} are missing`);
  }
  const all = Object.values(own.entries).flatMap(({ bindings }) => bindings);
  const bindings = [...new Map(all.map((binding) => [binding.name, binding])).values()];
  for (const chunk of chunks) requireBinding(original, bindings, chunk, chunks);
  const lost = Object.keys(own.entries).find((name) => !Object.hasOwn(entries, name));
  if (lost !== undefined) throw refused(original, `there is no entry point ${lost}`);
  return { ...family, replaces: original.hash };
}

const BINDING =
  /@binding\((\d+)\)\s*var<\s*(uniform|storage)\s*(?:,\s*(\w+)\s*)?>\s*(\w+)\s*:\s*(\w+)/;

/** A declaration that binds something must bind what the original does, under its name and number. */
function requireBinding(
  family: ShaderFamily,
  bindings: readonly Binding[],
  chunk: string,
  chunks: readonly string[],
): void {
  const match = BINDING.exec(chunk);
  if (!match) return;
  const [, number, space, access = "read", name, type] = match;
  const known = bindings.find((one) => one.name === name);
  const isStorage = access === "read" ? "read-only-storage" : "storage";
  const kind = space === "uniform" ? "uniform" : isStorage;
  if (!known || known.binding !== Number(number) || known.type !== kind) {
    const own = bindings.map((one) => `${one.binding} ${one.name} (${one.type})`).join(", ");
    throw refused(family, `binding ${number} ${name} (${kind}) is none of ${own}`);
  }
  if (!known.fields) return;
  const struct = chunks.find((one) => new RegExp(`\\bstruct\\s+${type}\\b`).test(one)) ?? "";
  const fields = [...struct.matchAll(/(\w+)\s*:\s*(\w+)/g)].map(
    ([, field, of]) => `${field}: ${of}`,
  );
  const wanted = known.fields.map((field) => `${field.name}: ${field.type}`);
  if (`${fields}` === `${wanted}`) return;
  throw refused(family, `${type} must hold ${wanted.join(", ")}, got ${fields.join(", ")}`);
}

const refused = ({ name }: ShaderFamily, what: string): OptionError =>
  new OptionError(
    "option/replacement",
    `replacement of ${name}.wgsl: ${what}.`,
    "Start from shaders/ of this version: entry points, bindings and constants must stay.",
  );

/** FNV-1a, 32 bits: tells sources apart, and is no secret. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return `replaced-${hash.toString(16)}`;
}
