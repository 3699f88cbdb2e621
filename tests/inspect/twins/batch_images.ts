// Twins of src/inspect/cases/batch_images.ts: bytes, as the definition moves them.
import { seedWords } from "../../../src/core/philox.ts";
import { CHANGES, GATHERED, PARTS } from "../../../src/inspect/cases/batch_images.ts";
import { PLACE } from "../../../src/inspect/cases/diffusion.ts";
import type { Augmentation } from "../../../src/kernels/batch_images.ts";
import { STREAMS } from "../../../src/kernels/diffusion.ts";
import { changed, changeOf } from "../../reference/batch_images.ts";
import { type NdArray, ndarray } from "../../reference/ndarray.ts";
import { whole } from "./diffusion.ts";
import type { Inputs, Twins } from "./twin.ts";

const [N, C, H, W] = GATHERED;
const size = C * H * W;

/** All images of both parts. */
function dataOf({ first, second }: Inputs): NdArray[] {
  return [first!, second!].flatMap(({ data }, part) => {
    const bytes = new Uint8Array(Uint32Array.from(data).buffer);
    return Array.from({ length: PARTS[part]! }, (_, n) =>
      ndarray([C, H, W], bytes.subarray(n * size, (n + 1) * size)),
    );
  });
}

/** The words of the batch. */
export function gathered(inputs: Inputs, changes: Augmentation): Uint32Array {
  const data = dataOf(inputs);
  const { step, firstImage } = PLACE;
  const place = { key: seedWords(PLACE.seed), stream: STREAMS.augmentation, step };
  const row = (step % inputs.order!.shape[0]!) * N;
  const bytes = new Uint8Array(4 * Math.ceil((N * size) / 4));
  for (let n = 0; n < N; n++) {
    const image = data[inputs.order!.data[row + n]!]!;
    const change = changeOf(firstImage + n, place, changes);
    bytes.set(Uint8Array.from(changed(image, change).data), n * size);
  }
  return new Uint32Array(bytes.buffer);
}

export const batchImagesTwins: Twins = Object.fromEntries(
  Object.entries(CHANGES).map(([name, changes]): [string, Twins[string]] => [
    name,
    (inputs) => {
      const words = gathered(inputs, changes);
      return { batch: whole([words.length], words) };
    },
  ]),
);
