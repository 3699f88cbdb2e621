import { describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { batchImages, type ImagePart } from "../../src/kernels/batch_images.ts";
import { initialState, packLevels, qSample } from "../../src/kernels/diffusion.ts";
import { ndarray } from "../reference/ndarray.ts";
import { evaluate, type Input } from "../support/gpu.ts";

const u32 = (shape: number[], values: ArrayLike<number>): Input => ({
  ...ndarray(shape, values),
  dtype: "u32",
});

const IMAGE = [3, 5, 3] as const; // 45 bytes: no two images of a batch begin in a word alike
const SIZE = 45;
const COUNT = 7;
const bytes = Uint8Array.from({ length: COUNT * SIZE }, (_, i) => (i * i + 3 * i) % 253);
const ORDER = [6, 0, 3, 3, 5, 1];

/** Images from `first` on, packed. */
function packed(first: number, count: number): Input {
  const words = new Uint32Array(Math.ceil((count * SIZE) / 4));
  new Uint8Array(words.buffer).set(bytes.subarray(first * SIZE, (first + count) * SIZE));
  return u32([words.length], words);
}

interface Asked {
  /** images in each part */
  parts: readonly number[];
  flip?: boolean;
  randomCrop?: number;
  order?: readonly number[];
  firstImage?: number;
  step?: number;
}

function inputsOf({ parts, order = ORDER, firstImage = 0, step = 11 }: Asked) {
  const firsts = parts.map((_, k) => parts.slice(0, k).reduce((sum, count) => sum + count, 0));
  const stored = Object.fromEntries(
    parts.map((count, k) => [`part${k}`, packed(firsts[k]!, count)] as const),
  );
  const state = u32([8], initialState(5, { step, firstImage }));
  const inputs: Record<string, Input> = { state, order: u32([1, order.length], order), ...stored };
  const partsOf = (tensors: Record<string, Tensor>): ImagePart[] =>
    parts.map((count, k) => ({ images: tensors[`part${k}`]!, first: firsts[k]!, count }));
  return { inputs, partsOf };
}

const gather = (
  graph: Graph,
  tensors: Record<string, Tensor>,
  parts: ImagePart[],
  asked: Asked,
) => {
  const { flip = false, randomCrop = 0, order = ORDER } = asked;
  const shape = [order.length, ...IMAGE];
  const { state, order: places } = tensors as Record<"state" | "order", Tensor>;
  return batchImages(graph, { state, order: places, parts }, { shape, flip, randomCrop });
};

/** The bytes of the batch. */
async function batchOf(asked: Asked): Promise<number[]> {
  const { inputs, partsOf } = inputsOf(asked);
  const { batch } = await evaluate(inputs, (graph, tensors) => ({
    batch: gather(graph, tensors, partsOf(tensors), asked),
  }));
  const words = Uint32Array.from(batch.data);
  return [...new Uint8Array(words.buffer)].slice(0, (asked.order ?? ORDER).length * SIZE);
}

describe("batch_images.gather", () => {
  test("unchanged, the batch is the images in its order, bytes for bytes", async () => {
    const expected = ORDER.flatMap((n) => [...bytes.subarray(n * SIZE, (n + 1) * SIZE)]);
    expect(await batchOf({ parts: [COUNT] })).toEqual(expected);
  });

  test("what comes of a batch does not depend on how the data are parted", async () => {
    const changes = { flip: true, randomCrop: 2 };
    const whole = await batchOf({ parts: [7], ...changes });
    for (const parts of [
      [1, 6],
      [3, 3, 1],
      [1, 1, 1, 1, 1, 1, 1],
    ]) {
      expect(await batchOf({ parts, ...changes }), `${parts}`).toEqual(whole);
    }
  });

  test("nor on how the images of a step are batched", async () => {
    const changes = { parts: [4, 3], flip: true, randomCrop: 2 };
    const whole = await batchOf(changes);
    const first = await batchOf({ ...changes, order: ORDER.slice(0, 2) });
    const rest = await batchOf({ ...changes, order: ORDER.slice(2), firstImage: 2 });
    expect([...first, ...rest]).toEqual(whole);
  });

  test("other steps change the same image otherwise, the same step alike", async () => {
    const order = new Array(6).fill(2);
    const changes = { parts: [7], order, flip: true, randomCrop: 2 };
    const [a, b, again] = [
      await batchOf(changes),
      await batchOf({ ...changes, step: 12 }),
      await batchOf(changes),
    ];
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
    const images = Array.from({ length: 6 }, (_, n) => a.slice(n * SIZE, (n + 1) * SIZE).join());
    expect(new Set(images).size).toBeGreaterThan(3);
  });

  test("noised after gathering, an unchanged batch has the same bits as from the data", async () => {
    const { inputs, partsOf } = inputsOf({ parts: [7] });
    const levels = ndarray([4, 5], packLevels([0.9, 0.5, 0.2, 0.01], { target: "epsilon" }));
    const rows = u32([1, ORDER.length], [...ORDER.keys()]);
    const shape = [ORDER.length, ...IMAGE];
    const { direct, through } = await evaluate({ ...inputs, levels, rows }, (graph, tensors) => {
      const { state, order, levels, rows } = tensors as Record<string, Tensor> &
        Record<"state" | "order" | "levels" | "rows", Tensor>;
      const parts = partsOf(tensors);
      const images = gather(graph, tensors, parts, { parts: [7] });
      const given = { state, levels };
      return {
        direct: qSample(graph, { ...given, order, images: parts[0]!.images }, { shape }).xt,
        through: qSample(graph, { ...given, order: rows, images }, { shape }).xt,
      };
    });
    expect(through.data).toEqual(direct.data);
  });
});
