// Moves the WGSL that every page carries which samples, or trains, into one module each of
// dist/kernels/generated/, in an order in which texts that say alike stand together: gzip looks back 32 KB,
// and the code between them would push them apart. Bundlers leave out the constants that nothing uses.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { build } from "esbuild";

const WINDOW = 32768;
const GENERATED = "kernels/generated";
const TEXT = /`[^`]*`/g;

/**
 * What a page imports from the main door, by the module that its texts move to. Each adds to the one
 * before, and stands above it in bundles.
 */
const PAGES = {
  sampling: "{ DiffusionModel, Gpu, sample }",
  training: "{ DiffusionModel, Gpu, presetFor, sample, Trainer }",
};

/**
 * @param root   the package's, dist/ compiled and its WGSL squeezed
 * @param doors  files, "./dist/….js"
 */
export async function gatherTexts(root, doors) {
  let below = "";
  for (const [module, names] of Object.entries(PAGES)) {
    below = (await gather(root, { module, names, below })) + below;
  }
  for (const door of doors) await nameFirst(root, door);
}

/** @returns the module's text */
async function gather(root, { module, names, below }) {
  const { code: page, inputs } = await bundleOf(root, `export ${names} from "./dist/index.js"`);
  const families = inputs.map((input) => /generated\/(\w+)\.js$/.exec(input)?.[1]);
  const pieces = new Map();
  for (const family of families.filter((name) => name && !Object.hasOwn(PAGES, name))) {
    const file = join(root, "dist", GENERATED, `${family}.js`);
    const code = readFileSync(file, "utf8");
    const texts = (code.match(TEXT) ?? []).filter((text) => page.includes(text));
    const moved = texts.map((text, i) => [`${family}_${i}`, text]);
    for (const [name, text] of moved) pieces.set(name, text);
    writeFileSync(
      file,
      moved.reduce((rest, one) => importing(rest, module, one), code),
    );
  }
  const file = join(root, "dist", GENERATED, `${module}.js`);
  if (pieces.size === 0) return readFileSync(file, "utf8"); // they have moved before
  const text = inOrder(pieces, below.slice(0, WINDOW))
    .map((name) => `export const ${name} = ${pieces.get(name)};\n`)
    .join("");
  writeFileSync(file, text);
  return text;
}

/** A family's module that takes one of its texts from another module. */
function importing(code, module, [name, text]) {
  const own = /^const (\w+) = $/m.exec(code.slice(0, code.indexOf(text)).split("\n").at(-1))?.[1];
  const rest = own ? code.replace(`const ${own} = ${text};\n`, "") : code.replace(text, () => name);
  return `import { ${own ? `${name} as ${own}` : name} } from "./${module}.js";\n${rest}`;
}

/** Bundles keep the order of imports: a door names its texts first, so that they stand together. */
async function nameFirst(root, door) {
  const { inputs } = await bundleOf(root, `export * from "${door}"`);
  const file = join(root, door);
  const modules = Object.keys(PAGES)
    .toReversed()
    .filter((name) => inputs.includes(`dist/${GENERATED}/${name}.js`));
  const lines = modules.map((name) => {
    const text = readFileSync(join(root, "dist", GENERATED, `${name}.js`), "utf8");
    const first = /^export const (\w+)/.exec(text)?.[1];
    return `import { ${first} as ${name} } from "./${GENERATED}/${name}.js"; // for its place in bundles\n`;
  });
  const code = readFileSync(file, "utf8");
  if (!code.startsWith(lines.join(""))) writeFileSync(file, lines.join("") + code);
}

/** A bundle of dist/'s modules, and the files that it was made of. */
async function bundleOf(root, contents) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    stdin: { contents, resolveDir: root },
    bundle: true,
    packages: "external",
    external: ["node:*"],
    format: "esm",
    metafile: true,
    write: false,
  });
  const [{ inputs }] = Object.values(metafile.outputs);
  return { code: outputFiles[0].text, inputs: Object.keys(inputs) };
}

/** The names of texts, the longest first, each put where deflate makes the whole with what stands below smallest. */
function inOrder(texts, below) {
  const sizeOf = (order) => {
    const all = [...order.map((name) => texts.get(name)), below].join("\n");
    return deflateRawSync(all).length;
  };
  let order = [];
  const byLength = (a, b) => texts.get(b).length - texts.get(a).length;
  for (const name of [...texts.keys()].sort(byLength)) {
    const orders = Array.from({ length: order.length + 1 }, (_, at) =>
      order.toSpliced(at, 0, name),
    );
    const sizes = orders.map(sizeOf);
    order = orders[sizes.indexOf(Math.min(...sizes))];
  }
  return order;
}
