// JSON files whose top is an object, and values shown in messages. Not a schema: readers check.
//
// JSON.parse makes "__proto__" an ordinary own key, so no prototype can be changed by a file; look
// keys up with Object.hasOwn or Object.entries where a name comes from outside.
import { FileError } from "../core/errors.ts";

const MOST_SHOWN = 60; // characters of a value in a message

export type JsonObject = Record<string, unknown>;

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * @param text  of the file, or its bytes as UTF-8
 * @param name  of the file, for the error
 * @throws FileError unless it is JSON, and an object
 */
export function parseJsonObject(text: string | Uint8Array, name: string): JsonObject {
  let json: unknown;
  try {
    json = parsePython(typeof text === "string" ? text : utf8(text));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${name}: must be JSON, got: ${reason.slice(0, 2 * MOST_SHOWN)}.`;
    throw new FileError("file/json", message, "Correct the file, or fetch it again.", { cause });
  }
  if (isJsonObject(json)) return json;
  const message = `${name}: must be a JSON object, got ${showValue(json)}.`;
  throw new FileError("file/json", message, "Put it in braces: { … }.");
}

/**
 * As Python's json.dumps(indent=2, sort_keys=True) with a line end: what diffusers writes. As there,
 * numbers that are none stand as NaN, Infinity, -Infinity.
 */
export function jsonText(object: JsonObject): string {
  const sorted = Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));
  const marked = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? MARK + String(value) : value;
  const text = JSON.stringify(Object.fromEntries(sorted), marked, 2);
  return `${text.replaceAll(MARKED, "$1")}\n`;
}

const MARK = "\u0000number ";
const MARKED = /"\\u0000number (NaN|-?Infinity)"/g;
const STRING_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g;

/** JSON as Python writes it: NaN, Infinity and -Infinity are numbers. */
function parsePython(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/NaN|Infinity/.test(text)) throw error;
  }
  const marked = text.replaceAll(STRING_OR_NO_NUMBER, (part) =>
    part.startsWith('"') ? part : JSON.stringify(MARK + part),
  );
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value,
  );
}

/** A value for a message: as JSON, cut to 60 characters; never throws. */
export function showValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value !== "object" && typeof value !== "string") return String(value); // NaN, 1n
  const short = typeof value === "string" ? value.slice(0, MOST_SHOWN) : value;
  const text = jsonOf(short);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

function jsonOf(value: unknown): string {
  try {
    return String(JSON.stringify(value));
  } catch {
    return "an object that is no JSON"; // it holds itself, or a bigint
  }
}

/** @throws TypeError for bytes that are not UTF-8 */
export const utf8 = (bytes: Uint8Array): string =>
  new TextDecoder("utf-8", { fatal: true }).decode(bytes);
