// conv2d_pointwise.wgsl — 1×1 convolution of [N, C, H, W] images, and its gradient by the images.
//
//   forward   y[n,o,p] = bias[o] + rows[n,o] + residual[n,o,p] + Σ_c weight[o,c] · x[n,c,p]
//   backward  dx[n,c,p] = pending[n,c,p] + Σ_o weight[o,c] · dy[n,o,p]        p = 0 … H·W − 1
//   source    cross-correlation, as torch.nn.functional.conv2d
//
//   Both are one thing: every channel written is a sum over the channels read, four at a time.
//
//   shapes    source, result, added [N, channels, H·W] f32 row-major · weight [O, C] · bias [O] · rows: columns of [N, all];
//             forward the source, backward result and added may be joined: channel c of image n is plane
//             c + n·split, from c = split on c + n·(channels − split) + (N − 1)·split
//   dispatch  one lane 16 pixels of 4·BLOCKS channels: (N · pixels / 16 / WG, …, channels / (4·BLOCKS))
//             quads  SHARERS lanes load the weights of as many channels and swap them: lane q holds these
//                    in the order q^0, q^1, …, four of them a block
//             plain  without subgroups, one block
//   numerics  f32 sums in the order of the channels read
//   launcher  src/kernels/conv2d.ts · oracle tests/reference/conv2d.ts

enable subgroups;

alias elem = f32; // or f16: how maps are stored; sums are f32
alias elem4 = vec4<elem>;

const WG: u32 = 16u;
const BLOCKS: u32 = 8u; // blocks of four channels that a lane of `quads` writes: 1, 2, 4 or 8
const SHARERS: u32 = 4u; // lanes that share weights: 4, or 8 where BLOCKS is 2 or more
const FOURS: bool = false; // whether H · W is a multiple of four: pixels are read so

struct Dims {
  images: u32, // N
  reads: u32, // channels of the source
  writes: u32, // channels of the result
  source_split: u32, // channels of the first part, a multiple of 8; else all
  result_split: u32, // and of `added`
  pixels: u32, // H · W
  tiles: u32, // of an image: pixels / 16
  read_step: u32, // weights from one channel read to the next
  write_step: u32, // weights from one channel written to the next
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
@group(0) @binding(7) var<storage, read> source4: array<elem4>;

alias Tile = array<vec4f, 4>; // 16 pixels of one channel
alias Block = array<Tile, 4>; // of four channels written
alias Blocks = array<Block, 4>; // of which BLOCKS are used
alias All = array<Blocks, BLOCKS / 8u + 1u>; // of a lane: the second four blocks where BLOCKS is 8
alias Patch = array<Tile, 4>; // of four channels read

// ---- reading

alias Spots = array<vec4u, 4>; // of 16 pixels in an image

fn spots_from(first: u32, pixels: u32) -> Spots {
  let i = first + vec4u(0u, 1u, 2u, 3u);
  let end = vec4u(pixels - 1u);
  return Spots(min(i, end), min(i + 4u, end), min(i + 8u, end), min(i + 12u, end));
}

fn pixels_at(image: u32, at: Spots) -> Tile {
  return Tile(four_at(image + at[0]), four_at(image + at[1]), four_at(image + at[2]), four_at(image + at[3]));
}

fn four_at(i: vec4u) -> vec4f {
  if (FOURS) {
    return vec4f(source4[i.x >> 2u]);
  }
  return vec4f(elem4(source[i.x], source[i.y], source[i.z], source[i.w]));
}

struct Group { // four channels read, the last of them repeated past the end
  channels: vec4u,
  inside: vec4f,
}

fn group_from(k: u32, reads: u32) -> Group {
  let channels = k * 4u + vec4u(0u, 1u, 2u, 3u);
  let inside = vec4f(channels < vec4u(reads));
  return Group(min(channels, vec4u(reads - 1u)), inside);
}

fn taps_at(i: u32, g: Group, step: u32) -> vec4f {
  let at = i + g.channels * step;
  return vec4f(elem4(weight[at.x], weight[at.y], weight[at.z], weight[at.w])) * g.inside;
}

// ---- multiplying: what four channels read add to a tile of one channel written

fn tile(t: Tile, w: vec4f, p: Patch) -> Tile {
  return Tile(
    line(t[0], w, p[0][0], p[1][0], p[2][0], p[3][0]), line(t[1], w, p[0][1], p[1][1], p[2][1], p[3][1]),
    line(t[2], w, p[0][2], p[1][2], p[2][2], p[3][2]), line(t[3], w, p[0][3], p[1][3], p[2][3], p[3][3]));
}

fn line(t: vec4f, w: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> vec4f {
  return vec4f(
    fma(d.x, w.w, fma(c.x, w.z, fma(b.x, w.y, fma(a.x, w.x, t.x)))),
    fma(d.y, w.w, fma(c.y, w.z, fma(b.y, w.y, fma(a.y, w.x, t.y)))),
    fma(d.z, w.w, fma(c.z, w.z, fma(b.z, w.y, fma(a.z, w.x, t.z)))),
    fma(d.w, w.w, fma(c.w, w.z, fma(b.w, w.y, fma(a.w, w.x, t.w)))));
}

// ---- writing

struct Lane {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
}

struct Place {
  n: u32,
  pixel: u32, // the first
  is_real: bool,
}

fn place_of(lane: Lane, d: Dims) -> Place {
  let index = (lane.group.y * lane.groups.x + lane.group.x) * WG + lane.index;
  let n = index / d.tiles;
  return Place(min(n, d.images - 1u), index % d.tiles * 16u, n < d.images);
}

// Pixels past the end fall on its last one, before that is written.
fn put_blocks(blocks: ptr<function, All>, place: Place, channel: u32, share: u32, d: Dims) {
  let before = planes_before(place.n, d.writes, d.result_split);
  let p = place.pixel + vec4u(0u, 1u, 2u, 3u);
  for (var i = 0u; i < 4u * d.blocks; i++) {
    let o = (channel + i) ^ share;
    if (o < d.writes) {
      let level = level_of(place.n, o, d);
      let plane = (select(before.x, before.y, o < d.result_split) + o) * d.pixels;
      for (var r = d.four; r > 0u; r--) {
        let at = plane + min(p + 4u * r - 4u, vec4u(d.pixels - 1u));
        put_line(blocks[i >> 4u][(i >> 2u) & 3u][i & 3u][r - 1u] + level, at, d.has_added);
      }
    }
  }
}

// Added to a channel it gives its plane: .x from the split on, .y before it.
fn planes_before(n: u32, channels: u32, split: u32) -> vec2u {
  return vec2u(n * (channels - split) + (dims.images - 1u) * split, n * split);
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
  let at = spots_from(place.pixel, dim.pixels);
  let share = id & (SHARERS - 1u);
  let channel = lane.group.z * 4u * BLOCKS;
  let last = vec4u(dim.writes - 1u);
  let first = (channel + vec4u(0u, 4u, 8u, 12u)) ^ vec4u(share);
  let w = min(first, last) * dim.write_step;
  let v = min(first + 16u, last) * dim.write_step;
  let s = dim.read_step;
  let turns = (dim.reads + 3u) / 4u;
  var sums = Blocks();
  var next_sums = Blocks();
  let before = planes_before(place.n, dim.reads, dim.source_split);
  for (var k = 0u; k < turns; k++) {
    let four = group_from(k, dim.reads);
    let image = (select(before.x, before.y, k * 4u < dim.source_split) + four.channels) * dim.pixels;
    let p = Patch(
      pixels_at(image.x, at), pixels_at(image.y, at), pixels_at(image.z, at), pixels_at(image.w, at));
    // all is read before anything is multiplied, or what later reads need holds registers meanwhile
    let taps = taps_of_blocks(w, four, s);
    let next = taps_of_blocks(v, four, s);
    add_blocks(&sums, taps, p);
    if (BLOCKS > 4u) {
      add_blocks(&next_sums, next, p);
    }
  }
  if (!place.is_real) {
    return;
  }
  var all: All;
  all[BLOCKS / 8u] = next_sums;
  all[0] = sums;
  put_blocks(&all, place, channel, share, dim);
}

fn taps_of_blocks(i: vec4u, g: Group, step: u32) -> array<vec4f, 4> {
  let a = taps_at(i.x, g, step);
  let c = taps_at(i.z, g, step);
  return array(a, next_taps(a, i.y, g, step), c, next_taps(c, i.w, g, step));
}

// Of the next block: another quad holds them as `w`, or they lie at `i`.
fn next_taps(w: vec4f, i: u32, g: Group, step: u32) -> vec4f {
  if (SHARERS == 8u) {
    return subgroupShuffleXor(w, 4u);
  }
  return taps_at(i, g, step);
}

fn add_blocks(sums: ptr<function, Blocks>, w: array<vec4f, 4>, p: Patch) {
  sums[0] = shared_block(sums[0], w[0], p);
  if (BLOCKS > 1u) {
    sums[1] = shared_block(sums[1], w[1], p);
  }
  if (BLOCKS > 2u) {
    sums[2] = shared_block(sums[2], w[2], p);
    sums[3] = shared_block(sums[3], w[3], p);
  }
}

fn shared_block(t: Block, w: vec4f, p: Patch) -> Block {
  return Block(
    tile(t[0], w, p), tile(t[1], quadSwapX(w), p),
    tile(t[2], quadSwapY(w), p), tile(t[3], quadSwapDiagonal(w), p));
}

@compute @workgroup_size(WG)
fn plain(lane: Lane) {
  let dim = dims;
  let place = place_of(lane, dim);
  let at = spots_from(place.pixel, dim.pixels);
  let channel = lane.group.z * 4u;
  let last = vec4u(dim.writes - 1u);
  let w = min(channel + vec4u(0u, 1u, 2u, 3u), last) * dim.write_step;
  let s = dim.read_step;
  let turns = (dim.reads + 3u) / 4u;
  var t = Block();
  let before = planes_before(place.n, dim.reads, dim.source_split);
  for (var k = 0u; k < turns; k++) {
    let four = group_from(k, dim.reads);
    let image = (select(before.x, before.y, k * 4u < dim.source_split) + four.channels) * dim.pixels;
    let p = Patch(
      pixels_at(image.x, at), pixels_at(image.y, at), pixels_at(image.z, at), pixels_at(image.w, at));
    t = Block(
      tile(t[0], taps_at(w.x, four, s), p), tile(t[1], taps_at(w.y, four, s), p),
      tile(t[2], taps_at(w.z, four, s), p), tile(t[3], taps_at(w.w, four, s), p));
  }
  if (place.is_real) {
    var all: All;
    all[0][0] = t;
    put_blocks(&all, place, channel, 0u, dim);
  }
}
