// gifenc has no types of its own: those of what is used here.
declare module "gifenc" {
  type Palette = number[][];

  interface Frame {
    palette: Palette;
    /** ms until the next one */
    delay: number;
  }

  interface Encoder {
    writeFrame(index: Uint8Array, width: number, height: number, frame: Frame): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
  }

  export function GIFEncoder(): Encoder;
  /** @param pixels  RGBA */
  export function quantize(pixels: Uint8ClampedArray, colors: number): Palette;
  export function applyPalette(pixels: Uint8ClampedArray, palette: Palette): Uint8Array;
}
