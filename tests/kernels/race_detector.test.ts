// The detector that the kernels are held to, on kernels of which it is plain whether they race.
import { expect, test } from "vitest";
import { detectRaces } from "../support/interpreter.ts";

const racesIn = (body: string): number => {
  const code = `
    @group(0) @binding(0) var<storage, read_write> out: array<u32>;
    var<workgroup> shared_words: array<u32, 8>;
    var<workgroup> pairs: array<vec2u, 4>;
    var<workgroup> count: atomic<u32>;

    @compute @workgroup_size(4)
    fn main(@builtin(local_invocation_index) lane: u32) {
      ${body}
    }`;
  const { races, errors } = detectRaces(code, "main", [1, 1, 1], { 0: { 0: new Uint32Array(8) } });
  expect(errors).toEqual([]);
  return races.length;
};

const NEIGHBOUR = "out[lane] = shared_words[(lane + 1u) % 4u];";

test.each([
  ["each lane its own word", "shared_words[lane] = lane;"],
  ["all read one", "out[lane] = shared_words[0];"],
  ["a neighbour's, after a barrier", `shared_words[lane] = lane; workgroupBarrier(); ${NEIGHBOUR}`],
  ["all add to one atomically", "atomicAdd(&count, 1u);"],
  ["pairs that lie side by side", "pairs[lane] = vec2u(lane);"],
])("no race: %s", (_, body) => {
  expect(racesIn(body)).toBe(0);
});

test.each([
  ["all write one word", "shared_words[0] = lane;", 1],
  ["one word in storage", "out[2] = lane;", 1],
  ["a neighbour's", `shared_words[lane] = lane; ${NEIGHBOUR}`, 4],
  ["read, then a neighbour's written", `${NEIGHBOUR} shared_words[lane] = lane;`, 4],
  [
    "written again before all have read",
    `workgroupBarrier(); ${NEIGHBOUR} shared_words[lane] = 1u;`,
    4,
  ],
  [
    "a pair and a number of it, which counts as the pair",
    "if (lane == 0u) { pairs[1] = vec2u(); } if (lane == 1u) { pairs[1].y = 1u; }",
    2,
  ],
])("a race: %s", (_, body, words) => {
  expect(racesIn(body)).toBe(words);
});
