// Images of several files as one set, and sets of one size at another. Nothing is decoded here.
import { FileError } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { type ImageBytes, requireImageBytes } from "../formats/image_bytes.ts";
import { cropScale, withChannels } from "./crop_scale.ts";

/**
 * One set after the other.
 *
 * @throws FileError where their shapes differ, or some have labels and others none
 */
export function joined(sets: readonly ImageBytes[], name: string): ImageBytes {
  const [first, ...others] = sets;
  if (!first) throw new Error(`${name}: nothing to join`);
  if (others.length === 0) return first;
  const odd = others.find(
    ({ shape, labels }) => !sameShape(shape, first.shape) || !labels !== !first.labels,
  );
  if (odd) {
    const tell = ({ shape, labels }: ImageBytes) =>
      `${showShape(shape)} with${labels ? "" : "out"} labels`;
    throw new FileError(
      "file/data",
      `${name}: files of one data set are alike, got ${tell(first)} and ${tell(odd)}.`,
      "Open them one by one.",
    );
  }
  const count = sets.reduce((total, set) => total + set.count, 0);
  requireImageBytes(name, count, first.shape);
  const pixels = new Uint8Array(sets.reduce((total, set) => total + set.pixels.length, 0));
  let at = 0;
  for (const set of sets) {
    pixels.set(set.pixels, at);
    at += set.pixels.length;
  }
  const labels = Uint32Array.from(sets.flatMap((set) => [...(set.labels ?? [])]));
  return { count, shape: first.shape, pixels, ...(first.labels && { labels }) };
}

/** Images cropped and scaled to a size, in grey or colours; what is not wanted stays as it is. */
export function resized<Set extends ImageBytes>(
  set: Set,
  {
    size,
    channels,
  }: { size?: readonly [number, number] | undefined; channels?: 1 | 3 | undefined },
): Set {
  const [C, H, W] = set.shape;
  const [height, width] = size ?? [H, W];
  const wanted = channels !== undefined && (C === 1 || C === 3) ? channels : C;
  if (height === H && width === W && wanted === C) return set;
  const shape = [wanted, height, width] as const;
  requireImageBytes("data", set.count, shape);
  const imageBytes = wanted * height * width;
  const pixels = new Uint8Array(set.count * imageBytes);
  for (let n = 0; n < set.count; n++) {
    const planes = new Uint8Array(C * height * width);
    for (let c = 0; c < C; c++) {
      const from = (n * C + c) * H * W;
      const data = set.pixels.subarray(from, from + H * W);
      planes.set(
        cropScale({ width: W, height: H, channels: 1, data }, [height, width]),
        c * height * width,
      );
    }
    pixels.set(withChannels(planes, C, wanted), n * imageBytes);
  }
  return { ...set, shape, pixels };
}
