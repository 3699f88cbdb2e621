// Generated from shaders/conv2d_winograd.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  transform_weight: { dims: "images" | "reads" | "writes" | "height" | "width" | "out_height" | "out_width" | "top" | "left" | "tiles_down" | "tiles_across" | "tiles" | "padded_reads" | "padded_writes" | "padded_tiles" | "read_step" | "write_step" | "first_tap" | "tap_step" | "turns" | "has_bias" | "has_added" | "rows_step" | "rows_first"; weight: true; taps: true };
  transform_source: { dims: "images" | "reads" | "writes" | "height" | "width" | "out_height" | "out_width" | "top" | "left" | "tiles_down" | "tiles_across" | "tiles" | "padded_reads" | "padded_writes" | "padded_tiles" | "read_step" | "write_step" | "first_tap" | "tap_step" | "turns" | "has_bias" | "has_added" | "rows_step" | "rows_first"; source: true; patches: true };
  tile: { dims: "images" | "reads" | "writes" | "height" | "width" | "out_height" | "out_width" | "top" | "left" | "tiles_down" | "tiles_across" | "tiles" | "padded_reads" | "padded_writes" | "padded_tiles" | "read_step" | "write_step" | "first_tap" | "tap_step" | "turns" | "has_bias" | "has_added" | "rows_step" | "rows_first"; products: true; all_taps: true; all_patches: true };
  finish: { dims: "images" | "reads" | "writes" | "height" | "width" | "out_height" | "out_width" | "top" | "left" | "tiles_down" | "tiles_across" | "tiles" | "padded_reads" | "padded_writes" | "padded_tiles" | "read_step" | "write_step" | "first_tap" | "tap_step" | "turns" | "has_bias" | "has_added" | "rows_step" | "rows_first"; bias: true; rows: true; added: true; result: true; all_products: true };
};

export const conv2d_winograd: ShaderFamily<Binds> = {
  name: "conv2d_winograd",
  hash: "bd281737",
  text: [`
























alias elem = f32;

const WG: u32 = 64u;

struct Dims {
  images: u32,
  reads: u32,
  writes: u32,
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  top: u32,
  left: u32,
  tiles_down: u32,
  tiles_across: u32,
  tiles: u32,
  padded_reads: u32,
  padded_writes: u32,
  padded_tiles: u32,
  read_step: u32,
  write_step: u32,
  first_tap: u32,
  tap_step: u32,
  turns: u32,
  has_bias: u32,
  has_added: u32,
  rows_step: u32,
  rows_first: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> source: array<elem>;
@group(0) @binding(2) var<storage, read> weight: array<elem>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read> added: array<elem>;
@group(0) @binding(6) var<storage, read_write> result: array<elem>;
@group(0) @binding(7) var<storage, read_write> taps: array<f32>;
@group(0) @binding(8) var<storage, read_write> patches: array<f32>;
@group(0) @binding(9) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(10) var<storage, read> all_taps: array<vec4f>;
@group(0) @binding(11) var<storage, read> all_patches: array<vec4f>;
@group(0) @binding(12) var<storage, read> all_products: array<f32>;

struct Lane {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
}

fn index_of(lane: Lane) -> u32 {
  return (lane.group.y * lane.groups.x + lane.group.x) * WG + lane.index;
}



@compute @workgroup_size(WG)
fn transform_weight(lane: Lane) {
  let d = dims;
  let index = index_of(lane);
  if (index >= d.padded_reads * d.padded_writes) {
    return;
  }
  let c = index / d.padded_writes;
  let o = index % d.padded_writes;
  let is_real = c < d.reads && o < d.writes;
  let i = select(0u, c * d.read_step + o * d.write_step, is_real) + d.first_tap;
  let g = array<vec3f, 3>(taps_of(i, d), taps_of(i + 3u * d.tap_step, d), taps_of(i + 6u * d.tap_step, d));
  let ends = 0.5 * (g[0] + g[2]);
  let inside = f32(is_real);
  put_taps(index, 0u, inside * g[0], d);
  put_taps(index, 4u, inside * (ends + 0.5 * g[1]), d);
  put_taps(index, 8u, inside * (ends - 0.5 * g[1]), d);
  put_taps(index, 12u, inside * g[2], d);
}

fn taps_of(i: u32, d: Dims) -> vec3f {
  return vec3f(f32(weight[i]), f32(weight[i + d.tap_step]), f32(weight[i + 2u * d.tap_step]));
}

fn put_taps(index: u32, place: u32, g: vec3f, d: Dims) {
  let step = d.padded_reads * d.padded_writes;
  let to = index + place * step;
  let ends = 0.5 * (g.x + g.z);
  taps[to] = g.x;
  taps[to + step] = ends + 0.5 * g.y;
  taps[to + 2u * step] = ends - 0.5 * g.y;
  taps[to + 3u * step] = g.z;
}



struct Spot {
  image: u32,
  row: u32,
  column: u32,
}

fn spot_of(index: u32, d: Dims) -> Spot {
  let across = index % d.tiles_across;
  let down = index / d.tiles_across % d.tiles_down;
  return Spot(index / d.tiles_across / d.tiles_down, 2u * down, 2u * across);
}

@compute @workgroup_size(WG)
fn transform_source(lane: Lane) {
  let d = dims;
  let index = index_of(lane);
  let channel = lane.group.z;
  if (index >= d.padded_tiles) {
    return;
  }
  let is_real = index < d.tiles && channel < d.reads;
  let spot = spot_of(select(0u, index, is_real), d);
  let plane = (spot.image * d.reads + select(0u, channel, is_real)) * d.height * d.width;
  let x = spot.column + vec4u(0u, 1u, 2u, 3u);
  let end = d.left + d.width;
  let columns = clamp(x, vec4u(d.left), vec4u(end - 1u)) - d.left;
  let inside = f32(is_real) * vec4f((x >= vec4u(d.left)) & (x < vec4u(end)));
  let a = pixels_at(plane, spot.row, columns, d);
  let b = pixels_at(plane, spot.row + 1u, columns, d);
  let c = pixels_at(plane, spot.row + 2u, columns, d);
  let e = pixels_at(plane, spot.row + 3u, columns, d);
  let to = channel * d.padded_tiles + index;
  put_patch(to, 0u, inside * (a - c), d);
  put_patch(to, 4u, inside * (b + c), d);
  put_patch(to, 8u, inside * (c - b), d);
  put_patch(to, 12u, inside * (b - e), d);
}


fn pixels_at(plane: u32, y: u32, columns: vec4u, d: Dims) -> vec4f {
  let end = d.top + d.height;
  let inside = f32(y >= d.top && y < end);
  let i = plane + (clamp(y, d.top, end - 1u) - d.top) * d.width + columns;
  return inside * vec4f(f32(source[i.x]), f32(source[i.y]), f32(source[i.z]), f32(source[i.w]));
}

fn put_patch(first: u32, place: u32, v: vec4f, d: Dims) {
  let step = d.padded_reads * d.padded_tiles;
  let to = first + place * step;
  patches[to] = v.x - v.z;
  patches[to + step] = v.y + v.z;
  patches[to + 2u * step] = v.z - v.y;
  patches[to + 3u * step] = v.y - v.w;
}



const DEPTH: u32 = 8u;
const TILES: u32 = 32u;
const OUT: u32 = 16u;

var<workgroup> staged_patches: array<vec4f, DEPTH * TILES>;
var<workgroup> staged_taps: array<vec4f, DEPTH * OUT>;

alias Eight = array<vec4f, 8>;

fn times(sums: Eight, w: vec4f, v: vec4f, p: vec4f) -> Eight {
  return Eight(
    fma(vec4f(w.x), p, sums[0]), fma(vec4f(w.y), p, sums[1]),
    fma(vec4f(w.z), p, sums[2]), fma(vec4f(w.w), p, sums[3]),
    fma(vec4f(v.x), p, sums[4]), fma(vec4f(v.y), p, sums[5]),
    fma(vec4f(v.z), p, sums[6]), fma(vec4f(v.w), p, sums[7]));
}


@compute @workgroup_size(128)
fn tile(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let wide = dims.padded_tiles / 4u;
  let out = dims.padded_writes / 4u;
  let patch_row = lane / TILES;
  let tap_row = lane / OUT;
  let place = group.y * dims.padded_reads;
  var patch_at = (place + patch_row) * wide + group.x * TILES + lane % TILES;
  var tap_at = (place + tap_row) * out + group.z * OUT + lane % OUT;
  var first = all_patches[patch_at];
  var second = all_patches[patch_at + 4u * wide];
  var weights = all_taps[tap_at];
  let column = lane % 16u;
  let row = lane / 16u;
  var near: Eight;
  var far: Eight;
  for (var turn = 0u; turn < dims.turns; turn++) {
    workgroupBarrier();
    staged_patches[lane] = first;
    staged_patches[lane + 128u] = second;
    staged_taps[lane] = weights;
    workgroupBarrier();
    if (turn + 1u < dims.turns) {
      patch_at += DEPTH * wide;
      tap_at += DEPTH * out;
      first = all_patches[patch_at];
      second = all_patches[patch_at + 4u * wide];
      weights = all_taps[tap_at];
    }
    for (var k = 0u; k < DEPTH; k++) {
      let w = staged_taps[k * OUT + row * 2u];
      let v = staged_taps[k * OUT + row * 2u + 1u];
      near = times(near, w, v, staged_patches[k * TILES + column]);
      far = times(far, w, v, staged_patches[k * TILES + column + 16u]);
    }
  }
  let channel = (group.z * OUT + row * 2u) * 4u;
  let to = (group.y * dims.padded_writes + channel) * wide + group.x * TILES + column;
  put_eight(near, to, wide);
  put_eight(far, to + 16u, wide);
}

fn put_eight(sums: Eight, to: u32, step: u32) {
  products[to] = sums[0];
  products[to + step] = sums[1];
  products[to + 2u * step] = sums[2];
  products[to + 3u * step] = sums[3];
  products[to + 4u * step] = sums[4];
  products[to + 5u * step] = sums[5];
  products[to + 6u * step] = sums[6];
  products[to + 7u * step] = sums[7];
}


@compute @workgroup_size(WG)
fn finish(lane: Lane) {
  let d = dims;
  let index = index_of(lane);
  if (index >= d.tiles) {
    return;
  }
  let channel = lane.group.z;
  let at = channel * d.padded_tiles + index;
  let a = products_of(at, 0u, d);
  let b = products_of(at, 4u, d);
  let c = products_of(at, 8u, d);
  let e = products_of(at, 12u, d);
  let above = a + b + c;
  let below = b - c - e;
  put_tile(index, channel, vec4f(
    above.x + above.y + above.z, above.y - above.z - above.w,
    below.x + below.y + below.z, below.y - below.z - below.w), d);
}

fn products_of(at: u32, place: u32, d: Dims) -> vec4f {
  let step = d.padded_writes * d.padded_tiles;
  let i = at + place * step;
  return vec4f(
    all_products[i], all_products[i + step], all_products[i + 2u * step], all_products[i + 3u * step]);
}


fn put_tile(index: u32, channel: u32, values: vec4f, d: Dims) {
  let spot = spot_of(index, d);
  let plane = spot.image * d.writes + channel;
  let y = min(vec2u(spot.row, spot.row + 1u), vec2u(d.out_height - 1u));
  let x = min(vec2u(spot.column, spot.column + 1u), vec2u(d.out_width - 1u));
  let at = (plane * d.out_height + y.xxyy) * d.out_width + x.xyxy;
  var sums = values;
  if (d.has_bias == 1u) {
    sums += bias[channel];
  }
  if (d.rows_step != 0u) {
    sums += rows[spot.image * d.rows_step + d.rows_first + channel];
  }
  if (d.has_added == 1u) {
    sums += vec4f(f32(added[at.x]), f32(added[at.y]), f32(added[at.z]), f32(added[at.w]));
  }
  result[at.w] = elem(sums.w);
  result[at.z] = elem(sums.z);
  result[at.y] = elem(sums.y);
  result[at.x] = elem(sums.x);
}`],
};
