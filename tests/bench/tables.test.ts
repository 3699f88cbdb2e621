// The tables of the READMEs are those of bench/results.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

interface Table {
  file: string;
  marker: string;
  content: string;
}

const script: string = "../../scripts/tables.mjs"; // JavaScript: it has no types
const { tables, withTable }: { tables(): Table[]; withTable(table: Table): string } = await import(
  script
);

describe("a table in a README is what its results say [npm run tables]", () => {
  test.each(tables())("$file: $marker", (table) => {
    const text = readFileSync(new URL(`../../${table.file}`, import.meta.url), "utf8");
    expect(withTable(table)).toBe(text);
  });

  test("a result that changes makes it stale", () => {
    const [table] = tables();
    const changed = { ...table!, content: table!.content.replace(/\d/, "9.") };
    expect(withTable(changed)).not.toBe(withTable(table!));
  });
});
