// `bench diff`: two files of `bench --json` compared; exit code 1 where something became slower.
import { Command } from "commander";
import { type BenchDiff, type BenchFile, benchDiff, type Ratio } from "../bench/diff.ts";
import { DeviceError, FileError } from "../core/errors.ts";
import { parseJsonObject } from "../formats/json.ts";
import { readBytes } from "../platform/files.ts";
import { numberOption, printResult } from "./console.ts";
import { columns } from "./inspect_tables.ts";

interface Options {
  factor: number;
  json?: boolean;
}

const FACTOR = 1.1;

export const benchDiffCommand = (): Command =>
  new Command("diff")
    .description("Compare two results; fail where B is slower than A by more than a factor.")
    .argument("<a>", "JSON that bench wrote: before")
    .argument("<b>", "after")
    .option(
      "--factor <x>",
      "above it a ratio is a regression",
      numberOption("1 or more", (x) => x >= 1),
      FACTOR,
    )
    .option("--json", "print one JSON object")
    .exitOverride()
    .action(run);

async function run(a: string, b: string, _: Options, command: Command): Promise<void> {
  const { factor, json } = command.optsWithGlobals<Options>();
  const diff = benchDiff(await benchFile(a), await benchFile(b), factor);
  printResult(json, diff, linesOf(diff));
  requireNoRegression(diff, factor);
}

/** @throws FileError file/json for what is no result of bench */
async function benchFile(path: string): Promise<BenchFile> {
  const json = parseJsonObject(new TextDecoder().decode(await readBytes(path)), path);
  if (json.schema === 1 && Array.isArray(json.results)) return json as unknown as BenchFile;
  throw new FileError(
    "file/json",
    `${path}: it must be a result of bench, of schema 1.`,
    "Write one with `bench --json FILE`; bench/schema.json says what it holds.",
  );
}

/** @throws DeviceError bench/regression, which names what became slower or larger */
export function requireNoRegression({ regressions }: BenchDiff, factor: number): void {
  if (regressions.length === 0) return;
  const what = regressions.map(({ suite, name, ratio, unit }) => {
    return `${suite} ${name} ${ratio.toFixed(2)} times the ${unit}`;
  });
  throw new DeviceError(
    "bench/regression",
    `bench diff: ${regressions.length} regressions above a factor of ${factor}: ${what.join(", ")}.`,
    "Measure again on an idle machine; if it stays, the change between the two is the cause.",
  );
}

export function linesOf({ differences, ratios, unpaired }: BenchDiff): string[] {
  const number = (value: number, unit: Ratio["unit"]) =>
    unit === "ms" ? value.toFixed(2) : String(value);
  const rows = ratios.map(
    ({ suite, name, engine, unit, a, b, ratio, interval, basis, verdict }) => [
      `${suite} ${name}, ${engine}`,
      `${number(a, unit)} ${unit}`,
      `${number(b, unit)} ${unit}`,
      ratio.toFixed(3),
      interval ? `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}` : "–",
      basis,
      verdict,
    ],
  );
  return [
    ...differences.map((difference) => `not the same in both: ${difference}`),
    ...columns([["", "A", "B", "B / A", "95 %", "from", ""], ...rows]),
    ...unpaired.map((name) => `in one of them only: ${name}`),
  ];
}
