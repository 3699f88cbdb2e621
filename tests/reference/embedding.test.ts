import { describe, expect, test } from "vitest";
import { centralDifferences, DIFFERENCES, expectAgreement, inner, scattered } from "./agreement.ts";
import { embedding, embeddingBackward } from "./embedding.ts";
import { ndarray } from "./ndarray.ts";

describe("y[n] = table[index_n]", () => {
  const indices = [3, 0, 3, 4]; // one row twice, two rows never
  const table = scattered([5, 3], 1);

  test("gathers rows", () => {
    const rows = embedding(ndarray([3, 2], [1, 2, 3, 4, 5, 6]), [2, 0, 2]);
    expect(rows).toEqual(ndarray([3, 2], [5, 6, 1, 2, 5, 6]));
  });

  test("the table's gradient is a central difference, 0 for rows nobody asked for", () => {
    const dy = scattered([4, 3], 2);
    const expected = centralDifferences(table, (moved) => inner(embedding(moved, indices), dy));
    expectAgreement("dtable", embeddingBackward(dy, indices, 5), expected, DIFFERENCES);
  });
});
