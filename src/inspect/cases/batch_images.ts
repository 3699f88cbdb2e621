// Self-test cases of gathering a batch: from two parts, as the images are, and changed.
import { type Augmentation, batchImages } from "../../kernels/batch_images.ts";
import { initialState, STATE_SHAPE } from "../../kernels/diffusion.ts";
import { type SelfTestFamily, selfTestCase, words } from "./case.ts";
import { PLACE } from "./diffusion.ts";

/** Shape of a batch, whose images do not begin at words. */
export const GATHERED = [6, 2, 5, 7] as const;

/** Images in each part of the data. */
export const PARTS = [3, 2] as const;

/** Two rows; the step takes the second. */
export const GATHER_ORDER = [0, 0, 0, 0, 0, 0, 4, 0, 2, 3, 1, 0];

export const CHANGES: Readonly<Record<string, Augmentation>> = {
  unchanged: { flip: false, randomCrop: 0 },
  "mirrored and shifted": { flip: true, randomCrop: 4 },
};

/** The bytes of a part, packed. */
function part(first: number, count: number) {
  const [, C, H, W] = GATHERED;
  const size = C * H * W;
  const bytes = Uint8Array.from({ length: 4 * Math.ceil((count * size) / 4) }, (_, i) => {
    const at = first * size + i;
    return (at * at + 7 * at) % 251;
  });
  const packed = new Uint32Array(bytes.buffer);
  return words([packed.length], packed);
}

export const batchImagesFamily: SelfTestFamily = {
  family: "batch_images",
  cases: Object.entries(CHANGES).map(([name, changes]) =>
    selfTestCase({
      name,
      inputs: () => ({
        state: words(STATE_SHAPE, initialState(PLACE.seed, PLACE)),
        order: words([2, GATHERED[0]], GATHER_ORDER),
        first: part(0, PARTS[0]),
        second: part(PARTS[0], PARTS[1]),
      }),
      launch: (graph, { state, order, first, second }) => {
        const parts = [
          { images: first, first: 0, count: PARTS[0] },
          { images: second, first: PARTS[0], count: PARTS[1] },
        ];
        const shape = GATHERED;
        return { batch: batchImages(graph, { state, order, parts }, { shape, ...changes }) };
      },
    }),
  ),
};
