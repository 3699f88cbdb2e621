// WGSL as the page reads it: tokens to colour, and what a file declares to bind and to start.
//
// No parser: it needs names and brackets. Works without a GPU.

export type TokenKind = "comment" | "attribute" | "number" | "keyword" | "type" | "call" | "plain";

export interface Token {
  kind: TokenKind;
  text: string;
}

const TOKEN =
  /(?<comment>\/\/[^\n]*)|(?<attribute>@\w+)|(?<number>\b(?:0x[\da-f]+|\d+(?:\.\d*)?(?:e[+-]?\d+)?)[uifh]?)|(?<word>[A-Za-z_]\w*)/gi;

const KEYWORDS = new Set(
  (
    "alias break case const const_assert continue continuing default diagnostic discard else enable " +
    "false fn for if let loop override requires return struct switch true var while"
  ).split(" "),
);

const TYPE =
  /^(bool|[iu]32|f16|f32|vec[234][iufh]?|mat[234]x[234][fh]?|array|atomic|ptr|elem[234]?|[A-Z][a-z]\w*)$/;

/** The tokens of a line; what is between them is plain. */
export function* tokensOf(line: string): Generator<Token> {
  let end = 0;
  for (const match of line.matchAll(TOKEN)) {
    if (match.index > end) yield { kind: "plain", text: line.slice(end, match.index) };
    const [text] = match;
    end = match.index + text.length;
    const named = (["comment", "attribute", "number"] as const).find((it) => match.groups?.[it]);
    yield { kind: named ?? wordKind(text, line.slice(end)), text };
  }
  if (end < line.length) yield { kind: "plain", text: line.slice(end) };
}

function wordKind(word: string, rest: string): TokenKind {
  if (KEYWORDS.has(word)) return "keyword";
  if (TYPE.test(word)) return "type";
  return /^\s*\(/.test(rest) ? "call" : "plain";
}

export interface Header {
  /** what it is, in a sentence */
  sentence: string;
  /** the rest, as it is set in the file */
  text: string;
}

/** The comment that a file opens with. */
export function headerOf(wgsl: string): Header {
  const lines = /^(?:\/\/[^\n]*\n)+/.exec(wgsl)?.[0].trimEnd().split("\n") ?? [];
  const [first = "", ...rest] = lines.map((line) => line.replace(/^\/\/ ?/, ""));
  const text = rest.join("\n").replace(/^\s*\n/, "");
  return { sentence: first.replace(/^\S+ — /, ""), text: dedented(text) };
}

function dedented(text: string): string {
  const margins = text.split("\n").filter((line) => line.trim());
  const least = Math.min(...margins.map((line) => line.length - line.trimStart().length));
  return text.replace(new RegExp(`^ {${least}}`, "gm"), "");
}

export interface BindingLine {
  binding: number;
  name: string;
  /** uniform, read, or read and write */
  kind: string;
  type: string;
  /** of the entry points that reach it */
  entries: string[];
}

export interface EntryLine {
  name: string;
  /** as written, with the constants' own values */
  workgroup: string;
}

export interface Outline {
  entries: EntryLine[];
  bindings: BindingLine[];
}

const BINDING = /@binding\((\d+)\)\s*var<\s*(\w+)\s*(?:,\s*(\w+)\s*)?>\s*(\w+)\s*:\s*([^;]+);/;
const KINDS: Readonly<Record<string, string>> = {
  uniform: "uniform",
  read: "storage, read",
  read_write: "storage, read and written",
};

/** Entry points and bindings of a file, in its order. */
export function outlineOf(wgsl: string): Outline {
  const parts = declarations(wgsl);
  const entries = parts.flatMap(({ name, text }) => {
    const sizes = /@workgroup_size\(([^)]*)\)/.exec(text)?.[1];
    return sizes ? [{ name, workgroup: sizesOf(sizes, parts) }] : [];
  });
  const reached = entries.map(({ name }) => reach(parts, name));
  const bindings = parts.flatMap(({ text }): BindingLine[] => {
    const match = BINDING.exec(text);
    if (!match) return [];
    const [, number, space = "", access = "read", name = "", type = ""] = match;
    const users = entries.filter((_, i) => reached[i]!.has(name)).map((entry) => entry.name);
    const kind = KINDS[space === "uniform" ? space : access] ?? space;
    return [{ binding: Number(number), name, kind, type, entries: users }];
  });
  return { entries, bindings };
}

interface Declaration {
  name: string;
  text: string;
  words: ReadonlySet<string>;
}

/** The top-level declarations: each ends with a semicolon or a brace outside of all brackets. */
function declarations(wgsl: string): Declaration[] {
  const code = wgsl.replace(/\/\/[^\n]*/g, "");
  const found: Declaration[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: sign, index } of code.matchAll(/[{}()[\];]/g)) {
    if ("{([".includes(sign)) depth++;
    if ("})]".includes(sign)) depth--;
    if (depth > 0 || !";}".includes(sign)) continue;
    const text = code.slice(start, index + 1).trim();
    start = index + 1;
    const name = /\b(?:fn|struct|alias|const|override|var(?:<[^>]*>)?)\s+(\w+)/.exec(text)?.[1];
    if (name) found.push({ name, text, words: wordsOf(text) });
  }
  return found;
}

const WORD = /(?<!\.)\b[A-Za-z_]\w*/g;
const LOCAL = /\b(?:let|var|const)\s+(\w+)|[(,{]\s*(?:@\w+(?:\([^)]*\))?\s*)*(\w+)\s*:/g;

/** The words of a declaration; without the members, fields and locals that it names. */
function wordsOf(text: string): Set<string> {
  const words = new Set<string>(text.match(WORD));
  if (!/\b(?:fn|struct)\b/.test(text)) return words;
  for (const [, local, parameter] of text.matchAll(LOCAL)) words.delete((local ?? parameter)!);
  return words;
}

/** The names that a declaration reaches, its own included. */
function reach(parts: readonly Declaration[], from: string): Set<string> {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const found = new Set<string>([from]);
  for (const name of found) {
    for (const word of byName.get(name)?.words ?? []) if (byName.has(word)) found.add(word);
  }
  return found;
}

/** `WG` as `WG = 64`: constants with the values that the file gives them. */
function sizesOf(sizes: string, parts: readonly Declaration[]): string {
  const values = sizes.split(",").map((size) => {
    const own = parts.find(({ name }) => name === size.trim());
    const value = own && /=\s*([^;]*?)u?;$/.exec(own.text)?.[1];
    return value ? `${size.trim()} = ${value}` : size.trim();
  });
  return values.filter(Boolean).join(" × ");
}
