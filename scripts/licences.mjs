// Writes THIRD-PARTY.md: every package that an installation brings, and its licence, as
// package-lock.json has them. With --check it compares, and fails where the two differ or where a
// licence is not among those that ask for no more than their text: `npm run licences`.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const path = fileURLToPath(new URL("THIRD-PARTY.md", root));
const { packages } = JSON.parse(readFileSync(new URL("package-lock.json", root), "utf8"));
const FREE = ["MIT", "ISC", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "BlueOak-1.0.0"];
const SHARP = /^@img\/sharp/; // sharp's binaries, one a system: libvips is LGPL, linked at run time

const brought = Object.entries(packages).flatMap(([at, { dev, peer, devOptional, ...rest }]) => {
  if (!at || dev || devOptional || peer) return [];
  return [{ name: at.replace(/^.*node_modules\//, ""), ...rest }];
});

const strange = brought.filter(
  ({ name, license }) => !SHARP.test(name) && !FREE.some((free) => license === free),
);
const rows = brought
  .filter(({ name }) => !SHARP.test(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1))
  .map(({ name, version, license, optional }) => {
    return `| \`${name}\` | ${version} | ${license} | ${optional ? "optional" : "always"} |`;
  });
const text = `# Third parties

What \`npm install wgsl-diffusion\` brings beside this package, written by \`npm run licences\` from
package-lock.json. A page that only trains and samples loads none of it.

| package | version | licence | installed |
|---|---|---|---|
${[...new Set(rows)].join("\n")}

\`sharp\`, where the system has binaries of it, brings them as \`@img/sharp-*\`: Apache-2.0, and libvips
under LGPL-3.0-or-later as a library of its own, which may be replaced.

Fashion-MNIST, in \`data/\`: Zalando SE, MIT.
`;

if (strange.length > 0) {
  console.error(`licences to look at: ${strange.map((one) => `${one.name} ${one.license}`)}`);
  process.exit(1);
}
if (!process.argv.includes("--check")) writeFileSync(path, text);
else if (readFileSync(path, "utf8") !== text) {
  console.error("THIRD-PARTY.md is stale: run `npm run licences` and commit the result.");
  process.exit(1);
}
