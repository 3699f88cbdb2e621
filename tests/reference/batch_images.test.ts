import { describe, expect, test } from "vitest";
import { changed, changeOf } from "./batch_images.ts";
import { ndarray } from "./ndarray.ts";

const image = ndarray([1, 2, 4], [0, 1, 2, 3, 10, 11, 12, 13]);
const of = (change: Partial<Parameters<typeof changed>[1]>) => [
  ...changed(image, { isMirrored: false, down: 0, across: 0, ...change }).data,
];

describe("the twin of mirroring and shifting", () => {
  test("by nothing, it is the image; mirrored twice, too", () => {
    expect(of({})).toEqual([...image.data]);
    expect(of({ isMirrored: true })).toEqual([3, 2, 1, 0, 13, 12, 11, 10]);
  });

  test("shifted, the edges are reflected and not repeated", () => {
    expect(of({ across: 2 })).toEqual([2, 3, 2, 1, 12, 13, 12, 11]);
    expect(of({ across: -3 })).toEqual([3, 2, 1, 0, 13, 12, 11, 10]);
    expect(of({ down: 1 })).toEqual([10, 11, 12, 13, 0, 1, 2, 3]);
    expect(of({ down: -1 })).toEqual([10, 11, 12, 13, 0, 1, 2, 3]);
  });

  test("the image is shifted first, then mirrored", () => {
    expect(of({ isMirrored: true, across: 1 })).toEqual([2, 3, 2, 1, 12, 13, 12, 11]);
  });

  test("half of the images are mirrored, and all shifts are as likely", () => {
    const place = { key: [1, 2] as const, stream: 6, step: 3 };
    const changes = Array.from({ length: 9000 }, (_, n) =>
      changeOf(n, place, { flip: true, randomCrop: 4 }),
    );
    const mirrored = changes.filter(({ isMirrored }) => isMirrored).length;
    expect(Math.abs(mirrored - 4500)).toBeLessThan(4 * Math.sqrt(9000 / 4)); // 4 standard deviations
    for (let shift = -4; shift <= 4; shift++) {
      for (const axis of ["down", "across"] as const) {
        const count = changes.filter((change) => change[axis] === shift).length;
        expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(1000));
      }
    }
  });
});
