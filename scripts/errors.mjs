// Writes the README's table of errors: every code that src/ throws and its class, from the sources; the
// words beside them are kept. With --check it compares instead. `npm run errors`.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const KINDS = "bench|checkpoint|device|option|shape|file|safetensors|train";
const ROW = /^\| `([a-z]+\/[a-z0-9-]+)` \| (\w+) \| (.*) \|$/gm;

/** code → the classes it is thrown with where both stand together; none where a variable stands between. */
function thrown() {
  const found = new Map();
  for (const name of readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts")) continue;
    const text = readFileSync(`${root}src/${name}`, "utf8");
    for (const [, code] of text.matchAll(new RegExp(`["\`]((?:${KINDS})/[a-z0-9-]+)["\`]`, "g"))) {
      if (!found.has(code)) found.set(code, new Set());
    }
    const pattern = new RegExp(`new (\\w+Error)\\(\\s*"((?:${KINDS})/[a-z0-9-]+)"`, "g");
    for (const [, kind, code] of text.matchAll(pattern)) found.get(code).add(kind);
  }
  return found;
}

const path = `${root}README.md`;
const text = readFileSync(path, "utf8");
const old = new Map(
  [...text.matchAll(ROW)].map(([, code, kind, words]) => [code, { kind, words }]),
);
const rows = [...thrown()]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([code, kinds]) => {
    const { kind, words } = old.get(code) ?? {};
    if (!words)
      throw new Error(`README.md: say when ${code} is thrown: | \`${code}\` | … | when |`);
    if (kinds.size > 1) throw new Error(`${code} is thrown as ${[...kinds].join(" and as ")}`);
    return `| \`${code}\` | ${[...kinds][0] ?? kind} | ${words} |`;
  });
const first = text.search(ROW);
const after = [...text.matchAll(ROW)].at(-1);
const written = text.slice(0, first) + rows.join("\n") + text.slice(after.index + after[0].length);

if (!process.argv.includes("--check")) writeFileSync(path, written);
else if (written !== text) {
  console.error("README.md: the table of errors is stale. Run `npm run errors`.");
  process.exit(1);
}
