// As much of JSON Schema (draft 2020-12) as bench/schema.json uses; an unknown keyword is an error.
type Schema = Record<string, unknown>;

const ANNOTATIONS = ["$schema", "$id", "title", "description", "$defs"];

const isObject = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What JSON Schema calls a value's type; whole numbers are integers too. */
function typesOf(value: unknown): string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number")
    return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  return [typeof value];
}

type Check = (limit: unknown, value: unknown, schema: Schema) => boolean;

/** Keywords that look at the value alone. */
const CHECKS: Record<string, Check> = {
  type: (types, value) => [types].flat().some((type) => typesOf(value).includes(String(type))),
  const: (wanted, value) => value === wanted,
  enum: (values, value) => Array.isArray(values) && values.includes(value),
  minimum: (least, value) => typeof value !== "number" || value >= Number(least),
  required: (names, value) =>
    !isObject(value) || [names].flat().every((name) => Object.hasOwn(value, String(name))),
};

/** Sentences on what does not fit; none where all does. */
export function schemaFaults(root: Schema, value: unknown, schema = root, path = "$"): string[] {
  const faults: string[] = [];
  const inner = (part: unknown, member: unknown, place: string) => {
    if (part === false) faults.push(`${place} is not allowed`);
    else if (isObject(part)) faults.push(...schemaFaults(root, member, part, place));
  };
  for (const [keyword, limit] of Object.entries(schema)) {
    const check = CHECKS[keyword];
    if (check && !check(limit, value, schema)) {
      faults.push(`${path} breaks ${keyword} ${JSON.stringify(limit)}`);
    } else if (keyword === "$ref") {
      const name = String(limit).replace("#/$defs/", "");
      inner(isObject(root.$defs) && root.$defs[name], value, path);
    } else if (keyword === "items" && Array.isArray(value)) {
      for (const [i, member] of value.entries()) inner(limit, member, `${path}[${i}]`);
    } else if (keyword === "properties" && isObject(value) && isObject(limit)) {
      for (const [name, part] of Object.entries(limit)) {
        if (Object.hasOwn(value, name)) inner(part, value[name], `${path}.${name}`);
      }
    } else if (keyword === "additionalProperties" && isObject(value)) {
      const known = isObject(schema.properties) ? Object.keys(schema.properties) : [];
      for (const name of Object.keys(value)) {
        if (!known.includes(name)) inner(limit, value[name], `${path}.${name}`);
      }
    } else if (
      !check &&
      !["items", "properties", "additionalProperties", ...ANNOTATIONS].includes(keyword)
    ) {
      faults.push(`${path}: the keyword ${keyword} is not known here`);
    }
  }
  return faults;
}
