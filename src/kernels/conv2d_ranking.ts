// Ranks a software adapter's quads for a 3×3 convolution at stride 1, on tiles of 4×4 pixels and of 4×8.
import { ceilDiv } from "../core/shape.ts";
import { TILE, WORKGROUP } from "./conv2d_kinds.ts";
import type { placeOf, rolesOf } from "./conv2d_roles.ts";

type Roles = ReturnType<typeof rolesOf> & ReturnType<typeof placeOf>;

/** Of a wide tile; it takes at least two blocks a lane, and rows of whole tiles behind one column of zeros. */
export const WIDE_COLUMNS = 8;
/** What a wide tile costs, of what a narrow one does: as measured, between 1.6 and 2. */
const WEIGHT = 1.7;
/** A tuning measures these and one more. */
const MOST = 3;

/** Narrow shapes, and those on wide tiles, by what they should cost, idle lanes included; the best. */
export function rankWithWide<Shape extends { BLOCKS: number }>(
  narrow: readonly Shape[],
  { images, width, out_height, out_width, writes, left }: Roles,
): (Shape & { columns?: number })[] {
  const costOf = ({ BLOCKS, columns }: Shape & { columns?: number }) => {
    const across = ceilDiv(out_width, columns ?? TILE);
    const tiles = images * ceilDiv(out_height, TILE) * across;
    const workgroups = ceilDiv(tiles, WORKGROUP.quads) * ceilDiv(writes, 4 * BLOCKS);
    return workgroups * (columns ? WEIGHT : 1) * (1 + BLOCKS);
  };
  const isWhole = width % WIDE_COLUMNS === 0 && left === 1;
  const wide = narrow.filter(({ BLOCKS }) => isWhole && BLOCKS > 1);
  return [...narrow, ...wide.map((shape) => ({ ...shape, columns: WIDE_COLUMNS }))]
    .sort((a, b) => costOf(a) - costOf(b))
    .slice(0, MOST);
}
