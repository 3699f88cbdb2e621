// A small rasteriser of anti-aliased lines and text on RGB pictures: all that a chart needs.
//
// Lines are strokes with round ends. A pixel's coverage is ½ + half the stroke's width − the
// distance from its centre to the line, clipped to [0, 1]; overlapping segments of one stroke count
// once. Coordinates are pixels, (0, 0) the upper left corner of the upper left pixel.
import type { PixelImage } from "./png.ts";
import { textPaths } from "./stroke_font.ts";

export type Point = readonly [x: number, y: number];
export type Colour = readonly [red: number, green: number, blue: number];

export interface Stroke {
  colour: Colour;
  /** of the line, in pixels */
  width: number;
}

/** A picture all of one colour. */
export function blankImage(width: number, height: number, colour: Colour): PixelImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = colour[i % 3]!;
  return { width, height, channels: 3, data };
}

/** Draws lines through points; a line of one point is a dot. */
export function strokeLines(image: PixelImage, lines: readonly Point[][], stroke: Stroke): void {
  const layer = layerFor(image, lines.flat(), stroke.width / 2 + 1);
  for (const line of lines) {
    for (let i = 0; i < Math.max(line.length - 1, 1); i++) {
      const from = line[i];
      if (from) coverSegment(layer, from, line[i + 1] ?? from, stroke.width / 2);
    }
  }
  blend(image, layer, stroke.colour);
}

/** Coverage of a part of the picture, one number a pixel. */
interface Layer {
  left: number;
  top: number;
  width: number;
  height: number;
  coverage: Float32Array;
}

/** Room for everything within `reach` of the points, cut to the picture. */
function layerFor(image: PixelImage, points: readonly Point[], reach: number): Layer {
  let [left, top, right, bottom] = [image.width, image.height, 0, 0];
  for (const [x, y] of points) {
    left = Math.min(left, Math.max(0, Math.floor(x - reach)));
    right = Math.max(right, Math.min(image.width, Math.ceil(x + reach)));
    top = Math.min(top, Math.max(0, Math.floor(y - reach)));
    bottom = Math.max(bottom, Math.min(image.height, Math.ceil(y + reach)));
  }
  const [width, height] = [Math.max(right - left, 0), Math.max(bottom - top, 0)];
  return { left, top, width, height, coverage: new Float32Array(width * height) };
}

function coverSegment(layer: Layer, [ax, ay]: Point, [bx, by]: Point, radius: number): void {
  const [dx, dy] = [bx - ax, by - ay];
  const lengthSquared = dx * dx + dy * dy || 1;
  const reach = radius + 1;
  const [x0, x1] = pixelsBetween(ax, bx, reach, layer.left, layer.width);
  const [y0, y1] = pixelsBetween(ay, by, reach, layer.top, layer.height);
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const [px, py] = [x + layer.left + 0.5 - ax, y + layer.top + 0.5 - ay];
      const along = Math.min(Math.max((px * dx + py * dy) / lengthSquared, 0), 1);
      const distance = Math.hypot(px - along * dx, py - along * dy);
      const covered = Math.min(Math.max(radius + 0.5 - distance, 0), 1);
      const at = y * layer.width + x;
      layer.coverage[at] = Math.max(layer.coverage[at]!, covered);
    }
  }
}

/** First and last + 1 of the layer's pixels within reach of a span, along one axis. */
function pixelsBetween(a: number, b: number, reach: number, first: number, count: number) {
  const from = Math.floor(Math.min(a, b) - reach) - first;
  const to = Math.ceil(Math.max(a, b) + reach) - first;
  return [Math.max(from, 0), Math.min(to, count)] as const;
}

function blend(image: PixelImage, layer: Layer, colour: Colour): void {
  for (let y = 0; y < layer.height; y++) {
    for (let x = 0; x < layer.width; x++) {
      const covered = layer.coverage[y * layer.width + x]!;
      if (covered === 0) continue;
      const at = ((y + layer.top) * image.width + x + layer.left) * 3;
      for (let c = 0; c < 3; c++) {
        const under = image.data[at + c]!;
        image.data[at + c] = Math.round(under + (colour[c]! - under) * covered);
      }
    }
  }
}

export interface TextStyle {
  colour: Colour;
  /** height of a capital letter, in pixels */
  size: number;
  /** which part of the text is at x; default "left" */
  align?: "left" | "centre" | "right";
  /** line width as a part of the size; default 0.13 */
  weight?: number;
}

/** Writes one line of text, its baseline at y. */
export function drawText(image: PixelImage, text: string, [x, y]: Point, style: TextStyle): void {
  const { colour, size, align = "left", weight = 0.13 } = style;
  const { paths, width } = textPaths(text, size);
  const shift = { left: 0, centre: width / 2, right: width }[align];
  const lines = paths.map((path) => path.map(([px, py]): Point => [x - shift + px, y + py]));
  strokeLines(image, lines, { colour, width: size * weight });
}
