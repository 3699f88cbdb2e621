// Writes src/kernels/generated/ from shaders/: each family's source, cut into its top-level
// declarations, and what every entry point binds. With --check it compares instead, and fails where
// the two differ. Names of families limit it to those: `npm run shaders -- conv2d`.
//
// An entry point is compiled from the declarations it reaches, so that a file may hold entry points
// that need a feature (subgroups) beside others that do not. No offset, size or binding number is
// written by hand anywhere: they come from wgsl_reflect's reading of the file.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const shaders = join(root, "shaders");
const generated = join(root, "src/kernels/generated");

/** The compiled package may not be there yet: what cuts a file is read as it lies. */
async function textTools() {
  const file = join(root, "src/device/shader_text.ts");
  const options = { compilerOptions: { module: "esnext", target: "es2022" } };
  const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), options);
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

const { declarationsOf, nameOf, reach, settingsOf, usesSubgroups } = await textTools();

/** Whether a binding's type is the alias `elem`, or a vector of it: a half where a variant says so. */
const isElem = (chunk) => /:\s*array<elem4?>/.test(chunk);

function bindingOf(family, chunks, resource) {
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
  const chunk = chunks.find((one) => nameOf(one) === name);
  return { name, binding, type: access, size, ...(isElem(chunk) && { elem: true }) };
}

function entryOf(family, chunks, entry) {
  const reached = reach(chunks, entry.name);
  const text = reached.map((i) => chunks[i]).join("");
  const attribute = entry.attributes.find(({ name }) => name === "workgroup_size").value;
  const sizes = [attribute].flat().map((size) => (/^\d+$/.test(size) ? Number(size) : size));
  return {
    workgroupSize: [...sizes, 1, 1].slice(0, 3),
    chunks: reached,
    subgroups: usesSubgroups(text),
    bindings: entry.resources
      .map((resource) => bindingOf(family, chunks, resource))
      .sort((a, b) => a.binding - b.binding),
  };
}

/** Node prints the whole of a thrower's source line, and wgsl_reflect's is one of 300 KB. */
function reflect(file, source) {
  try {
    return new WgslReflect(source);
  } catch (error) {
    console.error(`shaders/${file}: ${error.message}`);
    process.exit(1);
  }
}

function moduleOf(file) {
  const family = basename(file, ".wgsl");
  const source = readFileSync(join(shaders, file), "utf8");
  const chunks = declarationsOf(source);
  const entries = {};
  for (const entry of reflect(file, source).entry.compute) {
    entries[entry.name] = entryOf(family, chunks, entry);
  }
  const hash = createHash("sha256")
    .update(`${chunks.join("")}\n`)
    .digest("hex")
    .slice(0, 16);
  const value = { name: family, hash, settings: settingsOf(chunks), entries, chunks };
  return (
    `// Generated from shaders/${file} by \`npm run shaders\`. Do not edit.\n` +
    'import type { ShaderFamily } from "../../device/shader.ts";\n\n' +
    `export const ${family} = ${JSON.stringify(value, null, 1)} as const satisfies ShaderFamily;\n`
  );
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
