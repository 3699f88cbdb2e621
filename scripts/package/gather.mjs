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

/** What a page imports from the main door, by the module that its texts move to; each adds to the one before. */
const PAGES = {
  sampling: "{ DiffusionModel, Gpu, sample }",
  training: "{ DiffusionModel, Gpu, presetFor, sample, Trainer }",
};

/**
 * @param root   the package's, dist/ compiled and its WGSL squeezed
 * @param doors  files, "./dist/….js"
 */
export async function gatherTexts(root, doors) {
  for (const [module, names] of Object.entries(PAGES)) await gather(root, module, names);
  for (const door of doors) await nameFirst(root, door);
}

async function gather(root, module, names) {
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
  if (pieces.size === 0) return; // they have moved before
  const declared = inOrder(pieces).map((name) => `export const ${name} = ${pieces.get(name)};\n`);
  writeFileSync(join(root, "dist", GENERATED, `${module}.js`), declared.join(""));
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
  const modules = Object.keys(PAGES).filter((name) =>
    inputs.includes(`dist/${GENERATED}/${name}.js`),
  );
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

/** The names of texts: from the longest, always the one that gains most by what stands before it. */
function inOrder(texts) {
  const size = (text, dictionary) => deflateRawSync(text, { level: 9, dictionary }).length;
  const alone = new Map([...texts].map(([name, text]) => [name, size(text)]));
  const left = [...texts.keys()].sort((a, b) => texts.get(b).length - texts.get(a).length);
  const order = left.splice(0, 1);
  while (left.length > 0) {
    const before = order.map((name) => texts.get(name)).join("\n");
    const dictionary = Buffer.from(before).subarray(-WINDOW);
    const gains = left.map((name) => alone.get(name) - size(texts.get(name), dictionary));
    order.push(...left.splice(gains.indexOf(Math.max(...gains)), 1));
  }
  return order;
}
