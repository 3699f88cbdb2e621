// conv2d_tile.wgsl — 3×3 and 1×1 convolution, and at stride 1 its gradient by the images, for GPUs.
//
//   forward   y[n,o,i,j] = bias[o] + rows[n,o] + residual[n,o,i,j]
//                          + Σ_{c,u,v} weight[o,c,u,v] · z[n, c, i·stride + u − top, j·stride + v − left]
//             z = x, or with KERNEL 2 x with each pixel doubled both ways; 0 outside the image
//             with NORMED z = f((x − mean) · factor + offset), lines[n,c] = (mean, factor, offset), as groupnorm.wgsl has them
//             with MOMENTS also count, mean and Σ (y − mean)² of what a tile has of a channel, where all are whole; in `finish`
//             of what a workgroup has, where that is a power of two
//   backward  dx[n,c,h,w] = pending[n,c,h,w] + Σ_{o,u,v} weight[o,c,u,v] · dy[n, o, h − u + top, w − v + left]:
//             the same with the taps turned round; where z is doubled, with BOXED, the same at stride 2 of q, in
//             top and left lines of zeros: q[n,o,h,w] is the sum of the 2×2 pixels of dy from h, w on, for the
//             four meet one pixel of x
//   source    cross-correlation, as torch.nn.functional.conv2d
//
//   A workgroup writes 64 channels of IMAGES · ROWS · COLUMNS = 128 pixels. Turn by turn it stages DEPTH
//   channels of the patch of pixels that they read, zeros around it, and their taps, which were loaded
//   while the turn before was multiplied; from there a lane makes 8 channels of 2×4 pixels, and every
//   tap is at a constant place. Of three taps on doubled pixels two meet one pixel: they are added before
//   that, and a workgroup writes pixels of even or of odd rows, and columns, of y: 2×2 taps make each.
//
//   shapes    source, result, added [N, channels, height, width] row-major · weight [O, C, K, K] ·
//             bias [O] · rows: columns of [N, all] · part_sums [parts, N, channels, height, width] f32
//             lines [N, C, 3] · moments [N, O, tiles of an image, 3] f32, where the result is not joined;
//             forward the source, backward result and added may be joined: channel c of image n is plane
//             c + n·split, from c = split on c + n·(channels − split) + (N − 1)·split
//   dispatch  tile, part  (tiles, …, ⌈channels / 64⌉ · parts) workgroups of 128 lanes; `part` sums over a
//                         part of the channels read, where there are too few tiles for a device
//             finish      a lane an element of result
//   numerics  f32 sums in the order of the channels read, and of their taps; then of the parts
//             moments of eight pixels about their mean, or of one, merged by Chan, Golub & LeVeque 1983
//   launcher  src/kernels/conv2d_tile_record.ts · oracle tests/reference/conv2d.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
alias elem4 = vec4<elem>;

const KERNEL: u32 = 3u; // or 1, or 2: 3×3 on doubled pixels in one pixel of zeros, two taps added
const NORMED: u32 = 0u; // 1: yes, f(h) = h; 2: yes, f = silu
const MOMENTS: u32 = 0u; // 1: wanted
const STRIDE: u32 = 1u; // or 2, of 3×3
const BOXED: u32 = 0u; // 1: yes, with STRIDE 2
const COLUMNS: u32 = 16u; // of a tile: a multiple of 4
const ROWS: u32 = 8u; // even
const IMAGES: u32 = 1u;

const WG: u32 = 128u;
const OUT: u32 = 64u; // channels that a workgroup writes
const TAPS: u32 = KERNEL * KERNEL;
const DEPTH: u32 = (16u / TAPS + KERNEL / 3u * 3u) / STRIDE; // channels a turn: 4, at stride 2 half, or 16 for 1×1
const STEP: u32 = 1u + u32(KERNEL == 2u); // from a pixel that a workgroup writes to the next
const PARITIES: u32 = STEP * STEP; // even or odd rows, and columns

const PATCH_QUADS: u32 = COLUMNS / 4u * STRIDE + KERNEL / 2u; // fours of columns
const PATCH_ROWS: u32 = (ROWS - 1u) * STRIDE + KERNEL;
const PATCH: u32 = PATCH_ROWS * PATCH_QUADS; // of an image, of a channel
const PATCHES: u32 = IMAGES * PATCH;
const PITCH: u32 = OUT / 4u + 1u; // fours of channels, and one more so that taps lie in other banks

struct Dims {
  images: u32, // N
  reads: u32, // channels of the source
  writes: u32, // channels of the result
  height: u32, // of the source
  width: u32,
  out_height: u32, // of the result
  out_width: u32,
  top: u32, // zeros above it
  left: u32,
  tiles_down: u32,
  tiles_across: u32,
  read_step: u32, // weights from one channel read to the next
  write_step: u32, // weights from one channel written to the next
  first_tap: u32,
  tap_step: u32, // 1, or −1 with wrap-around
  source_split: u32, // channels of the first part, a multiple of 8; else all
  result_split: u32, // and of `added`
  out_tiles: u32, // ⌈writes / 64⌉
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
@group(0) @binding(9) var<storage, read> lines: array<Line>;
@group(0) @binding(10) var<storage, read_write> moments: array<Moments>;

// h = (x − mean) · factor + offset, as groupnorm.wgsl has it.
struct Line {
  mean: f32,
  factor: f32,
  offset: f32,
}

struct Moments {
  count: f32,
  mean: f32,
  squares: f32, // Σ (y − mean)²
}

// ---- staging

var<workgroup> patches: array<vec4f, DEPTH * PATCHES>;
var<workgroup> taps: array<vec4f, DEPTH * TAPS * PITCH>; // four channels written each

// Where a workgroup's tile begins; rows and columns are of its parity.
struct Place {
  image: u32,
  row: u32,
  column: u32,
  odd: vec2u, // 1: its rows, and columns, are odd ones
  channel: u32, // written
  part: u32,
}

fn place_of(group: vec3u, groups: vec3u) -> Place {
  let all = group.y * groups.x + group.x;
  let odd = vec2u(all % PARITIES / 2u, all % PARITIES % 2u);
  let index = all / PARITIES;
  let across = index % dims.tiles_across;
  let down = index / dims.tiles_across % dims.tiles_down;
  let image = index / dims.tiles_across / dims.tiles_down * IMAGES;
  let channel = group.z % dims.out_tiles * OUT;
  return Place(image, down * ROWS, across * COLUMNS, odd, channel, group.z / dims.out_tiles);
}

alias Patches = array<vec4f, (DEPTH * PATCHES + WG - 1u) / WG>; // what a lane brings
alias Taps = array<vec4f, (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG>;

// Four pixels of the patch; row and column count from the zeros around the source.
struct Four {
  channel: u32,
  image: u32,
  row: u32,
  column: u32,
}

fn four_of(place: Place, first: u32, at: u32) -> Four {
  let row = place.row * STRIDE + place.odd.x + at / PATCH_QUADS % PATCH_ROWS;
  let column = place.column * STRIDE + place.odd.y + at % PATCH_QUADS * 4u;
  return Four(first + at / PATCHES, place.image + at / PATCH % IMAGES, row, column);
}

fn load_patches(place: Place, first: u32, lane: u32) -> Patches {
  var loaded: Patches;
  for (var i = 0u; i < (DEPTH * PATCHES + WG - 1u) / WG; i++) {
    loaded[i] = pixels_of(four_of(place, first, i * WG + lane));
  }
  return loaded;
}

fn stage_patches(place: Place, first: u32, loaded: Patches, lane: u32) {
  for (var i = 0u; i < (DEPTH * PATCHES + WG - 1u) / WG; i++) {
    let at = i * WG + lane;
    if (at < DEPTH * PATCHES) {
      patches[at] = finished(four_of(place, first, at), loaded[i]);
    }
  }
}

fn pixels_of(four: Four) -> vec4f {
  var sum = vec4f();
  for (var i = 0u; i < 1u + 3u * BOXED; i++) {
    sum += line_of(Four(four.channel, four.image, four.row + i / 2u, four.column + i % 2u));
  }
  return sum;
}

fn line_of(four: Four) -> vec4f {
  if (!is_inside(four)) {
    return vec4f();
  }
  let plane = planes_before(four.image, four.channel, dims.reads, dims.source_split) + four.channel;
  let line = plane * dims.height + four.row - dims.top;
  let columns = clamp(columns_of(four), vec4u(dims.left), vec4u(dims.left + dims.width - 1u)) - dims.left;
  let at = line * dims.width + columns;
  return framed(four, vec4f(elem4(source[at.x], source[at.y], source[at.z], source[at.w])));
}

// What is multiplied.
fn finished(four: Four, pixels: vec4f) -> vec4f {
  if (NORMED == 0u || !is_inside(four)) {
    return pixels;
  }
  let line = lines[four.image * dims.reads + four.channel];
  var z = (pixels - line.mean) * line.factor + line.offset;
  if (NORMED == 2u) {
    z /= 1.0 + exp(min(-z, vec4f(87.0)));
  }
  return framed(four, z);
}

// With zeros left and right of the image.
fn framed(four: Four, z: vec4f) -> vec4f {
  let columns = columns_of(four);
  return select(vec4f(), z, (columns >= vec4u(dims.left)) & (columns < vec4u(dims.left + dims.width)));
}

// Its row is one of the source.
fn is_inside(four: Four) -> bool {
  let is_row = four.row >= dims.top && four.row < dims.top + dims.height;
  return is_row && four.channel < dims.reads && four.image < dims.images;
}

fn columns_of(four: Four) -> vec4u {
  return four.column + vec4u(0u, 1u, 2u, 3u);
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
      let start = dims.first_tap + channel * dims.read_step;
      loaded[i] = tap_at(start, tap % TAPS, place.odd, place.channel + at / (DEPTH * TAPS) * 4u);
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

fn tap_at(start: u32, tap: u32, odd: vec2u, channel: u32) -> vec4f {
  if (KERNEL != 2u) {
    return taps_at(start + tap * dims.tap_step, channel);
  }
  let down = folded(tap / 2u, odd.x);
  let across = folded(tap % 2u, odd.y);
  var sum = vec4f();
  for (var u = down.x; u < down.y; u++) {
    for (var v = across.x; v < across.y; v++) {
      sum += taps_at(start + u * 3u + v, channel);
    }
  }
  return sum;
}

// Of three taps those that meet one of two pixels, from the one to before the other: in an even line the
// first one meets the pixel before, in an odd line the last one the pixel behind.
fn folded(pixel: u32, odd: u32) -> vec2u {
  return select(vec2u(0u, 1u + odd), vec2u(1u + odd, 3u), pixel == 1u);
}

// Of four channels written; those past the last are never stored.
fn taps_at(start: u32, channel: u32) -> vec4f {
  let channels = min(channel + vec4u(0u, 1u, 2u, 3u), vec4u(dims.writes - 1u));
  let at = start + channels * dims.write_step;
  return vec4f(elem4(weight[at.x], weight[at.y], weight[at.z], weight[at.w]));
}

// ---- multiplying

// 2×4 pixels in each of four channels.
struct Block {
  upper: mat4x4f,
  lower: mat4x4f,
}

struct Sums {
  a: Block,
  b: Block, // OUT / 2 channels on
}

// What the taps of a row meet: four pixels below the left, the middle and the right one.
struct Row {
  left: vec4f,
  middle: vec4f,
  right: vec4f,
}

fn row_at(i: u32) -> Row {
  let a = patches[i];
  let b = patches[i + 1u];
  if (STRIDE == 1u) {
    return Row(a, vec4f(a.yzw, b.x), vec4f(a.zw, b.xy));
  }
  return Row(vec4f(a.xz, b.xz), vec4f(a.yw, b.yw), vec4f(a.z, b.xz, patches[i + 2u].x));
}

fn multiply(sums: Sums, tap: u32, upper: vec4f, lower: vec4f) -> Sums {
  let a = taps[tap];
  let b = taps[tap + OUT / 8u];
  return Sums(
    Block(add_product(sums.a.upper, a, upper), add_product(sums.a.lower, a, lower)),
    Block(add_product(sums.b.upper, b, upper), add_product(sums.b.lower, b, lower)));
}

fn add_product(y: mat4x4f, w: vec4f, p: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(w.x), p, y[0]), fma(vec4f(w.y), p, y[1]), fma(vec4f(w.z), p, y[2]), fma(vec4f(w.w), p, y[3]));
}

// Rows that the same taps meet, for the upper and the lower pixels.
struct Pair {
  upper: Row,
  lower: Row,
}

fn multiply_rows(sums: Sums, tap: u32, a: Pair, b: Pair, c: Pair) -> Sums {
  let above = multiply_row(sums, tap, a);
  let level = multiply_row(above, tap + 3u * PITCH, b);
  return multiply_row(level, tap + 6u * PITCH, c);
}

fn multiply_row(sums: Sums, tap: u32, row: Pair) -> Sums {
  let left = multiply(sums, tap, row.upper.left, row.lower.left);
  let middle = multiply(left, tap + PITCH, row.upper.middle, row.lower.middle);
  return multiply(middle, tap + 2u * PITCH, row.upper.right, row.lower.right);
}

fn multiply_channel(sums: Sums, tap: u32, pixel: u32) -> Sums {
  if (KERNEL == 1u) {
    return multiply(sums, tap, patches[pixel], patches[pixel + PATCH_QUADS]);
  }
  let a = row_at(pixel);
  let b = row_at(pixel + PATCH_QUADS);
  let c = row_at(pixel + 2u * PATCH_QUADS);
  if (KERNEL == 2u) {
    let above = multiply(multiply(sums, tap, a.left, b.left), tap + PITCH, a.middle, b.middle);
    return multiply(multiply(above, tap + 2u * PITCH, b.left, c.left), tap + 3u * PITCH, b.middle, c.middle);
  }
  let d = row_at(pixel + 3u * PATCH_QUADS);
  if (STRIDE == 1u) {
    return multiply_rows(sums, tap, Pair(a, b), Pair(b, c), Pair(c, d));
  }
  let e = row_at(pixel + 4u * PATCH_QUADS);
  return multiply_rows(sums, tap, Pair(a, c), Pair(b, d), Pair(c, e));
}

// contract: call in uniform control flow, it holds barriers.
fn sums_of(place: Place, lane: u32) -> Sums {
  let spot = spot_of(lane);
  let pixel = spot.x * PATCH + (spot.y * PATCH_QUADS + spot.z / 4u) * STRIDE;
  let first_turn = place.part * dims.turns_a_part;
  let end = min(first_turn + dims.turns_a_part, dims.turns);
  var next_patches = load_patches(place, first_turn * DEPTH, lane);
  var next_taps = load_taps(place, first_turn * DEPTH, lane);
  var sums = Sums();
  for (var turn = first_turn; turn < end; turn++) {
    stage_patches(place, turn * DEPTH, next_patches, lane);
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
  let across = COLUMNS / 4u;
  return vec3u(i / across / (ROWS / 2u), i / across % (ROWS / 2u) * 2u, i % across * 4u);
}

// ---- writing

// A lane's pixels in a channel; those past the edge fall on its last ones, before these are written.
struct Spot {
  image: u32,
  upper: vec4u, // elements of the plane
  below: u32, // from them to the lower ones
  is_real: u32, // 1, or 0: none is
}

fn spot_in(place: Place, lane: u32) -> Spot {
  let spot = spot_of(lane) + vec3u(place.image, place.row, place.column);
  let first = spot.yz * STEP + place.odd;
  let is_inside = spot.x < dims.images && first.x < dims.out_height && first.y < dims.out_width;
  let columns = min(first.y + STEP * vec4u(0u, 1u, 2u, 3u), vec4u(dims.out_width - STEP + place.odd.y));
  let below = select(0u, STEP * dims.out_width, first.x + STEP < dims.out_height);
  return Spot(spot.x, first.x * dims.out_width + columns, below, u32(is_inside));
}

// With MOMENTS, where all of it is real, mean and squared deviations of what it writes.
fn put(spot: Spot, channel: u32, upper: vec4f, lower: vec4f) -> vec2f {
  if (channel >= dims.writes || spot.is_real == 0u) {
    return vec2f();
  }
  let plane = planes_before(spot.image, channel, dims.writes, dims.result_split) + channel;
  let i = plane * dims.out_height * dims.out_width + spot.upper;
  let level = level_of(spot.image, channel, dims);
  let b = vec4f(put_line(lower + level, i + spot.below, dims.has_added));
  let a = vec4f(put_line(upper + level, i, dims.has_added));
  if (MOMENTS == 0u) {
    return vec2f();
  }
  let mean = dot(a + b, vec4f(0.125));
  return vec2f(mean, dot(a - mean, a - mean) + dot(b - mean, b - mean));
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

// Says what it wrote.
fn put_line(values: vec4f, i: vec4u, has_added: u32) -> elem4 {
  var sum = values;
  if (has_added == 1u) {
    sum += vec4f(elem4(added[i.x], added[i.y], added[i.z], added[i.w]));
  }
  let y = elem4(sum);
  result[i.w] = y.w;
  result[i.z] = y.z;
  result[i.y] = y.y;
  result[i.x] = y.x;
  return y;
}

// Of four channels.
struct Spread {
  mean: vec4f,
  squares: vec4f, // Σ (y − mean)²
}

fn put_block(spot: Spot, channel: u32, y: Block) -> Spread {
  let a = put(spot, channel, y.upper[0], y.lower[0]);
  let b = put(spot, channel + 1u, y.upper[1], y.lower[1]);
  let c = put(spot, channel + 2u, y.upper[2], y.lower[2]);
  let d = put(spot, channel + 3u, y.upper[3], y.lower[3]);
  return Spread(vec4f(a.x, b.x, c.x, d.x), vec4f(a.y, b.y, c.y, d.y));
}

// contract: call in uniform control flow, it holds barriers.
fn put_moments(place: Place, lane: u32, channel: u32, own: Spread) {
  taps[lane] = own.mean; // nobody reads what lay there
  taps[WG + lane] = own.squares;
  workgroupBarrier();
  if (lane < 8u * IMAGES) {
    put_spread(place, lane, channel, spread_of(lane));
  }
  workgroupBarrier();
}

// Of an image's pixels in the tile: of its lanes' eights.
fn spread_of(lane: u32) -> Spread {
  let first = lane / 8u * (WG / IMAGES) + lane % 8u;
  var all = Spread();
  for (var i = 0u; i < WG / 8u / IMAGES; i++) {
    let delta = taps[first + i * 8u] - all.mean;
    let share = 1.0 / f32(i + 1u);
    all.mean += delta * share;
    all.squares += taps[WG + first + i * 8u] + delta * delta * (8.0 * f32(i) * share);
  }
  return all;
}

fn put_spread(place: Place, lane: u32, channel: u32, all: Spread) {
  let image = place.image + lane / 8u;
  let of_parity = place.row / ROWS * dims.tiles_across + place.column / COLUMNS;
  let tile = of_parity * PARITIES + 2u * place.odd.x + place.odd.y;
  for (var k = 0u; k < 4u; k++) {
    if (image < dims.images && channel + k < dims.writes) {
      let plane = image * dims.writes + channel + k;
      let at = plane * dims.tiles_down * dims.tiles_across * PARITIES + tile;
      moments[at] = Moments(f32(WG / IMAGES), all.mean[k], all.squares[k]);
    }
  }
}

fn keep_block(part: u32, spot: Spot, channel: u32, y: Block) {
  keep(part, spot, channel, y.upper[0], y.lower[0]);
  keep(part, spot, channel + 1u, y.upper[1], y.lower[1]);
  keep(part, spot, channel + 2u, y.upper[2], y.lower[2]);
  keep(part, spot, channel + 3u, y.upper[3], y.lower[3]);
}

fn keep(part: u32, spot: Spot, channel: u32, upper: vec4f, lower: vec4f) {
  if (channel < dims.writes && spot.is_real == 1u) {
    let plane = (part * dims.images + spot.image) * dims.writes + channel;
    let i = plane * dims.out_height * dims.out_width + spot.upper;
    keep_line(lower, i + spot.below);
    keep_line(upper, i);
  }
}

fn keep_line(sum: vec4f, i: vec4u) {
  part_sums[i.w] = sum.w;
  part_sums[i.z] = sum.z;
  part_sums[i.y] = sum.y;
  part_sums[i.x] = sum.x;
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
  let channel = place.channel + lane % 8u * 4u;
  let a = put_block(spot, channel, y.a);
  let b = put_block(spot, channel + OUT / 2u, y.b);
  if (MOMENTS == 1u) {
    put_moments(place, lane, channel, a);
    put_moments(place, lane, channel + OUT / 2u, b);
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
  let channel = place.channel + lane % 8u * 4u;
  keep_block(place.part, spot, channel, y.a);
  keep_block(place.part, spot, channel + OUT / 2u, y.b);
}

@compute @workgroup_size(WG)
fn finish(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * WG + lane;
  var value = 0.0;
  if (at < count_of_all()) {
    value = put_sum(at);
  }
  if (MOMENTS == 1u) {
    put_moments_of_neighbours(at, lane, value);
  }
}

fn count_of_all() -> u32 {
  return dims.images * dims.writes * dims.out_height * dims.out_width;
}

// An element of all parts; what it writes.
fn put_sum(at: u32) -> f32 {
  let pixels = dims.out_height * dims.out_width;
  let n = at / pixels / dims.writes;
  let o = at / pixels % dims.writes;
  let to = (planes_before(n, o, dims.writes, dims.result_split) + o) * pixels + at % pixels;
  var sum = 0.0;
  for (var i = 0u; i < dims.parts; i++) {
    sum += all_sums[i * count_of_all() + at];
  }
  sum += level_of(n, o, dims);
  if (dims.has_added == 1u) {
    sum += f32(added[to]);
  }
  result[to] = elem(sum);
  return f32(elem(sum));
}

var<workgroup> spreads: array<vec2f, WG>;

// Of a channel's pixels in the workgroup: pairs join, until one has all; mean and squared deviations.
// contract: call in uniform control flow, it holds barriers.
fn put_moments_of_neighbours(at: u32, lane: u32, value: f32) {
  let count = min(dims.out_height * dims.out_width, WG); // a power of two
  var own = vec2f(value, 0.0);
  for (var half = 1u; half < count; half *= 2u) {
    spreads[lane] = own;
    workgroupBarrier();
    let other = spreads[lane ^ half];
    workgroupBarrier();
    let delta = other.x - own.x;
    own = vec2f((own.x + other.x) * 0.5, (own.y + other.y) + delta * delta * (f32(half) * 0.5));
  }
  if (lane % count == 0u && at < count_of_all()) {
    moments[at / count] = Moments(f32(count), own.x, own.y);
  }
}
