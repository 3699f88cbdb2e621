// The self-test's stored answers are those of the float64 twins. UPDATE_ANSWERS=1 rewrites them:
//   UPDATE_ANSWERS=1 npx vitest run tests/inspect/self_test_answers.test.ts
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { SelfTestCase, SelfTestFamily } from "../../src/inspect/cases/case.ts";
import { FAMILIES } from "../../src/inspect/families.ts";
import { ANSWERS } from "../../src/inspect/self_test_answers.ts";
import { type Answer, type Answers, errorOf, sumsOf } from "../../src/inspect/self_test_sums.ts";
import { ndarray } from "../reference/ndarray.ts";
import type { Expected, Inputs } from "./twins/twin.ts";
import { TWINS } from "./twins/twins.ts";

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const FILE = "src/inspect/self_test_answers.ts";
const isUpdate = process.env.UPDATE_ANSWERS === "1";

/** Eight digits, float32 has seven; whole numbers keep theirs. */
const shortened = (sum: number) => (Number.isInteger(sum) ? sum : Number(sum.toPrecision(8)));

const float64Of = ({ inputs }: SelfTestCase): Inputs =>
  Object.fromEntries(
    Object.entries(inputs()).map(([name, { shape, data }]) => [name, ndarray(shape, data)]),
  );

const answerOf = ({ expected, bound }: Expected): Answer => [
  Number(Math.max(...sumsOf(bound.data)).toPrecision(4)),
  ...sumsOf(expected.data).map(shortened),
];

function answersOf({ family, cases }: SelfTestFamily): Answers[string] {
  const answers = cases.flatMap((one) => {
    const twin = TWINS[family]?.[one.name];
    if (!twin) throw new Error(`tests/inspect/twins: ${family} has no twin of "${one.name}"`);
    const results = Object.entries(twin(float64Of(one)));
    return results.map(([output, of]) => [`${one.name}: ${output}`, answerOf(of)] as const);
  });
  return Object.fromEntries(answers);
}

function rewrite(): void {
  const answers = Object.fromEntries(FAMILIES.map((one) => [one.family, answersOf(one)]));
  const text =
    "// What the self-test's cases must give, from float64: see ./self_test_sums.ts.\n" +
    "//\n// Written by tests/inspect/self_test_answers.test.ts, which says how to rewrite it.\n" +
    'import type { Answers } from "./self_test_sums.ts";\n\n' +
    `export const ANSWERS: Answers = ${JSON.stringify(answers)};\n`;
  writeFileSync(path(FILE), text);
  const biome = path("node_modules/@biomejs/biome/bin/biome");
  execFileSync(process.execPath, [biome, "check", "--write", FILE], { cwd: path("") });
}

describe.runIf(isUpdate)("UPDATE_ANSWERS=1", () => {
  test("the answers are written anew", rewrite);
});

describe.skipIf(isUpdate)("the stored answers are the float64 twins'", () => {
  const rtol = 2e-8; /* of the largest sum: eight digits, the last of which a libm may change */

  test.each(FAMILIES)("$family", (one) => {
    const [stored, expected] = [ANSWERS[one.family] ?? {}, answersOf(one)];
    expect(Object.keys(stored)).toEqual(Object.keys(expected));
    for (const [name, [bound, ...sums]] of Object.entries(expected)) {
      const [storedBound, ...storedSums] = stored[name]!;
      expect(Math.abs(storedBound - bound), name).toBeLessThanOrEqual(1e-3 * bound);
      const allowed = rtol * Math.max(...sums.map(Math.abs));
      expect(storedSums).toHaveLength(sums.length);
      const differences = sums.map((sum, k) => Math.abs(storedSums[k]! - sum));
      expect(Math.max(...differences), name).toBeLessThanOrEqual(allowed);
    }
  });
});

/** 8 ε of float32, as a part of Σ|terms|. */
const ALLOWED = 8 * 2 ** -24;

describe("sums tell results apart", () => {
  const values = Array.from({ length: 300 }, (_, i) => Math.sin(i));
  const answer: Answer = [13 * 19, ...sumsOf(values)];
  const errorWith = (change: (values: number[]) => void) => {
    const changed = [...values];
    change(changed);
    return errorOf(changed, answer);
  };

  test("the same values have no error", () => expect(errorOf(values, answer)).toBe(0));

  test.each([0, 17, 299])("element %i wrong by 1e-3", (i) => {
    const error = errorWith((changed) => {
      changed[i]! += 1e-3;
    });
    expect(error).toBeGreaterThan(ALLOWED);
  });

  test("elements that changed places, next to one another or in the same sum", () => {
    for (const [i, j] of [
      [3, 4],
      [3, 10],
      [0, 299],
    ] as const) {
      const error = errorWith((changed) => {
        [changed[i], changed[j]] = [changed[j]!, changed[i]!];
      });
      expect(error, `${i} and ${j}`).toBeGreaterThan(ALLOWED);
    }
  });

  test("what is not a number, or missing", () => {
    expect(errorWith((changed) => changed.fill(Number.NaN, 7, 8))).toBeNaN();
    expect(errorOf(values.slice(0, 5), answer)).toBeNaN();
    expect(errorWith((changed) => changed.pop())).toBeGreaterThan(ALLOWED);
  });

  test("whole numbers must be exact", () => {
    const exact: Answer = [0, ...sumsOf([2 ** 32 - 1, 7])];
    expect(errorOf([2 ** 32 - 1, 7], exact)).toBe(0);
    expect(errorOf([2 ** 32 - 2, 7], exact)).toBeGreaterThan(ALLOWED);
  });
});
