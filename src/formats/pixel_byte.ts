// A number of an image as the byte that a picture holds. Apart from pictures' files, which need a package.

/** x ∈ [−1, 1] → round(255 · clamp(x/2 + ½, 0, 1)), as diffusers' pipelines do. */
export const pixelByte = (x: number): number =>
  Math.round(255 * Math.min(Math.max(x / 2 + 0.5, 0), 1));
