// conv2d_tile.wgsl — 3×3 and 1×1 convolution at stride 1, and its gradient by the images, for GPUs.
//
//   forward   y[n,o,i,j] = bias[o] + rows[n,o] + residual[n,o,i,j]
//                          + Σ_{c,u,v} weight[o,c,u,v] · z[n, c, i + u − top, j + v − left]
//             z = x, or with DOUBLED x with each pixel doubled both ways; 0 outside the image
//   backward  dx[n,c,h,w] = pending[n,c,h,w] + Σ_{o,u,v} weight[o,c,u,v] · dy[n, o, h − u + top, w − v + left]:
//             the same with the taps turned round
//   source    cross-correlation, as torch.nn.functional.conv2d
//
//   A workgroup writes 64 channels of IMAGES · ROWS · COLUMNS = 128 pixels. Turn by turn it stages DEPTH
//   channels of the patch of pixels that they read, zeros around it, and their taps, which were loaded
//   while the turn before was multiplied; from there a lane makes 8 channels of 2×4 pixels, and every
//   tap is at a constant place.
//
//   shapes    source, result, added [N, channels, height, width] row-major · weight [O, C, K, K] ·
//             bias [O] · rows: columns of [N, all] · part_sums [parts, N, channels, height, width] f32;
//             forward the source, backward result and added may be joined: channel c of image n is plane
//             c + n·split, from c = split on c + n·(channels − split) + (N − 1)·split
//   dispatch  tile, part  (tiles, …, ⌈channels / 64⌉ · parts) workgroups of 128 lanes; `part` sums over a
//                         part of the channels read, where there are too few tiles for a device
//             finish      a lane an element of result
//   numerics  f32 sums in the order of the channels read, and of their taps; then of the parts
//   launcher  src/kernels/conv2d_tile_record.ts · oracle tests/reference/conv2d.ts

alias elem = f32; // or f16: how maps are stored; sums are f32

const KERNEL: u32 = 3u; // or 1
const DOUBLED: u32 = 0u; // 1: yes
const COLUMNS: u32 = 16u; // of a tile: a multiple of 4
const ROWS: u32 = 8u; // even
const IMAGES: u32 = 1u;

const WG: u32 = 128u;
const OUT: u32 = 64u; // channels that a workgroup writes
const TAPS: u32 = KERNEL * KERNEL;
const DEPTH: u32 = 16u / KERNEL - KERNEL / 3u; // channels a turn: 4, or 16 for 1×1

const PATCH_QUADS: u32 = COLUMNS / 4u + KERNEL / 3u; // fours of columns
const PATCH_ROWS: u32 = ROWS + KERNEL - 1u;
const PATCH: u32 = PATCH_ROWS * PATCH_QUADS; // of an image, of a channel
const PATCHES: u32 = IMAGES * PATCH;
const PITCH: u32 = OUT / 4u + 1u; // fours of channels, and one more so that taps lie in other banks

struct Dims {
  images: u32, // N
  reads: u32, // channels of the source
  writes: u32, // channels of the result
  source_split: u32, // channels of the first part, a multiple of 8; else all
  result_split: u32, // and of `added`
  height: u32, // of z
  width: u32,
  out_height: u32, // of the result
  out_width: u32,
  top: u32, // zeros above z
  left: u32,
  tiles_down: u32,
  tiles_across: u32,
  out_tiles: u32, // ⌈writes / 64⌉
  read_step: u32, // weights from one channel read to the next
  write_step: u32, // weights from one channel written to the next
  first_tap: u32,
  tap_step: u32, // 1, or −1 with wrap-around
  turns: u32, // ⌈reads / DEPTH⌉
  turns_a_part: u32,
  parts: u32,
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
@group(0) @binding(7) var<storage, read_write> part_sums: array<f32>;
@group(0) @binding(8) var<storage, read> all_sums: array<f32>; // part_sums, in `finish`

// ---- staging

var<workgroup> patches: array<vec4f, DEPTH * PATCHES>;
var<workgroup> taps: array<vec4f, DEPTH * TAPS * PITCH>; // four channels written each

// Where a workgroup's tile begins.
struct Place {
  image: u32,
  row: u32,
  column: u32,
  channel: u32, // written
  part: u32,
}

fn place_of(group: vec3u, groups: vec3u) -> Place {
  let index = group.y * groups.x + group.x;
  let across = index % dims.tiles_across;
  let down = index / dims.tiles_across % dims.tiles_down;
  let image = index / dims.tiles_across / dims.tiles_down * IMAGES;
  let channel = group.z % dims.out_tiles * OUT;
  return Place(image, down * ROWS, across * COLUMNS, channel, group.z / dims.out_tiles);
}

alias Patches = array<vec4f, (DEPTH * PATCHES + WG - 1u) / WG>; // what a lane brings
alias Taps = array<vec4f, (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG>;

fn load_patches(place: Place, first: u32, lane: u32) -> Patches {
  var loaded: Patches;
  for (var i = 0u; i < (DEPTH * PATCHES + WG - 1u) / WG; i++) {
    let at = i * WG + lane;
    let channel = first + at / PATCHES;
    let image = place.image + at / PATCH % IMAGES;
    let row = place.row + at / PATCH_QUADS % PATCH_ROWS;
    let column = place.column + at % PATCH_QUADS * 4u;
    loaded[i] = pixels_at(channel, image, row, column);
  }
  return loaded;
}

fn stage_patches(loaded: Patches, lane: u32) {
  for (var i = 0u; i < (DEPTH * PATCHES + WG - 1u) / WG; i++) {
    let at = i * WG + lane;
    if (at < DEPTH * PATCHES) {
      patches[at] = loaded[i];
    }
  }
}

// Four pixels; row and column count from the zeros around z.
fn pixels_at(channel: u32, image: u32, row: u32, column: u32) -> vec4f {
  let columns = column + vec4u(0u, 1u, 2u, 3u);
  let end = dims.left + dims.width;
  let is_row = row >= dims.top && row < dims.top + dims.height;
  if (channel >= dims.reads || image >= dims.images || !is_row) {
    return vec4f();
  }
  let plane = planes_before(image, channel, dims.reads, dims.source_split) + channel;
  let line = plane * (dims.height >> DOUBLED) + ((row - dims.top) >> DOUBLED);
  let start = line * (dims.width >> DOUBLED);
  let at = start + ((clamp(columns, vec4u(dims.left), vec4u(end - 1u)) - dims.left) >> vec4u(DOUBLED));
  let pixels = vec4f(f32(source[at.x]), f32(source[at.y]), f32(source[at.z]), f32(source[at.w]));
  return select(vec4f(), pixels, (columns >= vec4u(dims.left)) & (columns < vec4u(end)));
}

// Added to channel c it gives its plane.
fn planes_before(n: u32, c: u32, channels: u32, split: u32) -> u32 {
  return select(n * (channels - split) + (dims.images - 1u) * split, n * split, c < split);
}

// Neighbouring lanes take neighbouring taps, which are neighbours in memory.
fn load_taps(place: Place, first: u32, lane: u32) -> Taps {
  var loaded: Taps;
  for (var i = 0u; i < (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG; i++) {
    let at = i * WG + lane;
    let tap = at % (DEPTH * TAPS);
    let channel = first + tap / TAPS;
    if (channel < dims.reads) {
      loaded[i] = taps_at(dims.first_tap + channel * dims.read_step + tap % TAPS * dims.tap_step,
        place.channel + at / (DEPTH * TAPS) * 4u);
    }
  }
  return loaded;
}

fn stage_taps(loaded: Taps, lane: u32) {
  for (var i = 0u; i < (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG; i++) {
    let at = i * WG + lane;
    if (at < DEPTH * TAPS * OUT / 4u) {
      taps[at % (DEPTH * TAPS) * PITCH + at / (DEPTH * TAPS)] = loaded[i];
    }
  }
}

// Of four channels written; those past the last are never stored.
fn taps_at(start: u32, channel: u32) -> vec4f {
  let channels = min(channel + vec4u(0u, 1u, 2u, 3u), vec4u(dims.writes - 1u));
  let at = start + channels * dims.write_step;
  return vec4f(f32(weight[at.x]), f32(weight[at.y]), f32(weight[at.z]), f32(weight[at.w]));
}

// ---- multiplying

alias Line = array<vec4f, 8>; // four pixels of a row, in each of eight channels

struct Sums {
  upper: Line,
  lower: Line,
}

// What the taps of a row meet: the four pixels below the left, the middle and the right one.
struct Row {
  left: vec4f,
  middle: vec4f,
  right: vec4f,
}

fn row_at(i: u32) -> Row {
  let a = patches[i];
  let b = patches[i + 1u];
  return Row(a, vec4f(a.yzw, b.x), vec4f(a.zw, b.xy));
}

fn multiply(sums: Sums, tap: u32, upper: vec4f, lower: vec4f) -> Sums {
  let a = taps[tap];
  let b = taps[tap + OUT / 8u];
  return Sums(line(sums.upper, a, b, upper), line(sums.lower, a, b, lower));
}

fn line(y: Line, a: vec4f, b: vec4f, p: vec4f) -> Line {
  return Line(
    fma(vec4f(a.x), p, y[0]), fma(vec4f(a.y), p, y[1]), fma(vec4f(a.z), p, y[2]), fma(vec4f(a.w), p, y[3]),
    fma(vec4f(b.x), p, y[4]), fma(vec4f(b.y), p, y[5]), fma(vec4f(b.z), p, y[6]), fma(vec4f(b.w), p, y[7]));
}

fn multiply_row(sums: Sums, tap: u32, upper: Row, lower: Row) -> Sums {
  let left = multiply(sums, tap, upper.left, lower.left);
  let middle = multiply(left, tap + PITCH, upper.middle, lower.middle);
  return multiply(middle, tap + 2u * PITCH, upper.right, lower.right);
}

fn multiply_channel(sums: Sums, tap: u32, pixel: u32) -> Sums {
  if (KERNEL == 1u) {
    return multiply(sums, tap, patches[pixel], patches[pixel + PATCH_QUADS]);
  }
  let a = row_at(pixel);
  let b = row_at(pixel + PATCH_QUADS);
  let c = row_at(pixel + 2u * PATCH_QUADS);
  let d = row_at(pixel + 3u * PATCH_QUADS);
  let above = multiply_row(sums, tap, a, b);
  let level = multiply_row(above, tap + 3u * PITCH, b, c);
  return multiply_row(level, tap + 6u * PITCH, c, d);
}

// contract: call in uniform control flow, it holds barriers.
fn sums_of(place: Place, lane: u32) -> Sums {
  let spot = spot_of(lane);
  let pixel = spot.x * PATCH + spot.y * PATCH_QUADS + spot.z / 4u;
  let first_turn = place.part * dims.turns_a_part;
  let end = min(first_turn + dims.turns_a_part, dims.turns);
  var next_patches = load_patches(place, first_turn * DEPTH, lane);
  var next_taps = load_taps(place, first_turn * DEPTH, lane);
  var sums = Sums();
  for (var turn = first_turn; turn < end; turn++) {
    stage_patches(next_patches, lane);
    stage_taps(next_taps, lane);
    workgroupBarrier();
    next_patches = load_patches(place, (turn + 1u) * DEPTH, lane);
    next_taps = load_taps(place, (turn + 1u) * DEPTH, lane);
    for (var k = 0u; k < DEPTH; k++) {
      sums = multiply_channel(sums, k * TAPS * PITCH + lane % 8u, k * PATCHES + pixel);
    }
    workgroupBarrier();
  }
  return sums;
}

// Image, row and column of a lane's 2×4 pixels in the tile.
fn spot_of(lane: u32) -> vec3u {
  let i = lane / 8u;
  let quads = COLUMNS / 4u;
  return vec3u(i / quads / (ROWS / 2u), i / quads % (ROWS / 2u) * 2u, i % quads * 4u);
}

// ---- writing

// The first element of a lane's pixels in a channel, how many columns, and how many rows of them are real.
struct Spot {
  image: u32,
  at: u32,
  columns: u32,
  lines: u32,
}

fn spot_in(place: Place, lane: u32) -> Spot {
  let spot = spot_of(lane) + vec3u(place.image, place.row, place.column);
  let columns = min(4u, dims.out_width - min(spot.z, dims.out_width));
  let is_real = spot.x < dims.images && columns > 0u;
  let lines = select(0u, min(2u, dims.out_height - min(spot.y, dims.out_height)), is_real);
  return Spot(min(spot.x, dims.images - 1u), spot.y * dims.out_width + spot.z, columns, lines);
}

fn put(spot: Spot, channel: u32, upper: vec4f, lower: vec4f) {
  if (channel >= dims.writes) {
    return;
  }
  let plane = planes_before(spot.image, channel, dims.writes, dims.result_split) + channel;
  let level = level_of(spot.image, channel);
  let at = plane * dims.out_height * dims.out_width + spot.at;
  if (spot.lines > 0u) {
    put_line(at, spot.columns, upper + level);
  }
  if (spot.lines > 1u) {
    put_line(at + dims.out_width, spot.columns, lower + level);
  }
}

fn put_line(at: u32, columns: u32, values: vec4f) {
  put_one(at, values.x);
  if (columns > 1u) {
    put_one(at + 1u, values.y);
  }
  if (columns > 2u) {
    put_one(at + 2u, values.z);
  }
  if (columns > 3u) {
    put_one(at + 3u, values.w);
  }
}

fn put_one(at: u32, value: f32) {
  result[at] = elem(value + added_at(at));
}

fn added_at(at: u32) -> f32 {
  if (dims.has_added == 1u) {
    return f32(added[at]);
  }
  return 0.0;
}

fn level_of(n: u32, o: u32) -> f32 {
  var level = 0.0;
  if (dims.has_bias == 1u) {
    level += bias[o];
  }
  if (dims.rows_step != 0u) {
    level += rows[n * dims.rows_step + dims.rows_first + o];
  }
  return level;
}

// ---- entry points

@compute @workgroup_size(WG)
fn tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = place_of(group, groups);
  let y = sums_of(place, lane);
  let spot = spot_in(place, lane);
  let a = place.channel + lane % 8u * 4u;
  let b = a + OUT / 2u;
  put(spot, a, y.upper[0], y.lower[0]);
  put(spot, a + 1u, y.upper[1], y.lower[1]);
  put(spot, a + 2u, y.upper[2], y.lower[2]);
  put(spot, a + 3u, y.upper[3], y.lower[3]);
  put(spot, b, y.upper[4], y.lower[4]);
  put(spot, b + 1u, y.upper[5], y.lower[5]);
  put(spot, b + 2u, y.upper[6], y.lower[6]);
  put(spot, b + 3u, y.upper[7], y.lower[7]);
}

fn keep(part: u32, spot: Spot, channel: u32, upper: vec4f, lower: vec4f) {
  if (channel >= dims.writes) {
    return;
  }
  let plane = (part * dims.images + spot.image) * dims.writes + channel;
  let at = plane * dims.out_height * dims.out_width + spot.at;
  if (spot.lines > 0u) {
    keep_line(at, spot.columns, upper);
  }
  if (spot.lines > 1u) {
    keep_line(at + dims.out_width, spot.columns, lower);
  }
}

fn keep_line(at: u32, columns: u32, values: vec4f) {
  part_sums[at] = values.x;
  if (columns > 1u) {
    part_sums[at + 1u] = values.y;
  }
  if (columns > 2u) {
    part_sums[at + 2u] = values.z;
  }
  if (columns > 3u) {
    part_sums[at + 3u] = values.w;
  }
}

@compute @workgroup_size(WG)
fn part(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = place_of(group, groups);
  let y = sums_of(place, lane);
  let spot = spot_in(place, lane);
  let a = place.channel + lane % 8u * 4u;
  let b = a + OUT / 2u;
  keep(place.part, spot, a, y.upper[0], y.lower[0]);
  keep(place.part, spot, a + 1u, y.upper[1], y.lower[1]);
  keep(place.part, spot, a + 2u, y.upper[2], y.lower[2]);
  keep(place.part, spot, a + 3u, y.upper[3], y.lower[3]);
  keep(place.part, spot, b, y.upper[4], y.lower[4]);
  keep(place.part, spot, b + 1u, y.upper[5], y.lower[5]);
  keep(place.part, spot, b + 2u, y.upper[6], y.lower[6]);
  keep(place.part, spot, b + 3u, y.upper[7], y.lower[7]);
}

@compute @workgroup_size(WG)
fn finish(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * WG + lane;
  let pixels = dims.out_height * dims.out_width;
  let count = dims.images * dims.writes * pixels;
  if (at >= count) {
    return;
  }
  var sum = 0.0;
  for (var i = 0u; i < dims.parts; i++) {
    sum += all_sums[i * count + at];
  }
  let n = at / pixels / dims.writes;
  let o = at / pixels % dims.writes;
  let plane = planes_before(n, o, dims.writes, dims.result_split) + o;
  put_one(plane * pixels + at % pixels, sum + level_of(n, o));
}
