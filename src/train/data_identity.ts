// What a run is trained on, told by a hash: so that a checkpoint goes on with the same data.
import { sha256 } from "../core/sha256.ts";
import type { DataIdentity } from "./training_state.ts";

/** @param bytes  of the images in their order, then of the labels */
export async function identityOf(data: {
  name: string;
  count: number;
  /** [C, H, W] */
  shape: readonly number[];
  bytes: readonly Uint8Array[];
}): Promise<DataIdentity> {
  const { name, count, shape, bytes } = data;
  const all = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    all.set(part, at);
    at += part.length;
  }
  return { name, images: count, shape: [...shape], sha256: await sha256(all) };
}
