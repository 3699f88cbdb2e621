// Writes the tables of README.md, bench/README.md and tests/README.md from the results in bench/results:
// `npm run tables`. With --check it compares instead, and exits with 1 where a table is not its results'.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelTable, peerTable } from "../bench/peers/report.mjs";
import {
  costliestTable,
  encodingTable,
  figureTable,
  growthTable,
  headlineTable,
  pytorchTable,
} from "./bench_tables.mjs";
import { barrierTable, between, conformanceTable } from "./conformance_tables.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const results = (name) =>
  JSON.parse(readFileSync(join(root, `bench/results/${name}.json`), "utf8"));

const SOFTWARE = ["Node, SwiftShader", "Node, lavapipe"];

/** Every table: its file, its marker there, and its Markdown. */
export function tables() {
  const peers = results("peers-chromium-swiftshader");
  const conformance = results("conformance");
  const steps = results("software-steps");
  const hosts = {
    Node: results("node-swiftshader"),
    Chromium: results("chromium-swiftshader"),
    "Node, lavapipe": results("node-lavapipe"),
    "Node, H100": results("node-h100"),
  };
  return [
    { file: "README.md", marker: "bench", content: headlineTable(peers) },
    { file: "README.md", marker: "conformance", content: conformanceTable(conformance) },
    { file: "bench/README.md", marker: "peers", content: peerTable(peers) },
    {
      file: "bench/README.md",
      marker: "peers-lavapipe",
      content: peerTable(results("peers-node-lavapipe")),
    },
    {
      file: "bench/README.md",
      marker: "peers-kernels",
      content: kernelTable(results("kernels-chromium-swiftshader")),
    },
    { file: "bench/README.md", marker: "costliest", content: costliestTable(steps, SOFTWARE) },
    { file: "bench/README.md", marker: "encoding", content: encodingTable(steps) },
    { file: "bench/README.md", marker: "figures", content: figureTable(hosts) },
    { file: "bench/README.md", marker: "growth", content: growthTable(results("growth-lavapipe")) },
    { file: "bench/README.md", marker: "pytorch", content: pytorchTable(results("h100-steps")) },
    { file: "tests/README.md", marker: "barriers", content: barrierTable(conformance) },
  ];
}

/** A file's text with the table in it. */
export const withTable = ({ file, marker, content }) =>
  between(readFileSync(join(root, file), "utf8"), marker, content);

const isMain = process.argv[1] === fileURLToPath(import.meta.url);
for (const table of isMain ? tables() : []) {
  const path = join(root, table.file);
  const text = withTable(table);
  if (text === readFileSync(path, "utf8")) continue;
  if (process.argv.includes("--check")) {
    console.error(`${table.file}: the table "${table.marker}" is stale: run \`npm run tables\`.`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
    console.log(`${table.file}: ${table.marker}`);
  }
}
