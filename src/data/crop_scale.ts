// Pictures of any size to images of one size: cropped about the centre to the aspect that is wanted,
// then scaled by areas.
//
// A new pixel is the mean of the source under it, in float64, rounded once. Scaled down, that is the
// exact box filter; scaled up, pixels stay squares. The same bytes everywhere.

/** Rows of pixels, top row first, the channels of a pixel side by side. */
export interface Raster {
  width: number;
  height: number;
  /** 1 grey; 3 or 4 red, green, blue, of which a fourth is not looked at */
  channels: number;
  /** [height, width, channels] */
  data: ArrayLike<number>;
}

/** Which source pixels lie under a new one, and the part of it that each of them covers. */
interface Span {
  first: number;
  weights: number[];
}

/**
 * @param size  [height, width] wanted
 * @returns     bytes [C, height, width], C = 1 or 3
 */
export function cropScale(source: Raster, size: readonly [number, number]): Uint8Array {
  const [height, width] = size;
  const zoom = Math.min(source.width / width, source.height / height); // source pixels a new one
  const rows = spansOf(source.height, height, zoom);
  const columns = spansOf(source.width, width, zoom);
  const colours = source.channels < 3 ? 1 : 3;

  const scaled = new Uint8Array(colours * height * width);
  const rowSize = width * colours;
  const sum = new Float64Array(rowSize);
  let [narrow, narrowOf] = [new Float64Array(rowSize), -1]; // a source row, scaled; the last is kept
  for (const [i, { first, weights }] of rows.entries()) {
    sum.fill(0);
    for (const [k, weight] of weights.entries()) {
      if (narrowOf !== first + k)
        narrowOf = narrowRow(source, first + k, { columns, colours }, narrow);
      for (let j = 0; j < rowSize; j++) sum[j]! += weight * narrow[j]!;
    }
    for (let j = 0; j < rowSize; j++) {
      scaled[(j % colours) * height * width + i * width + Math.floor(j / colours)] = Math.round(
        sum[j]!,
      );
    }
  }
  return scaled;
}

/** The spans of `count` new pixels of `zoom` source pixels each, about the centre of `length`. */
function spansOf(length: number, count: number, zoom: number): Span[] {
  const start = (length - count * zoom) / 2;
  return Array.from({ length: count }, (_, i) => {
    const from = Math.max(0, start + i * zoom);
    const to = Math.min(length, start + (i + 1) * zoom);
    const first = Math.min(Math.floor(from), length - 1);
    const last = Math.max(first + 1, Math.min(Math.ceil(to), length));
    const parts = Array.from({ length: last - first }, (_, k) => {
      return Math.max(0, Math.min(to, first + k + 1) - Math.max(from, first + k));
    });
    const covered = parts.reduce((total, part) => total + part, 0);
    return { first, weights: parts.map((part) => part / covered) };
  });
}

/** One source row at its new width, the colours of a pixel side by side. Returns the row's number. */
function narrowRow(
  { width, channels, data }: Raster,
  y: number,
  { columns, colours }: { columns: readonly Span[]; colours: number },
  narrow: Float64Array,
): number {
  const row = y * width * channels;
  for (const [j, { first, weights }] of columns.entries()) {
    for (let c = 0; c < colours; c++) {
      let sum = 0;
      let at = row + first * channels + c;
      for (let k = 0; k < weights.length; k++, at += channels) sum += weights[k]! * data[at]!;
      narrow[j * colours + c] = sum;
    }
  }
  return y;
}

/**
 * Planes of one image as grey or as colours: grey serves as any colour, colours become
 * 0.299 R + 0.587 G + 0.114 B.
 *
 * @param planes    bytes [C, size]
 * @param channels  wanted, 1 or 3; any other C than these is left as it is
 * @see ITU-R BT.601, as Pillow's "L"
 */
export function withChannels(planes: Uint8Array, C: number, channels: number): Uint8Array {
  const size = planes.length / C;
  if (C === 1 && channels === 3) {
    return Uint8Array.from({ length: 3 * size }, (_, i) => planes[i % size]!);
  }
  if (C !== 3 || channels !== 1) return planes;
  return Uint8Array.from({ length: size }, (_, i) => {
    const [r, g, b] = [planes[i]!, planes[size + i]!, planes[2 * size + i]!];
    return Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  });
}
