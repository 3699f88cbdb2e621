// A WGSL file as text: its top-level declarations, what each reaches, and which constants may be set.
//
// `npm run shaders` writes the bindings by it, and a source that takes a kernel's place at run time is
// read by it (./replacement.ts). It is no parser: it needs names and brackets.
import type { Setting } from "./shader.ts";

/** A file without comments and `enable`s, which become blanks: line numbers stay those of the file. */
export const bareText = (source: string): string =>
  source
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""))
    .replace(/[ \t]*\/\/[^\n]*/g, "")
    .replace(/[ \t]+$/gm, "")
    .replace(/^[ \t]*enable [^;]*;/gm, "");

/** The top-level declarations of a bare text, in order; joined, they are the text. */
export function declarationsOf(text: string): string[] {
  const chunks: string[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: mark, index } of text.matchAll(/[{}()[\];]/g)) {
    if ("{([".includes(mark)) depth++;
    if ("})]".includes(mark)) depth--;
    if (depth > 0 || !"};".includes(mark)) continue;
    chunks.push(text.slice(start, index + 1));
    start = index + 1;
  }
  return chunks;
}

const NAME =
  /^(?:@[\w]+(?:\([^)]*\))?\s*)*(?:(?:fn|struct|alias|const|override|var)\s+|var\s*<[^>]*>\s*)(\w+)/;

/** What a declaration declares. */
export const nameOf = (chunk: string): string | undefined => NAME.exec(chunk.trim())?.[1];

/** Every name and keyword of a text, each once: at least those that it takes from outside. */
export const wordsOf = (text: string): Set<string> => new Set(text.match(/[A-Za-z_]\w*/g));

const LOCAL = /\b(?:let|var|const)\s+(\w+)\s*[:=]|[{(,]\s*(?:@[^:]*[\s)])?(\w+)\s*:/g;

/**
 * The same without members (`v.x`, `x: f32`), parameters and local variables. Where one is made of its
 * namesake outside (`let x = x[i]`), that is left out wrongly: `npm run shaders` refuses such files.
 */
export function takenBy(chunk: string): Set<string> {
  const words = wordsOf(chunk.replace(/\.\s*[A-Za-z_]\w*/g, ""));
  for (const [, variable, member] of chunk.matchAll(LOCAL)) words.delete((variable ?? member)!);
  return words;
}

/** Of every declaration in order. */
export interface Declared {
  readonly names: readonly (string | undefined)[];
  readonly words: readonly ReadonlySet<string>[];
}

/** Indices of the declarations that `name` reaches, itself included; none where it is not declared. */
export function reach({ names, words }: Declared, name: string): number[] {
  const index = new Map(names.map((one, i) => [one, i]));
  const found = new Set<number>();
  const queue = [index.get(name)];
  while (queue.length > 0) {
    const i = queue.pop();
    if (i === undefined || found.has(i)) continue;
    found.add(i);
    for (const word of words[i]!) {
      const next = index.get(word);
      if (next !== undefined && !found.has(next)) queue.push(next);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** Name → kind and value of every constant, override and alias that a variant may set. */
export function settingsOf(chunks: readonly string[]): Record<string, Setting> {
  const found: Record<string, Setting> = {};
  for (const [chunk, text] of chunks.entries()) {
    const match = /^(const|override|alias)\s+(\w+)\s*(?::\s*(\w+))?\s*=\s*([^;]+);$/.exec(
      text.trim(),
    );
    if (match) found[match[2]!] = { chunk, kind: match[1]!, value: match[4]!.trim() };
  }
  return found;
}

/** Whether WGSL names types of chromium_experimental_subgroup_matrix. */
export const usesMatrices = (text: string): boolean => /\bsubgroup_matrix_/.test(text);

/**
 * WGSL for wgsl_reflect, whose parser lacks that extension: its types become arrays, its builtins calls
 * without template arguments. Declarations, bindings and lines stay; it computes nothing any more.
 */
export const withoutMatrices = (source: string): string =>
  source
    .replace(/\bsubgroup_matrix_(?:left|right|result)<\s*(\w+)[^<>]*>/g, "array<$1, 1>")
    .replace(/\b(subgroupMatrix\w+)<[^<>]*>\(/g, "$1(");

/** Whether WGSL calls subgroup operations or reads their builtins. */
export const usesSubgroups = (text: string): boolean =>
  /\bsubgroup[A-Z_]|\bquad(Swap|Broadcast)/.test(text);
