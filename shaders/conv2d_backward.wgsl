// conv2d_backward.wgsl — gradients by the images of 3×3 convolutions with stride 2, and of doubled pixels.
//
//   backward  dx[n,c,h,w] = pending[n,c,h,w] + Σ_{o,i,j,u,v} weight[o,c,u,v] · dy[n,o,i,j]
//             over all i, j, u, v that read a pixel of z which is x[n,c,h,w]; z as in conv2d.wgsl, which
//             has the gradient at stride 1 as well
//   source    cross-correlation, as torch.nn.functional.conv2d
//
//   As conv2d.wgsl: every channel written is a sum over the channels read. A lane holds tiles of 4×4
//   pixels, and reads the patch of pixels that they need of a channel. KIND says how they meet:
//     PARITY    of stride 2
//     BOXED     of stride 1 on doubled pixels: the convolution with stride 2, taps turned round, of q, where
//               q[n,o,h,w] is the sum of the 2×2 pixels of dy from h, w on, for the four meet one pixel of x
//
//   shapes    source = dy, result, added [N, channels, height, width] row-major · weight [O, C, 3, 3]
//   dispatch  one lane a tile of 4·BLOCKS channels: (tiles / WG, …, channels / (4·BLOCKS)) workgroups
//             quads  SHARERS lanes load the taps of as many channels and swap them: lane q holds these
//                    in the order q^0, q^1, …, four of them a block
//             plain  without subgroups, one block
//   numerics  f32 sums in the order of the channels read, and of their taps
//   launcher  src/kernels/conv2d.ts · oracle tests/reference/conv2d.ts

enable subgroups;

alias elem = f32; // or f16: how maps are stored; sums are f32
alias elem4 = vec4<elem>;

const WG: u32 = 16u;
const BLOCKS: u32 = 4u; // blocks of four channels that a lane of `quads` writes: 1, 2 or 4
const SHARERS: u32 = 4u; // lanes that share taps: 4, or 8 where BLOCKS is 2 or 4

const PARITY: u32 = 0u;
const BOXED: u32 = 1u;
const KIND: u32 = 0u;
const IS_ODD: bool = false; // PARITY: the first row and column of the result are odd, top = left = 1

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
  blocks: u32, // BLOCKS
  four: u32, // 4; bounds that no compiler knows keep it from unrolling: Mesa's would take seconds
  has_bias: u32, // 1 or 0, as the one below
  has_added: u32,
  rows_step: u32, // columns of rows, or 0: there are none
  rows_first: u32, // the first channel's column
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> source: array<elem>;
@group(0) @binding(2) var<storage, read> weight: array<elem>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read> added: array<elem>;
@group(0) @binding(6) var<storage, read_write> result: array<elem>;

alias Tile = array<vec4f, 4>; // 4×4 pixels of one channel
alias Block = array<Tile, 4>; // of four channels
alias Blocks = array<Block, 4>; // of which BLOCKS are used
alias Taps = array<f32, 9>; // from one channel read to one written, row by row

// ---- reading: a patch of the source. A KIND uses the first rows and columns; the others are not loaded

alias Row = array<f32, 10>;
alias Patch = array<Row, 10>;

struct Line { // rows or columns, in fours: where they lie; 1, or 0 outside the source
  a: vec4u,
  b: vec4u,
  c: vec4u,
  in_a: vec4f,
  in_b: vec4f,
  in_c: vec4f,
}

fn line(first: u32, zeros: u32, extent: u32, step: u32) -> Line {
  let a = first + vec4u(0u, 1u, 2u, 3u);
  let b = a + 4u;
  let c = a + 8u;
  let end = extent + zeros;
  return Line(
    spots(a, zeros, end) * step, spots(b, zeros, end) * step, spots(c, zeros, end) * step,
    within(a, zeros, end), within(b, zeros, end), within(c, zeros, end));
}

fn spots(i: vec4u, zeros: u32, end: u32) -> vec4u {
  return clamp(i, vec4u(zeros), vec4u(end - 1u)) - zeros;
}

fn within(i: vec4u, zeros: u32, end: u32) -> vec4f {
  return vec4f((i >= vec4u(zeros)) & (i < vec4u(end)));
}

fn patch_at(image: u32, down: Line, across: Line) -> Patch {
  let a = image + down.a;
  let b = image + down.b;
  let c = image + down.c;
  let p = Patch(
    row_at(a.x, down.in_a.x, across), row_at(a.y, down.in_a.y, across),
    row_at(a.z, down.in_a.z, across), row_at(a.w, down.in_a.w, across),
    row_at(b.x, down.in_b.x, across), row_at(b.y, down.in_b.y, across),
    row_at(b.z, down.in_b.z, across), row_at(b.w, down.in_b.w, across),
    row_at(c.x, down.in_c.x, across), row_at(c.y, down.in_c.y, across));
  if (KIND == PARITY) {
    return p;
  }
  return Patch(
    boxes(p[0], p[1]), boxes(p[1], p[2]), boxes(p[2], p[3]), boxes(p[3], p[4]), boxes(p[4], p[5]),
    boxes(p[5], p[6]), boxes(p[6], p[7]), boxes(p[7], p[8]), boxes(p[8], p[9]), p[9]);
}

// A pixel outside the source is the nearest one inside, times 0.
fn row_at(i: u32, inside: f32, across: Line) -> Row {
  let a = inside * across.in_a;
  let b = inside * across.in_b;
  let c = inside * across.in_c;
  return Row(
    f32(source[i + across.a.x]) * a.x, f32(source[i + across.a.y]) * a.y,
    f32(source[i + across.a.z]) * a.z, f32(source[i + across.a.w]) * a.w,
    f32(source[i + across.b.x]) * b.x, f32(source[i + across.b.y]) * b.y,
    f32(source[i + across.b.z]) * b.z, f32(source[i + across.b.w]) * b.w,
    f32(source[i + across.c.x]) * c.x, f32(source[i + across.c.y]) * c.y);
}

// Sums of 2×2 neighbours.
fn boxes(a: Row, b: Row) -> Row {
  let s = Row(
    a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3], a[4] + b[4], a[5] + b[5], a[6] + b[6], a[7] + b[7],
    a[8] + b[8], a[9] + b[9]);
  return Row(
    s[0] + s[1], s[1] + s[2], s[2] + s[3], s[3] + s[4], s[4] + s[5], s[5] + s[6], s[6] + s[7], s[7] + s[8],
    s[8] + s[9], 0.0);
}

// `steps`: from a tap to itself and the next three.
fn taps_at(i: u32, steps: vec4u) -> Taps {
  let a = i + steps;
  let b = a + steps.w + steps.y;
  return Taps(
    f32(weight[a.x]), f32(weight[a.y]), f32(weight[a.z]), f32(weight[a.w]),
    f32(weight[b.x]), f32(weight[b.y]), f32(weight[b.z]), f32(weight[b.w]),
    f32(weight[b.w + steps.y]));
}

// ---- multiplying: what one channel read adds to a tile of one channel written

fn tile(t: Tile, w: Taps, p: Patch) -> Tile {
  var y = t;
  if ((KIND == PARITY) & IS_ODD) {
    y = Tile(
      odd_row(t[0], w, p[0]), even_row(t[1], w, p[0], p[1]),
      odd_row(t[2], w, p[1]), even_row(t[3], w, p[1], p[2]));
  } else if (KIND == PARITY) {
    y = Tile(
      even_row(t[0], w, p[0], p[1]), odd_row(t[1], w, p[1]),
      even_row(t[2], w, p[1], p[2]), odd_row(t[3], w, p[2]));
  } else {
    y = Tile(
      strided(t[0], w, p[0], p[1], p[2]), strided(t[1], w, p[2], p[3], p[4]),
      strided(t[2], w, p[4], p[5], p[6]), strided(t[3], w, p[6], p[7], p[8]));
  }
  return y;
}

// Of the frame of zeros and the image in it, even rows are read by the taps of rows 0 and 2, odd ones
// by row 1; so with columns.
fn even_row(t: vec4f, w: Taps, a: Row, b: Row) -> vec4f {
  if (IS_ODD) {
    return vec4f(
      fma(b[0], w[1], fma(a[0], w[7], t.x)), corners(t.y, w, a[0], a[1], b[0], b[1]),
      fma(b[1], w[1], fma(a[1], w[7], t.z)), corners(t.w, w, a[1], a[2], b[1], b[2]));
  }
  return vec4f(
    corners(t.x, w, a[0], a[1], b[0], b[1]), fma(b[1], w[1], fma(a[1], w[7], t.y)),
    corners(t.z, w, a[1], a[2], b[1], b[2]), fma(b[2], w[1], fma(a[2], w[7], t.w)));
}

fn odd_row(t: vec4f, w: Taps, a: Row) -> vec4f {
  if (IS_ODD) {
    return vec4f(
      fma(a[0], w[4], t.x), fma(a[1], w[3], fma(a[0], w[5], t.y)),
      fma(a[1], w[4], t.z), fma(a[2], w[3], fma(a[1], w[5], t.w)));
  }
  return vec4f(
    fma(a[1], w[3], fma(a[0], w[5], t.x)), fma(a[1], w[4], t.y),
    fma(a[2], w[3], fma(a[1], w[5], t.z)), fma(a[2], w[4], t.w));
}

fn corners(sum: f32, w: Taps, a: f32, b: f32, c: f32, d: f32) -> f32 {
  return fma(d, w[0], fma(c, w[2], fma(b, w[6], fma(a, w[8], sum))));
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
  let above = fma(c, w[2], fma(b, w[1], fma(a, w[0], sum)));
  let level = fma(f, w[5], fma(e, w[4], fma(d, w[3], above)));
  return fma(i, w[8], fma(h, w[7], fma(g, w[6], level)));
}

// ---- writing

struct Lane {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
}

struct Place {
  n: u32,
  down: u32, // tiles above this one
  across: u32, // tiles left of it
  is_real: bool,
}

fn place_of(lane: Lane, d: Dims) -> Place {
  let index = (lane.group.y * lane.groups.x + lane.group.x) * WG + lane.index;
  let across = index % d.tiles_across;
  let down = index / d.tiles_across % d.tiles_down;
  let n = index / d.tiles_across / d.tiles_down;
  return Place(min(n, d.images - 1u), down, across, n < d.images);
}

// Pixels past the edge fall on its last one, before that is written.
fn put_blocks(blocks: ptr<function, Blocks>, place: Place, channel: u32, share: u32, d: Dims) {
  let x = min(place.across * 4u + vec4u(0u, 1u, 2u, 3u), vec4u(d.out_width - 1u));
  for (var i = 0u; i < 4u * d.blocks; i++) {
    let o = (channel + i) ^ share;
    if (o < d.writes) {
      let level = level_of(place.n, o, d);
      for (var r = d.four; r > 0u; r--) {
        let y = min(place.down * 4u + r - 1u, d.out_height - 1u);
        let at = ((place.n * d.writes + o) * d.out_height + y) * d.out_width + x;
        put_line(blocks[i >> 2u][i & 3u][r - 1u] + level, at, d.has_added);
      }
    }
  }
}

fn level_of(n: u32, o: u32, d: Dims) -> f32 {
  var level = 0.0;
  if (d.has_bias == 1u) {
    level += bias[o];
  }
  if (d.rows_step != 0u) {
    level += rows[n * d.rows_step + d.rows_first + o];
  }
  return level;
}

fn put_line(values: vec4f, i: vec4u, has_added: u32) {
  var sum = values;
  if (has_added == 1u) {
    sum += vec4f(elem4(added[i.x], added[i.y], added[i.z], added[i.w]));
  }
  result[i.w] = elem(sum.w);
  result[i.z] = elem(sum.z);
  result[i.y] = elem(sum.y);
  result[i.x] = elem(sum.x);
}

// ---- entry points

@compute @workgroup_size(WG)
fn quads(lane: Lane, @builtin(subgroup_invocation_id) id: u32) {
  let dim = dims;
  let place = place_of(lane, dim);
  let down = line(place.down * dim.step, dim.top, dim.height, dim.width);
  let across = line(place.across * dim.step, dim.left, dim.width, 1u);
  let share = id & (SHARERS - 1u);
  let channel = lane.group.z * 4u * BLOCKS;
  let last = vec4u(dim.writes - 1u);
  var w = min((channel + vec4u(0u, 4u, 8u, 12u)) ^ vec4u(share), last) * dim.write_step;
  w += dim.first_tap;
  let s = dim.tap_step * vec4u(0u, 1u, 2u, 3u);
  let pixels = dim.height * dim.width;
  var image = place.n * dim.reads * pixels;
  var sums = Blocks();
  for (var turn = 0u; turn < dim.reads; turn++) {
    // all is read before anything is multiplied, or what later reads need holds registers meanwhile
    let p = patch_at(image, down, across);
    let taps = taps_of_blocks(w, s);
    add_blocks(&sums, taps, p);
    image += pixels;
    w += dim.read_step;
  }
  if (!place.is_real) {
    return;
  }
  var all = sums;
  put_blocks(&all, place, channel, share, dim);
}

fn taps_of_blocks(i: vec4u, steps: vec4u) -> array<Taps, 4> {
  let a = taps_at(i.x, steps);
  let c = taps_at(i.z, steps);
  return array(a, next_taps(a, i.y, steps), c, next_taps(c, i.w, steps));
}

// Of the next block: another quad holds them as `w`, or they lie at `i`.
fn next_taps(w: Taps, i: u32, steps: vec4u) -> Taps {
  if (SHARERS == 8u) {
    return Taps(
      subgroupShuffleXor(w[0], 4u), subgroupShuffleXor(w[1], 4u), subgroupShuffleXor(w[2], 4u),
      subgroupShuffleXor(w[3], 4u), subgroupShuffleXor(w[4], 4u), subgroupShuffleXor(w[5], 4u),
      subgroupShuffleXor(w[6], 4u), subgroupShuffleXor(w[7], 4u), subgroupShuffleXor(w[8], 4u));
  }
  return taps_at(i, steps);
}

fn add_blocks(sums: ptr<function, Blocks>, w: array<Taps, 4>, p: Patch) {
  sums[0] = shared_block(sums[0], w[0], p);
  if (BLOCKS > 1u) {
    sums[1] = shared_block(sums[1], w[1], p);
  }
  if (BLOCKS > 2u) {
    sums[2] = shared_block(sums[2], w[2], p);
    sums[3] = shared_block(sums[3], w[3], p);
  }
}

fn shared_block(t: Block, w: Taps, p: Patch) -> Block {
  let x = Taps(
    quadSwapX(w[0]), quadSwapX(w[1]), quadSwapX(w[2]), quadSwapX(w[3]), quadSwapX(w[4]),
    quadSwapX(w[5]), quadSwapX(w[6]), quadSwapX(w[7]), quadSwapX(w[8]));
  let y = Taps(
    quadSwapY(w[0]), quadSwapY(w[1]), quadSwapY(w[2]), quadSwapY(w[3]), quadSwapY(w[4]),
    quadSwapY(w[5]), quadSwapY(w[6]), quadSwapY(w[7]), quadSwapY(w[8]));
  let z = Taps(
    quadSwapDiagonal(w[0]), quadSwapDiagonal(w[1]), quadSwapDiagonal(w[2]), quadSwapDiagonal(w[3]),
    quadSwapDiagonal(w[4]), quadSwapDiagonal(w[5]), quadSwapDiagonal(w[6]), quadSwapDiagonal(w[7]),
    quadSwapDiagonal(w[8]));
  return Block(tile(t[0], w, p), tile(t[1], x, p), tile(t[2], y, p), tile(t[3], z, p));
}

@compute @workgroup_size(WG)
fn plain(lane: Lane) {
  let dim = dims;
  let place = place_of(lane, dim);
  let down = line(place.down * dim.step, dim.top, dim.height, dim.width);
  let across = line(place.across * dim.step, dim.left, dim.width, 1u);
  let channel = lane.group.z * 4u;
  let last = vec4u(dim.writes - 1u);
  let s = dim.tap_step * vec4u(0u, 1u, 2u, 3u);
  var w = min(channel + vec4u(0u, 1u, 2u, 3u), last) * dim.write_step + dim.first_tap;
  let pixels = dim.height * dim.width;
  var image = place.n * dim.reads * pixels;
  var t = Block();
  for (var k = 0u; k < dim.reads; k++) {
    let p = patch_at(image, down, across);
    t = Block(
      tile(t[0], taps_at(w.x, s), p), tile(t[1], taps_at(w.y, s), p),
      tile(t[2], taps_at(w.z, s), p), tile(t[3], taps_at(w.w, s), p));
    image += pixels;
    w += dim.read_step;
  }
  if (place.is_real) {
    var all: Blocks;
    all[0] = t;
    put_blocks(&all, place, channel, 0u, dim);
  }
}
