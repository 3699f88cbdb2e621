// Where parameters lie: those that one product multiplies, row after row.
import { describe, expect, test } from "vitest";
import { homeOf } from "../../src/graph/tensor.ts";
import { Weights, weightsLike } from "../../src/nn/weights.ts";

/** Three layers of 3, 5 and 2 outputs, with one of 7 between that lies alone. */
function stacked(): Weights {
  const weights = new Weights("w");
  const start = { constant: 0 };
  for (const [name, out] of [
    ["a", 3],
    ["alone", 7],
    ["b", 5],
    ["c", 2],
  ] as const) {
    const stack = name === "alone" ? undefined : "s";
    weights.declare({ name, shape: [out, 10], start, stack }, [out, 10, 1, 1]);
  }
  return weights;
}

const offsetOf = (weights: Weights, name: string) => homeOf(weights.tensor(name)).offset;

describe("parameters of one stack", () => {
  test("lie in the order of their declaration, with nothing between", () => {
    const weights = stacked().place();
    expect(weights.tensor("s").shape).toEqual([10, 10, 1, 1]);
    const first = offsetOf(weights, "s");
    const rows = ["a", "b", "c"].map((name) => (offsetOf(weights, name) - first) / 40);
    expect(rows).toEqual([0, 3, 8]);
    expect(rows).toEqual(["a", "b", "c"].map((name) => weights.rowOf(weights.specs.get(name)!)));
  });

  test("are saved under their own names, in the order of the network", () => {
    const weights = stacked().place();
    expect([...weights.specs.keys()]).toEqual(["a", "alone", "b", "c"]);
    expect(weights.count).toBe(170);
    expect(weights.tensors.map(({ label }) => label)).toEqual(["s", "alone"]);
  });

  test("lie alike in another set", () => {
    const weights = stacked().place();
    const other = weightsLike(weights, "other");
    for (const name of ["s", "a", "alone", "b", "c"]) {
      expect(offsetOf(other, name)).toBe(offsetOf(weights, name));
      expect(other.tensor(name).shape).toEqual(weights.tensor(name).shape);
    }
  });

  test("have no place before all are declared", () => {
    const weights = stacked();
    expect(weights.isPlaced).toBe(false);
    expect(weights.tensor("s").shape).toEqual([10, 10, 1, 1]);
    expect(() => offsetOf(weights, "a")).toThrow("a: has no fixed place");
    expect(weights.place().isPlaced).toBe(true);
  });
});
