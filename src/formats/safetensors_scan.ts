// What JSON.parse would not tell: a walk over a safetensors header's text before it is parsed.
//
// JSON.parse keeps the last of two equal keys, makes objects of a header of any size and depth, and
// takes 1.0 for 1. This walk refuses those; all other mistakes are left to JSON.parse itself.
import { SafetensorsError } from "../core/errors.ts";

export const METADATA_KEY = "__metadata__";
export const MOST_TENSORS = 65_536;
const DEEPEST = 3; // { tensor: { shape: [ … ] } }

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /[-.0-9][-+.0-9eE]*/y;

/** An open bracket: the keys seen in an object, nothing of an array. */
type Scope = Set<string> | undefined;

/**
 * @throws SafetensorsError for a key given twice in one object, more than 65,536 tensors, nesting
 *         deeper than a header needs, and numbers in lists that are not written as plain digits
 */
export function scanHeader(text: string, file: string): void {
  const open: Scope[] = [];
  let tensor = ""; // the tensor, or __metadata__, that the walk is in
  let at = 0;
  while (at < text.length) {
    switch (text[at]) {
      case " ":
        at += match(SPACE, text, at).length;
        break;
      case '"': {
        const end = endOfString(text, at);
        const scope = open.at(-1);
        const key = scope && isKey(text, end) ? addKey(scope, text.slice(at, end), file) : tensor;
        if (open.length === 1) tensor = key;
        at = end;
        break;
      }
      case "{":
      case "[":
        enter(open, text[at] === "{", file);
        at++;
        break;
      case "}":
      case "]":
        open.pop();
        at++;
        break;
      case ":":
      case ",":
        at++;
        break;
      default: {
        const number = match(NUMBER, text, at);
        if (number && open.length > 0 && !open.at(-1)) requirePlain(number, tensor, file);
        at += number.length || 1;
      }
    }
  }
}

/** Where the string that begins at `at` ends, past its closing quote; the text's end if it has none. */
function endOfString(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const character = text[i];
    if (character === '"') return i + 1;
    if (character === "\\") i++;
  }
  return text.length;
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? "";
}

const isKey = (text: string, end: number): boolean =>
  text[end] === ":" || text[end + match(SPACE, text, end).length] === ":";

function addKey(scope: Set<string>, literal: string, file: string): string {
  const key = decoded(literal);
  if (scope.has(key)) {
    throw new SafetensorsError(
      "safetensors/duplicate",
      `${file}: the key ${JSON.stringify(key)} must be given once, got it twice.`,
      "Readers would disagree on which one counts; save the file again.",
    );
  }
  scope.add(key);
  if (scope.size > MOST_TENSORS) requireFew(scope, file);
  return key;
}

/** The key with its escapes undone, so that "a" and "\u0061" are one; malformed ones as they stand. */
function decoded(literal: string): string {
  if (!literal.includes("\\")) return literal.slice(1, -1);
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}

function enter(open: Scope[], isObject: boolean, file: string): void {
  if (open.length === DEEPEST) {
    throw new SafetensorsError(
      "safetensors/header",
      `${file}: the header must nest at most ${DEEPEST} deep, got more.`,
      "This is not a safetensors header; fetch or save the file again.",
    );
  }
  open.push(isObject ? new Set() : undefined);
}

function requireFew(names: Set<string>, file: string): void {
  if (names.size - (names.has(METADATA_KEY) ? 1 : 0) <= MOST_TENSORS) return;
  throw new SafetensorsError(
    "safetensors/limit",
    `${file}: a file may hold ${MOST_TENSORS} tensors, this one has more.`,
    "Split it into shards.",
  );
}

function requirePlain(number: string, tensor: string, file: string): void {
  if (/^(0|[1-9][0-9]*)$/.test(number)) return;
  throw new SafetensorsError(
    "safetensors/header",
    `${file}: "${tensor}": sizes and offsets must be whole numbers in digits, got ${number.slice(0, 40)}.`,
    "The header is damaged; fetch or save the file again.",
  );
}
