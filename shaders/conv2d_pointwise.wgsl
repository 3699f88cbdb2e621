// conv2d_pointwise.wgsl — 1×1 convolution of [N, C, H, W] images, and its gradient by the images.
//
//   forward   y[n,o,p] = bias[o] + rows[n,o] + residual[n,o,p] + Σ_c weight[o,c] · x[n,c,p]
//   backward  dx[n,c,p] = pending[n,c,p] + Σ_o weight[o,c] · dy[n,o,p]        p = 0 … H·W − 1
//   source    cross-correlation, as torch.nn.functional.conv2d
//
//   Both are one thing: every channel written is a sum over the channels read, four at a time.
//
//   shapes    source, result, added [N, channels, H·W] f32 row-major · weight [O, C] · bias [O] · rows [N, O]
//   dispatch  one lane 16 pixels of 4·BLOCKS channels: (N · pixels / 16 / WG, …, channels / (4·BLOCKS))
//             quads  a quad's lanes load the weights of four channels and swap them: lane q holds the
//                    channels of a block in the order q^0, q^1, q^2, q^3
//             plain  without subgroups, one block
//   numerics  f32 sums in the order of the channels read
//   launcher  src/kernels/conv2d.ts · oracle tests/reference/conv2d.ts

enable subgroups;

const WG: u32 = 16u;
const BLOCKS: u32 = 4u; // blocks of four channels that a lane of `quads` writes: 1, 2 or 4

struct Dims {
  images: u32, // N
  reads: u32, // channels of the source
  writes: u32, // channels of the result
  pixels: u32, // H · W
  tiles: u32, // of an image: pixels / 16
  read_step: u32, // weights from one channel read to the next
  write_step: u32, // weights from one channel written to the next
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

struct Tile { // 16 pixels of one channel
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

// ---- reading

struct Pixels {
  at: array<u32, 16>,
}

fn pixels_from(i: u32, count: u32) -> Pixels {
  let e = count - 1u;
  return Pixels(array<u32, 16>(
    min(i, e), min(i + 1u, e), min(i + 2u, e), min(i + 3u, e), min(i + 4u, e), min(i + 5u, e),
    min(i + 6u, e), min(i + 7u, e), min(i + 8u, e), min(i + 9u, e), min(i + 10u, e), min(i + 11u, e),
    min(i + 12u, e), min(i + 13u, e), min(i + 14u, e), min(i + 15u, e)));
}

fn pixels_at(i: u32, p: Pixels) -> Tile {
  let at = p.at;
  return Tile(
    vec4f(source[i + at[0]], source[i + at[1]], source[i + at[2]], source[i + at[3]]),
    vec4f(source[i + at[4]], source[i + at[5]], source[i + at[6]], source[i + at[7]]),
    vec4f(source[i + at[8]], source[i + at[9]], source[i + at[10]], source[i + at[11]]),
    vec4f(source[i + at[12]], source[i + at[13]], source[i + at[14]], source[i + at[15]]));
}

struct Group { // four channels read, the last of them repeated past the end
  channels: vec4u,
  inside: vec4f,
}

fn group_from(k: u32, reads: u32) -> Group {
  let channels = k * 4u + vec4u(0u, 1u, 2u, 3u);
  let inside = select(vec4f(), vec4f(1.0), channels < vec4u(reads));
  return Group(min(channels, vec4u(reads - 1u)), inside);
}

fn taps_at(i: u32, g: Group, step: u32) -> vec4f {
  let at = i + g.channels * step;
  return vec4f(weight[at.x], weight[at.y], weight[at.z], weight[at.w]) * g.inside;
}

fn tile(t: Tile, w: vec4f, a: Tile, b: Tile, c: Tile, d: Tile) -> Tile {
  return Tile(
    line(t.r0, w, a.r0, b.r0, c.r0, d.r0), line(t.r1, w, a.r1, b.r1, c.r1, d.r1),
    line(t.r2, w, a.r2, b.r2, c.r2, d.r2), line(t.r3, w, a.r3, b.r3, c.r3, d.r3));
}

fn line(t: vec4f, w: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> vec4f {
  return vec4f(
    fma(w.w, d.x, fma(w.z, c.x, fma(w.y, b.x, fma(w.x, a.x, t.x)))),
    fma(w.w, d.y, fma(w.z, c.y, fma(w.y, b.y, fma(w.x, a.y, t.y)))),
    fma(w.w, d.z, fma(w.z, c.z, fma(w.y, b.z, fma(w.x, a.z, t.z)))),
    fma(w.w, d.w, fma(w.z, c.w, fma(w.y, b.w, fma(w.x, a.w, t.w)))));
}

// ---- writing

struct Place {
  n: u32,
  pixel: u32, // the first
  is_real: bool,
}

fn place_of(index: u32, d: Dims) -> Place {
  let n = index / d.tiles;
  return Place(min(n, d.images - 1u), index % d.tiles * 16u, n < d.images);
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
  let p = place.pixel + vec4u(0u, 1u, 2u, 3u);
  let end = vec4u(d.pixels - 1u);
  for (var i = 0u; i < 4u; i++) {
    let o = channel + (i ^ share);
    if (o < d.writes) {
      let at = (place.n * d.writes + o) * d.pixels;
      let t = with_level(pick(b.a, b.b, b.c, b.d, i), level_of(place.n, o, d));
      put_tile(
        t, at + min(p, end), at + min(p + 4u, end), at + min(p + 8u, end), at + min(p + 12u, end), d.has_added);
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
  let pixels = pixels_from(place.pixel, dim.pixels);
  let share = id & 3u;
  let channel = group.z * 4u * BLOCKS;
  let last = dim.writes - 1u;
  let wa = min(channel + share, last) * dim.write_step;
  let wb = min(channel + share + 4u, last) * dim.write_step;
  let wc = min(channel + share + 8u, last) * dim.write_step;
  let wd = min(channel + share + 12u, last) * dim.write_step;
  let s = dim.read_step;
  let turns = (dim.reads + 3u) / 4u;
  var a = Block();
  var b = Block();
  var c = Block();
  var d = Block();
  for (var k = 0u; k < turns; k++) {
    let g = group_from(k, dim.reads);
    let start = (place.n * dim.reads + g.channels) * dim.pixels;
    let x = pixels_at(start.x, pixels);
    let y = pixels_at(start.y, pixels);
    let z = pixels_at(start.z, pixels);
    let w = pixels_at(start.w, pixels);
    a = shared_block(a, taps_at(wa, g, s), x, y, z, w);
    if (BLOCKS > 1u) {
      b = shared_block(b, taps_at(wb, g, s), x, y, z, w);
    }
    if (BLOCKS > 2u) {
      c = shared_block(c, taps_at(wc, g, s), x, y, z, w);
      d = shared_block(d, taps_at(wd, g, s), x, y, z, w);
    }
  }
  if (!place.is_real) {
    return;
  }
  for (var i = 0u; i < BLOCKS; i++) {
    put_block(pick_block(a, b, c, d, i), place, channel + 4u * i, share, dim);
  }
}

fn shared_block(t: Block, w: vec4f, a: Tile, b: Tile, c: Tile, d: Tile) -> Block {
  return Block(
    tile(t.a, w, a, b, c, d), tile(t.b, quadSwapX(w), a, b, c, d),
    tile(t.c, quadSwapY(w), a, b, c, d), tile(t.d, quadSwapDiagonal(w), a, b, c, d));
}

@compute @workgroup_size(WG)
fn plain(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let dim = dims;
  let place = place_of((group.y * groups.x + group.x) * WG + lane, dim);
  let pixels = pixels_from(place.pixel, dim.pixels);
  let channel = group.z * 4u;
  let last = dim.writes - 1u;
  let wa = channel * dim.write_step;
  let wb = min(channel + 1u, last) * dim.write_step;
  let wc = min(channel + 2u, last) * dim.write_step;
  let wd = min(channel + 3u, last) * dim.write_step;
  let s = dim.read_step;
  let turns = (dim.reads + 3u) / 4u;
  var t = Block();
  for (var k = 0u; k < turns; k++) {
    let g = group_from(k, dim.reads);
    let start = (place.n * dim.reads + g.channels) * dim.pixels;
    let x = pixels_at(start.x, pixels);
    let y = pixels_at(start.y, pixels);
    let z = pixels_at(start.z, pixels);
    let w = pixels_at(start.w, pixels);
    t = Block(
      tile(t.a, taps_at(wa, g, s), x, y, z, w), tile(t.b, taps_at(wb, g, s), x, y, z, w),
      tile(t.c, taps_at(wc, g, s), x, y, z, w), tile(t.d, taps_at(wd, g, s), x, y, z, w));
  }
  if (place.is_real) {
    put_block(t, place, channel, 0u, dim);
  }
}
