// Writes src/kernels/generated/ from shaders/: each family's source, cut into its top-level
// declarations, and the type of what every entry point binds. With --check it compares instead, and
// fails where the two differ. Names of families limit it to those: `npm run shaders -- conv2d`.
//
// An entry point is compiled from the declarations it reaches, so that a file may hold entry points
// that need a feature (subgroups) beside others that do not. No offset, size or binding number is
// written by hand anywhere: they are read from the text (src/device/shader_reading.ts), here and at
// run time, and must be what wgsl_reflect says of the file.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { build } from "esbuild";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const shaders = join(root, "shaders");
const generated = join(root, "src/kernels/generated");

/** The compiled package may not be there yet: what reads a file is bundled from the sources. */
async function readingTools() {
  const contents = 'export * from "./shader_text.ts"; export * from "./shader_reading.ts";';
  const stdin = { contents, resolveDir: join(root, "src/device") };
  const { outputFiles } = await build({ stdin, bundle: true, format: "esm", write: false });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const { bareText, declarationsOf, readingOf, withoutMatrices } = await readingTools();

/** What wgsl_reflect says of a binding, as `readingOf` would. */
function bindingOf(family, resource) {
  const { name, binding, type } = resource;
  if (resource.resourceType === 0) {
    const fields = type.members.map((m) => {
      if (!["u32", "i32", "f32"].includes(m.type.name)) {
        throw new Error(
          `${family}: uniform field ${m.name} is ${m.type.name}; use u32, i32 or f32`,
        );
      }
      return { name: m.name, type: m.type.name, offset: m.offset };
    });
    return { name, binding, type: "uniform", size: resource.size, fields };
  }
  const size = resource.size || type.stride || type.format?.size || 4;
  const access = resource.access === "read" ? "read-only-storage" : "storage";
  return { name, binding, type: access, size };
}

/** The package reads its shaders without a parser: here both readings are compared. */
function requireSameReading(family, own, entry) {
  const theirs = entry.resources
    .map((resource) => bindingOf(family, resource))
    .sort((a, b) => a.binding - b.binding);
  const ours = own?.bindings.map(({ elem: _, ...binding }) => binding); // to it elem is its f32
  if (isDeepStrictEqual(ours, theirs)) return;
  console.error(`shaders/${family}.wgsl: ${entry.name} binds`, theirs, "but is read as", ours);
  process.exit(1);
}

/** Node prints the whole of a thrower's source line, and wgsl_reflect's is one of 300 KB. */
function reflect(file, source) {
  try {
    return new WgslReflect(withoutMatrices(source));
  } catch (error) {
    console.error(`shaders/${file}: ${error.message}`);
    process.exit(1);
  }
}

/** The type of what entry points bind. */
function typeOf(entries) {
  const lines = Object.entries(entries).map(([entry, { bindings }]) => {
    const binds = bindings.map(({ name, fields }) => {
      const names = fields?.map((field) => JSON.stringify(field.name)).join(" | ");
      return `${name}: ${names ?? "true"}`;
    });
    return `  ${entry}: { ${binds.join("; ")} };\n`;
  });
  return `{\n${lines.join("")}}`;
}

const quoted = (text) => `\`${text.replace(/[\\`]|\$(?=\{)/g, "\\$&")}\``;

function moduleOf(file) {
  const family = basename(file, ".wgsl");
  const source = readFileSync(join(shaders, file), "utf8");
  const chunks = declarationsOf(bareText(source));
  const { entries } = readingOf({ text: chunks });
  for (const entry of reflect(file, source).entry.compute) {
    requireSameReading(family, entries[entry.name], entry);
  }
  const hash = createHash("sha256")
    .update(`${chunks.join("")}\n`)
    .digest("hex")
    .slice(0, 8); // it tells versions of one file apart
  const declare = (name, type, text) =>
    `\nexport const ${name}: ShaderFamily<${type}> = {\n` +
    `  name: "${family}",\n  hash: "${hash}",\n  text: [${text}],\n};\n`;
  const head =
    `// Generated from shaders/${file} by \`npm run shaders\`. Do not edit.\n` +
    'import type { ShaderFamily } from "../../device/shader.ts";\n\n' +
    `type Binds = ${typeOf(entries)};\n`;
  const forward = forwardOf(family, entries);
  if (forward.length === 0) return head + declare(family, "Binds", quoted(chunks.join("")));
  const shared = new Set(forward.flatMap((entry) => entries[entry].chunks));
  const runs = runsOf(chunks, (i) => shared.has(i));
  const end = runs.findLastIndex(({ isIn }) => isIn) + 1;
  const part = runs
    .slice(0, end)
    .map(({ isIn, text }, i) => (isIn ? `t${i}` : JSON.stringify(text.replace(/[^\n]/g, ""))));
  const picked = forward.map((entry) => JSON.stringify(entry)).join(" | ");
  return (
    head +
    runs.map(({ text }, i) => `\nconst t${i} = ${quoted(text)};\n`).join("") +
    declare(`${family}_forward`, `Pick<Binds, ${picked}>`, part.join(", ")) +
    declare(family, "Binds", runs.map((_, i) => `t${i}`).join(", "))
  );
}

/** The declarations joined, as long as they are all in a set or all are not. */
function runsOf(chunks, isInAt) {
  const runs = [];
  for (const [i, chunk] of chunks.entries()) {
    const last = runs.at(-1);
    if (last?.isIn === isInAt(i)) last.text += chunk;
    else runs.push({ isIn: isInAt(i), text: chunk });
  }
  return runs;
}

/**
 * The entry points of a family that has others to differentiate by: launchers that only evaluate take
 * the family cut down to these, `<family>_forward`, so that a bundler leaves the others away.
 */
function forwardOf(family, entries) {
  if (family.includes("backward")) return [];
  const names = Object.keys(entries);
  const forward = names.filter((name) => !name.includes("backward"));
  return forward.length < names.length ? forward : [];
}

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const files = readdirSync(shaders)
  .filter((name) => name.endsWith(".wgsl"))
  .filter((name) => asked.length === 0 || asked.includes(basename(name, ".wgsl")));
const wanted = new Map(files.map((file) => [`${basename(file, ".wgsl")}.ts`, moduleOf(file)]));

if (process.argv.includes("--check")) {
  const present = readdirSync(generated);
  const stale = [...wanted].filter(
    ([name, text]) =>
      !present.includes(name) || readFileSync(join(generated, name), "utf8") !== text,
  );
  const left = present.filter((name) => !wanted.has(name));
  if (stale.length + left.length > 0) {
    console.error(`bindings are stale: ${[...stale.map(([name]) => name), ...left].join(", ")}.`);
    console.error("Run `npm run shaders` and commit the result.");
    process.exit(1);
  }
} else {
  mkdirSync(generated, { recursive: true });
  for (const name of readdirSync(generated)) {
    if (asked.length === 0 && !wanted.has(name)) rmSync(join(generated, name));
  }
  for (const [name, text] of wanted) writeFileSync(join(generated, name), text);
}
console.log(`${wanted.size} shader families`);
