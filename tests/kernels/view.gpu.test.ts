import { describe, expect, test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { ResidentBuffer, writeTensor } from "../../src/graph/tensor.ts";
import { draw, pictureOf } from "../../src/kernels/view.ts";
import { VIEWS, type View, Views } from "../../src/samplers/views.ts";
import { scattered } from "../reference/agreement.ts";
import { mapArray, type NdArray } from "../reference/ndarray.ts";
import { picture } from "../reference/view.ts";
import { testGpu } from "../support/gpu.ts";
import { textureBytes } from "../support/texture.ts";

const SCALES: Record<View, number> = { x: 1 / 2, x0Hat: 1 / 2, epsHat: 1 / 6 };

/** Bytes of the twin's picture, without what pads its rows. */
function expectedBytes(images: NdArray, scale: number): Uint8Array {
  const { width, height } = pictureOf(images.shape);
  const pixels = picture(images, { scale, stride: width });
  expect(pixels).toHaveLength(width * height);
  return new Uint8Array(Uint32Array.from(pixels).buffer);
}

describe("a texture's pixel = round(255 · clamp(scale · x + ½, 0, 1)) of images side by side", () => {
  test.each([[[1, 1, 1, 1]], [[5, 3, 5, 7]], [[3, 1, 32, 33]], [[2, 3, 16, 40]]])(
    "%j",
    async (shape) => {
      const gpu = await testGpu();
      const buffer = new ResidentBuffer("images");
      const add = (view: View) => [view, buffer.add(shape, view)] as const;
      const tensors = { ...Object.fromEntries(VIEWS.map(add)) } as Record<
        View,
        ReturnType<typeof add>[1]
      >;
      buffer.allocate(gpu);
      const views = new Views(gpu, tensors);
      for (const [i, view] of VIEWS.entries()) {
        const images = mapArray(scattered(shape, i), (value) => 3 * value);
        writeTensor(gpu, tensors[view], Float32Array.from(images.data));
        const actual = await textureBytes(gpu, await views.texture(view));
        const expected = expectedBytes(images, SCALES[view]);
        expect(actual).toHaveLength(expected.length);
        // a float32 sum may fall on the other side of a half, at one number in ten thousand
        const wrong = actual.filter((byte, k) => byte !== expected[k]);
        expect(wrong.length).toBeLessThanOrEqual(1);
        for (const [k, byte] of actual.entries()) {
          expect(Math.abs(byte - expected[k]!)).toBeLessThanOrEqual(1);
        }
      }
      views.dispose();
      buffer.destroy(gpu);
    },
  );

  test("pictures of two channels are refused", () => {
    const graph = new Graph();
    const images = graph.alloc([2, 2, 4, 4], "x");
    const pixels = graph.alloc([1], "pixels", "u32");
    expect(() => draw(graph, { images }, {}, pixels)).toThrow(
      "view: needs 1 or 3 channels, got C = 2 of [2, 2, 4, 4]. Read the numbers back instead.",
    );
  });
});
