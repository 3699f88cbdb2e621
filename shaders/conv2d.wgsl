// conv2d.wgsl — 3×3 convolution of [N, C, H, W] images, and its gradient by the images.
//
//   forward   y[n,o,i,j] = bias[o] + rows[n,o] + residual[n,o,i,j]
//                          + Σ_{c,u,v} weight[o,c,u,v] · z[n, c, i·stride + u − top, j·stride + v − left]
//             z = x, or x with each pixel doubled both ways; 0 outside the image
//   backward  dx[n,c,h,w] = pending[n,c,h,w] + Σ_{o,i,j,u,v} weight[o,c,u,v] · dy[n,o,i,j]
//             over all i, j, u, v that read a pixel of z which is x[n,c,h,w]
//   source    cross-correlation, as torch.nn.functional.conv2d
//
//   Both are one thing: every channel written is a sum over the channels read. A lane holds tiles of
//   4×4 pixels, and reads the patch of pixels that they need of a channel. KIND says how they meet:
//     SAME      stride 1; its gradient too, with the taps turned round
//     STRIDED   stride 2                                            PARITY  its gradient
//     DOUBLED   stride 1 on doubled pixels in one pixel of zeros    HALVED  its gradient
//
//   shapes    source, result, added [N, channels, height, width] f32 row-major · weight [O, C, 3, 3] ·
//             bias [O] · rows [N, O]
//   dispatch  one lane a tile of 4·BLOCKS channels: (tiles / WG, …, channels / (4·BLOCKS)) workgroups
//             quads  a quad's lanes load the taps of four channels and swap them: lane q holds the
//                    channels of a block in the order q^0, q^1, q^2, q^3
//             plain  without subgroups, one block
//   numerics  f32 sums in the order of the channels read, and of their taps
//   launcher  src/kernels/conv2d.ts · oracle tests/reference/conv2d.ts

enable subgroups;

const WG: u32 = 16u;
const BLOCKS: u32 = 4u; // blocks of four channels that a lane of `quads` writes: 1, 2 or 4

const SAME: u32 = 0u;
const STRIDED: u32 = 1u;
const PARITY: u32 = 2u;
const DOUBLED: u32 = 3u;
const HALVED: u32 = 4u;
const KIND: u32 = 0u;
const ODD_DOWN: bool = false; // PARITY: top is 1
const ODD_ACROSS: bool = false; // PARITY: left is 1

struct Dims {
  images: u32, // N
  reads: u32, // channels of the source
  writes: u32, // channels of the result
  height: u32, // of the source
  width: u32,
  out_height: u32, // of the result
  out_width: u32,
  top: u32, // zeros above the source
  left: u32,
  step: u32, // source rows, or columns, from one tile to the next
  tiles_down: u32,
  tiles_across: u32,
  read_step: u32, // weights from one channel read to the next
  write_step: u32, // weights from one channel written to the next
  first_tap: u32,
  tap_step: u32, // 1, or −1 with wrap-around
  has_bias: u32, // 1 or 0, as the two below
  has_rows: u32,
  has_added: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read> added: array<f32>;
@group(0) @binding(6) var<storage, read_write> result: array<f32>;

struct Tile { // 4×4 pixels of one channel
  r0: vec4f,
  r1: vec4f,
  r2: vec4f,
  r3: vec4f,
}

struct Block { // of four channels
  a: Tile,
  b: Tile,
  c: Tile,
  d: Tile,
}

struct Taps { // from one channel read to one written, row by row
  t0: f32,
  t1: f32,
  t2: f32,
  t3: f32,
  t4: f32,
  t5: f32,
  t6: f32,
  t7: f32,
  t8: f32,
}

// ---- reading: a patch of the source, of which a KIND uses the first rows and columns

alias Row = array<f32, 10>;
alias Patch = array<Row, 10>;

struct Line { // rows or columns: where they lie; 1, or 0 outside the source
  at: array<u32, 10>,
  inside: Row,
}

fn line(i: u32, zeros: u32, extent: u32, step: u32) -> Line {
  let e = extent + zeros;
  return Line(
    array<u32, 10>(
      spot(i, zeros, e) * step, spot(i + 1u, zeros, e) * step, spot(i + 2u, zeros, e) * step,
      spot(i + 3u, zeros, e) * step, spot(i + 4u, zeros, e) * step, spot(i + 5u, zeros, e) * step,
      spot(i + 6u, zeros, e) * step, spot(i + 7u, zeros, e) * step, spot(i + 8u, zeros, e) * step,
      spot(i + 9u, zeros, e) * step),
    Row(
      within(i, zeros, e), within(i + 1u, zeros, e), within(i + 2u, zeros, e), within(i + 3u, zeros, e),
      within(i + 4u, zeros, e), within(i + 5u, zeros, e), within(i + 6u, zeros, e), within(i + 7u, zeros, e),
      within(i + 8u, zeros, e), within(i + 9u, zeros, e)));
}

fn spot(i: u32, zeros: u32, end: u32) -> u32 {
  return clamp(i, zeros, end - 1u) - zeros;
}

fn within(i: u32, zeros: u32, end: u32) -> f32 {
  return select(0.0, 1.0, (i >= zeros) & (i < end));
}

fn patch_at(image: u32, down: Line, across: Line) -> Patch {
  let i = down.at;
  let m = down.inside;
  return Patch(
    row_at(image + i[0], m[0], across), row_at(image + i[1], m[1], across), row_at(image + i[2], m[2], across),
    row_at(image + i[3], m[3], across), row_at(image + i[4], m[4], across), row_at(image + i[5], m[5], across),
    row_at(image + i[6], m[6], across), row_at(image + i[7], m[7], across), row_at(image + i[8], m[8], across),
    row_at(image + i[9], m[9], across));
}

// A pixel outside is its nearest one inside, times 0: whatever reads it reads that one as well.
fn row_at(i: u32, m: f32, across: Line) -> Row {
  let at = across.at;
  let k = across.inside;
  return Row(
    source[i + at[0]] * (m * k[0]), source[i + at[1]] * (m * k[1]), source[i + at[2]] * (m * k[2]),
    source[i + at[3]] * (m * k[3]), source[i + at[4]] * (m * k[4]), source[i + at[5]] * (m * k[5]),
    source[i + at[6]] * (m * k[6]), source[i + at[7]] * (m * k[7]), source[i + at[8]] * (m * k[8]),
    source[i + at[9]] * (m * k[9]));
}

fn taps_at(i: u32, s: u32) -> Taps {
  let a = i + s;
  let b = a + s;
  let c = b + s;
  let d = c + s;
  let e = d + s;
  let f = e + s;
  let g = f + s;
  return Taps(
    weight[i], weight[a], weight[b], weight[c], weight[d], weight[e], weight[f], weight[g], weight[g + s]);
}

// ---- multiplying: what one channel read adds to a tile of one channel written

fn tile(t: Tile, w: Taps, p: Patch) -> Tile {
  var y = t;
  if (KIND == SAME) {
    y = Tile(
      same(t.r0, w, p[0], p[1], p[2]), same(t.r1, w, p[1], p[2], p[3]),
      same(t.r2, w, p[2], p[3], p[4]), same(t.r3, w, p[3], p[4], p[5]));
  } else if (KIND == STRIDED) {
    y = Tile(
      strided(t.r0, w, p[0], p[1], p[2]), strided(t.r1, w, p[2], p[3], p[4]),
      strided(t.r2, w, p[4], p[5], p[6]), strided(t.r3, w, p[6], p[7], p[8]));
  } else if ((KIND == PARITY) & ODD_DOWN) {
    y = Tile(
      odd_row(t.r0, w, p[0]), even_row(t.r1, w, p[0], p[1]), odd_row(t.r2, w, p[1]), even_row(t.r3, w, p[1], p[2]));
  } else if (KIND == PARITY) {
    y = Tile(
      even_row(t.r0, w, p[0], p[1]), odd_row(t.r1, w, p[1]), even_row(t.r2, w, p[1], p[2]), odd_row(t.r3, w, p[2]));
  } else if (KIND == DOUBLED) {
    let f = folded(w);
    y = Tile(
      doubled(t.r0, f.above, f.level, p[0], p[1]), doubled(t.r1, f.beside, f.below, p[1], p[2]),
      doubled(t.r2, f.above, f.level, p[1], p[2]), doubled(t.r3, f.beside, f.below, p[2], p[3]));
  } else {
    let f = folded(w);
    y = Tile(
      halved(t.r0, f, p[0], p[1], p[2], p[3]), halved(t.r1, f, p[2], p[3], p[4], p[5]),
      halved(t.r2, f, p[4], p[5], p[6], p[7]), halved(t.r3, f, p[6], p[7], p[8], p[9]));
  }
  return y;
}

fn same(t: vec4f, w: Taps, a: Row, b: Row, c: Row) -> vec4f {
  return vec4f(
    nine(t.x, w, a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]),
    nine(t.y, w, a[1], a[2], a[3], b[1], b[2], b[3], c[1], c[2], c[3]),
    nine(t.z, w, a[2], a[3], a[4], b[2], b[3], b[4], c[2], c[3], c[4]),
    nine(t.w, w, a[3], a[4], a[5], b[3], b[4], b[5], c[3], c[4], c[5]));
}

fn strided(t: vec4f, w: Taps, a: Row, b: Row, c: Row) -> vec4f {
  return vec4f(
    nine(t.x, w, a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]),
    nine(t.y, w, a[2], a[3], a[4], b[2], b[3], b[4], c[2], c[3], c[4]),
    nine(t.z, w, a[4], a[5], a[6], b[4], b[5], b[6], c[4], c[5], c[6]),
    nine(t.w, w, a[6], a[7], a[8], b[6], b[7], b[8], c[6], c[7], c[8]));
}

fn nine(
  sum: f32, w: Taps, a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32, i: f32,
) -> f32 {
  let above = fma(w.t2, c, fma(w.t1, b, fma(w.t0, a, sum)));
  let level = fma(w.t5, f, fma(w.t4, e, fma(w.t3, d, above)));
  return fma(w.t8, i, fma(w.t7, h, fma(w.t6, g, level)));
}

// Of the frame of zeros and the image in it, even rows are read by the taps of rows 0 and 2, odd ones
// by row 1; so with columns.
fn even_row(t: vec4f, w: Taps, a: Row, b: Row) -> vec4f {
  if (ODD_ACROSS) {
    return vec4f(
      fma(w.t1, b[0], fma(w.t7, a[0], t.x)), corners(t.y, w, a[0], a[1], b[0], b[1]),
      fma(w.t1, b[1], fma(w.t7, a[1], t.z)), corners(t.w, w, a[1], a[2], b[1], b[2]));
  }
  return vec4f(
    corners(t.x, w, a[0], a[1], b[0], b[1]), fma(w.t1, b[1], fma(w.t7, a[1], t.y)),
    corners(t.z, w, a[1], a[2], b[1], b[2]), fma(w.t1, b[2], fma(w.t7, a[2], t.w)));
}

fn odd_row(t: vec4f, w: Taps, a: Row) -> vec4f {
  if (ODD_ACROSS) {
    return vec4f(
      fma(w.t4, a[0], t.x), fma(w.t3, a[1], fma(w.t5, a[0], t.y)),
      fma(w.t4, a[1], t.z), fma(w.t3, a[2], fma(w.t5, a[1], t.w)));
  }
  return vec4f(
    fma(w.t3, a[1], fma(w.t5, a[0], t.x)), fma(w.t4, a[1], t.y),
    fma(w.t3, a[2], fma(w.t5, a[1], t.z)), fma(w.t4, a[2], t.w));
}

fn corners(sum: f32, w: Taps, a: f32, b: f32, c: f32, d: f32) -> f32 {
  return fma(w.t0, d, fma(w.t2, c, fma(w.t6, b, fma(w.t8, a, sum))));
}

// Of three taps on doubled pixels two fall on one pixel: an even row reads the pixels above and level,
// an odd one those beside and below. So do the columns, as x, y and z, w.
struct Folded {
  above: vec4f,
  level: vec4f,
  beside: vec4f,
  below: vec4f,
}

fn folded(w: Taps) -> Folded {
  let a = vec3f(w.t0, w.t1, w.t2);
  let b = vec3f(w.t3, w.t4, w.t5);
  let c = vec3f(w.t6, w.t7, w.t8);
  return Folded(folded_row(a), folded_row(b + c), folded_row(a + b), folded_row(c));
}

fn folded_row(w: vec3f) -> vec4f {
  return vec4f(w.x, w.y + w.z, w.x + w.y, w.z);
}

fn doubled(t: vec4f, f: vec4f, g: vec4f, a: Row, b: Row) -> vec4f {
  return vec4f(
    fma(g.y, b[1], fma(g.x, b[0], fma(f.y, a[1], fma(f.x, a[0], t.x)))),
    fma(g.w, b[2], fma(g.z, b[1], fma(f.w, a[2], fma(f.z, a[1], t.y)))),
    fma(g.y, b[2], fma(g.x, b[1], fma(f.y, a[2], fma(f.x, a[1], t.z)))),
    fma(g.w, b[3], fma(g.z, b[2], fma(f.w, a[3], fma(f.z, a[2], t.w)))));
}

fn halved(t: vec4f, f: Folded, a: Row, b: Row, c: Row, d: Row) -> vec4f {
  return halved_row(halved_row(halved_row(halved_row(t, f.below, a), f.level, b), f.beside, c), f.above, d);
}

fn halved_row(t: vec4f, f: vec4f, a: Row) -> vec4f {
  return vec4f(
    fma(f.x, a[3], fma(f.z, a[2], fma(f.y, a[1], fma(f.w, a[0], t.x)))),
    fma(f.x, a[5], fma(f.z, a[4], fma(f.y, a[3], fma(f.w, a[2], t.y)))),
    fma(f.x, a[7], fma(f.z, a[6], fma(f.y, a[5], fma(f.w, a[4], t.z)))),
    fma(f.x, a[9], fma(f.z, a[8], fma(f.y, a[7], fma(f.w, a[6], t.w)))));
}

// ---- writing

struct Place {
  n: u32,
  down: u32, // tiles above this one
  across: u32, // tiles left of it
  is_real: bool,
}

fn place_of(index: u32, d: Dims) -> Place {
  let across = index % d.tiles_across;
  let down = index / d.tiles_across % d.tiles_down;
  let n = index / d.tiles_across / d.tiles_down;
  return Place(min(n, d.images - 1u), down, across, n < d.images);
}

fn pick_block(a: Block, b: Block, c: Block, d: Block, i: u32) -> Block {
  return Block(
    pick(a.a, b.a, c.a, d.a, i), pick(a.b, b.b, c.b, d.b, i), pick(a.c, b.c, c.c, d.c, i), pick(a.d, b.d, c.d, d.d, i));
}

fn pick(a: Tile, b: Tile, c: Tile, d: Tile, i: u32) -> Tile {
  return Tile(
    pick_line(a.r0, b.r0, c.r0, d.r0, i), pick_line(a.r1, b.r1, c.r1, d.r1, i),
    pick_line(a.r2, b.r2, c.r2, d.r2, i), pick_line(a.r3, b.r3, c.r3, d.r3, i));
}

fn pick_line(a: vec4f, b: vec4f, c: vec4f, d: vec4f, i: u32) -> vec4f {
  return select(select(a, b, i == 1u), select(c, d, i == 3u), i > 1u);
}

fn put_block(b: Block, place: Place, channel: u32, share: u32, d: Dims) {
  let x = min(place.across * 4u + vec4u(0u, 1u, 2u, 3u), vec4u(d.out_width - 1u));
  let y = min(place.down * 4u + vec4u(0u, 1u, 2u, 3u), vec4u(d.out_height - 1u)) * d.out_width;
  for (var i = 0u; i < 4u; i++) {
    let o = channel + (i ^ share);
    if (o < d.writes) {
      let at = (place.n * d.writes + o) * d.out_height * d.out_width + x;
      let t = with_level(pick(b.a, b.b, b.c, b.d, i), level_of(place.n, o, d));
      put_tile(t, at + y.x, at + y.y, at + y.z, at + y.w, d.has_added);
    }
  }
}

fn with_level(t: Tile, level: f32) -> Tile {
  return Tile(t.r0 + level, t.r1 + level, t.r2 + level, t.r3 + level);
}

fn level_of(n: u32, o: u32, d: Dims) -> f32 {
  var level = 0.0;
  if (d.has_bias == 1u) {
    level += bias[o];
  }
  if (d.has_rows == 1u) {
    level += rows[n * d.writes + o];
  }
  return level;
}

// Pixels past the edge fall on its last one, before that is written.
fn put_tile(tile: Tile, a: vec4u, b: vec4u, c: vec4u, d: vec4u, has_added: u32) {
  var t = tile;
  if (has_added == 1u) {
    t = Tile(t.r0 + added_at(a), t.r1 + added_at(b), t.r2 + added_at(c), t.r3 + added_at(d));
  }
  put_line(t.r3, d);
  put_line(t.r2, c);
  put_line(t.r1, b);
  put_line(t.r0, a);
}

fn added_at(i: vec4u) -> vec4f {
  return vec4f(added[i.x], added[i.y], added[i.z], added[i.w]);
}

fn put_line(line: vec4f, i: vec4u) {
  result[i.w] = line.w;
  result[i.z] = line.z;
  result[i.y] = line.y;
  result[i.x] = line.x;
}

// ---- entry points

@compute @workgroup_size(WG)
fn quads(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) id: u32,
) {
  let dim = dims;
  let place = place_of((group.y * groups.x + group.x) * WG + lane, dim);
  let down = line(place.down * dim.step, dim.top, dim.height, dim.width);
  let across = line(place.across * dim.step, dim.left, dim.width, 1u);
  let share = id & 3u;
  let channel = group.z * 4u * BLOCKS;
  let last = dim.writes - 1u;
  var wa = min(channel + share, last) * dim.write_step + dim.first_tap;
  var wb = min(channel + share + 4u, last) * dim.write_step + dim.first_tap;
  var wc = min(channel + share + 8u, last) * dim.write_step + dim.first_tap;
  var wd = min(channel + share + 12u, last) * dim.write_step + dim.first_tap;
  let pixels = dim.height * dim.width;
  var image = place.n * dim.reads * pixels;
  var a = Block();
  var b = Block();
  var c = Block();
  var d = Block();
  for (var k = 0u; k < dim.reads; k++) {
    let p = patch_at(image, down, across);
    a = shared_block(a, taps_at(wa, dim.tap_step), p);
    if (BLOCKS > 1u) {
      b = shared_block(b, taps_at(wb, dim.tap_step), p);
    }
    if (BLOCKS > 2u) {
      c = shared_block(c, taps_at(wc, dim.tap_step), p);
      d = shared_block(d, taps_at(wd, dim.tap_step), p);
    }
    image += pixels;
    wa += dim.read_step;
    wb += dim.read_step;
    wc += dim.read_step;
    wd += dim.read_step;
  }
  if (!place.is_real) {
    return;
  }
  for (var i = 0u; i < BLOCKS; i++) {
    put_block(pick_block(a, b, c, d, i), place, channel + 4u * i, share, dim);
  }
}

fn shared_block(t: Block, w: Taps, p: Patch) -> Block {
  let x = Taps(
    quadSwapX(w.t0), quadSwapX(w.t1), quadSwapX(w.t2), quadSwapX(w.t3), quadSwapX(w.t4),
    quadSwapX(w.t5), quadSwapX(w.t6), quadSwapX(w.t7), quadSwapX(w.t8));
  let y = Taps(
    quadSwapY(w.t0), quadSwapY(w.t1), quadSwapY(w.t2), quadSwapY(w.t3), quadSwapY(w.t4),
    quadSwapY(w.t5), quadSwapY(w.t6), quadSwapY(w.t7), quadSwapY(w.t8));
  let z = Taps(
    quadSwapDiagonal(w.t0), quadSwapDiagonal(w.t1), quadSwapDiagonal(w.t2),
    quadSwapDiagonal(w.t3), quadSwapDiagonal(w.t4), quadSwapDiagonal(w.t5),
    quadSwapDiagonal(w.t6), quadSwapDiagonal(w.t7), quadSwapDiagonal(w.t8));
  return Block(tile(t.a, w, p), tile(t.b, x, p), tile(t.c, y, p), tile(t.d, z, p));
}

@compute @workgroup_size(WG)
fn plain(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let dim = dims;
  let place = place_of((group.y * groups.x + group.x) * WG + lane, dim);
  let down = line(place.down * dim.step, dim.top, dim.height, dim.width);
  let across = line(place.across * dim.step, dim.left, dim.width, 1u);
  let channel = group.z * 4u;
  let last = dim.writes - 1u;
  let s = dim.tap_step;
  let wa = channel * dim.write_step + dim.first_tap;
  let wb = min(channel + 1u, last) * dim.write_step + dim.first_tap;
  let wc = min(channel + 2u, last) * dim.write_step + dim.first_tap;
  let wd = min(channel + 3u, last) * dim.write_step + dim.first_tap;
  let pixels = dim.height * dim.width;
  var image = place.n * dim.reads * pixels;
  var w = 0u;
  var t = Block();
  for (var k = 0u; k < dim.reads; k++) {
    let p = patch_at(image, down, across);
    t = Block(
      tile(t.a, taps_at(w + wa, s), p), tile(t.b, taps_at(w + wb, s), p),
      tile(t.c, taps_at(w + wc, s), p), tile(t.d, taps_at(w + wd, s), p));
    image += pixels;
    w += dim.read_step;
  }
  if (place.is_real) {
    put_block(t, place, channel, 0u, dim);
  }
}
