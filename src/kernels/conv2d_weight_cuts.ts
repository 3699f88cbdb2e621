// How a convolution's gradient by its weights cuts the images into parts, each summed alone.
import { ceilDiv } from "../core/shape.ts";
import type { Convolution } from "./conv2d_roles.ts";

export const RUN = 8; // pixels that a lane takes at a time
export const LONGEST_SUM = 64; // of rows, or of strips of RUN columns: longer ones round too much

/** Whether runs of both maps, at stride 1, begin at multiples of RUN, behind one column of zeros. */
export const isAligned = ({ W, outW, padding }: Convolution): boolean =>
  padding.left === 1 && W % RUN === 0 && outW % RUN === 0;

/**
 * Lanes that keep a device busy; or subgroups where lanes share, for the few threads of a software adapter:
 * more of them cost more, for writing and joining the parts, than they gain (npm run choices).
 */
const ENOUGH = { subgroups: 16, lanes: 4096 };

/** What a part is. */
export interface Cut {
  images_a_part: number;
  rows_a_part: number;
}

/** Into as many parts as keep a device busy with so many tiles; then four times, and a quarter of them. */
export function cutsOf(
  tiles: number,
  lanes: number,
  sizes: { images: number; rows: number; columns: number },
): [Cut, Cut, Cut] {
  const enough = lanes ? ENOUGH.subgroups : ENOUGH.lanes;
  const cut = (factor: number) => cutInto(ceilDiv(factor * enough, tiles), sizes);
  return [cut(1), cut(4), cut(1 / 4)];
}

/** Cuts images, then their rows, into parts: no fewer than 4 rows, no more strips than LONGEST_SUM. */
function cutInto(wanted: number, p: { images: number; rows: number; columns: number }): Cut {
  const { images, rows, columns } = p;
  const mostImages = Math.floor(LONGEST_SUM / ceilDiv(columns, RUN));
  const images_a_part = Math.max(1, Math.min(Math.floor(images / wanted), mostImages));
  const image_parts = ceilDiv(images, images_a_part);
  const mostRowParts = Math.min(ceilDiv(wanted, image_parts), ceilDiv(rows, 4));
  return { images_a_part, rows_a_part: ceilDiv(rows, mostRowParts) };
}
