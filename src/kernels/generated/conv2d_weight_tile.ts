// Generated from shaders/conv2d_weight_tile.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  tile: { dims: "images" | "a_channels" | "b_channels" | "split" | "rows" | "columns" | "q_rows" | "q_columns" | "top" | "left" | "a_step" | "b_step" | "weights" | "turns_down" | "turns_across" | "turns" | "turns_a_part"; p: true; q: true; partials: true; lines: true };
};

export const conv2d_weight_tile: ShaderFamily<Binds> = {
  name: "conv2d_weight_tile",
  hash: "c3235b36",
  text: [`



















alias elem = f32;

const NORMED: u32 = 0u;
const STRIDE: u32 = 1u;
const BOXED: u32 = 0u;
const COLUMNS: u32 = 8u;
const ROWS: u32 = 4u;

const WG: u32 = 128u;
const SIDE: u32 = 32u;
const QUADS: u32 = COLUMNS / 4u;
const PIXELS: u32 = ROWS * QUADS;
const PATCH_QUADS: u32 = QUADS * STRIDE + 1u;
const PATCH_ROWS: u32 = (ROWS - 1u) * STRIDE + 3u;
const PATCH: u32 = PATCH_ROWS * PATCH_QUADS;
const PITCH: u32 = PATCH | 1u;

struct Dims {
  images: u32,
  a_channels: u32,
  b_channels: u32,
  split: u32,
  rows: u32,
  columns: u32,
  q_rows: u32,
  q_columns: u32,
  top: u32,
  left: u32,
  a_step: u32,
  b_step: u32,
  weights: u32,
  turns_down: u32,
  turns_across: u32,
  turns: u32,
  turns_a_part: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> p: array<elem>;
@group(0) @binding(2) var<storage, read> q: array<elem>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read> lines: array<Line>;


struct Line {
  mean: f32,
  factor: f32,
  offset: f32,
}



var<workgroup> walked: array<vec4f, SIDE * PIXELS>;
var<workgroup> patches: array<vec4f, SIDE * PITCH>;

struct Place {
  image: u32,
  row: u32,
  column: u32,
}

fn place_of(turn: u32) -> Place {
  let across = turn % dims.turns_across;
  let down = turn / dims.turns_across % dims.turns_down;
  return Place(turn / dims.turns_across / dims.turns_down, down * ROWS, across * COLUMNS);
}

fn stage_walked(place: Place, first: u32, lane: u32) {
  for (var i = 0u; i < SIDE * PIXELS / WG; i++) {
    let at = i * WG + lane;
    let row = place.row + at / QUADS % ROWS;
    let column = place.column + at % QUADS * 4u;
    walked[at] = walked_at(place.image, first + at / PIXELS, row, column);
  }
}

fn walked_at(image: u32, channel: u32, row: u32, column: u32) -> vec4f {
  if (channel >= dims.a_channels || row >= dims.rows) {
    return vec4f();
  }
  let columns = column + vec4u(0u, 1u, 2u, 3u);
  let start = ((image * dims.a_channels + channel) * dims.rows + row) * dims.columns;
  let at = start + min(columns, vec4u(dims.columns - 1u));
  let values = vec4f(f32(p[at.x]), f32(p[at.y]), f32(p[at.z]), f32(p[at.w]));
  return select(vec4f(), values, columns < vec4u(dims.columns));
}

fn stage_patches(place: Place, first: u32, lane: u32) {
  for (var i = 0u; i < (SIDE * PATCH + WG - 1u) / WG; i++) {
    let at = i * WG + lane;
    if (at < SIDE * PATCH) {
      let row = place.row * STRIDE + at / PATCH_QUADS % PATCH_ROWS;
      let column = place.column * STRIDE + at % PATCH_QUADS * 4u;
      let pixels = pixels_at(place.image, first + at / PATCH, row, column);
      patches[at / PATCH * PITCH + at % PATCH] = pixels;
    }
  }
}


fn pixels_at(image: u32, channel: u32, row: u32, column: u32) -> vec4f {
  var sum = vec4f();
  for (var i = 0u; i < 1u + 3u * BOXED; i++) {
    sum += line_at(image, channel, row + i / 2u, column + i % 2u);
  }
  return sum;
}

fn line_at(image: u32, channel: u32, row: u32, column: u32) -> vec4f {
  let end = dims.left + dims.q_columns;
  let is_row = row >= dims.top && row < dims.top + dims.q_rows;
  if (channel >= dims.b_channels || !is_row) {
    return vec4f();
  }
  let columns = column + vec4u(0u, 1u, 2u, 3u);
  let plane = planes_before(image, channel, dims.b_channels, dims.split) + channel;
  let inside = clamp(columns, vec4u(dims.left), vec4u(end - 1u)) - dims.left;
  let at = (plane * dims.q_rows + row - dims.top) * dims.q_columns + inside;
  let pixels = vec4f(f32(q[at.x]), f32(q[at.y]), f32(q[at.z]), f32(q[at.w]));
  return select(vec4f(), finished(image, channel, pixels), (columns >= vec4u(dims.left)) & (columns < vec4u(end)));
}


fn planes_before(n: u32, c: u32, channels: u32, split: u32) -> u32 {
  return select(n * (channels - split) + (dims.images - 1u) * split, n * split, c < split);
}

fn finished(image: u32, channel: u32, pixels: vec4f) -> vec4f {
  var z = pixels;
  if (NORMED != 0u) {
    let line = lines[image * dims.b_channels + channel];
    z = (z - line.mean) * line.factor + line.offset;
  }
  if (NORMED == 2u) {
    z /= 1.0 + exp(min(-z, vec4f(87.0)));
  }
  return z;
}



alias Taps = mat3x3f;
alias Sums = array<Taps, 8>;


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

fn multiply(w: Taps, d: vec4f, a: Row, b: Row, c: Row) -> Taps {
  return Taps(add_dots(w[0], d, a), add_dots(w[1], d, b), add_dots(w[2], d, c));
}

fn add_dots(w: vec3f, d: vec4f, row: Row) -> vec3f {
  return vec3f(add_dot(w.x, d, row.left), add_dot(w.y, d, row.middle), add_dot(w.z, d, row.right));
}

fn add_dot(sum: f32, a: vec4f, b: vec4f) -> f32 {
  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}


fn multiply_pixels(w: Sums, walk: u32, pixel: u32) -> Sums {
  let a = row_at(pixel);
  let b = row_at(pixel + PATCH_QUADS);
  let c = row_at(pixel + 2u * PATCH_QUADS);
  let d = row_at(pixel + 3u * PATCH_QUADS);
  let upper = multiply_row(w, walk, a, b, c);
  if (STRIDE == 1u) {
    return multiply_row(upper, walk + QUADS, b, c, d);
  }
  return multiply_row(upper, walk + QUADS, c, d, row_at(pixel + 4u * PATCH_QUADS));
}

fn multiply_row(w: Sums, walk: u32, a: Row, b: Row, c: Row) -> Sums {
  return Sums(
    multiply(w[0], walked[walk], a, b, c),
    multiply(w[1], walked[walk + PIXELS], a, b, c),
    multiply(w[2], walked[walk + 2u * PIXELS], a, b, c),
    multiply(w[3], walked[walk + 3u * PIXELS], a, b, c),
    multiply(w[4], walked[walk + 4u * PIXELS], a, b, c),
    multiply(w[5], walked[walk + 5u * PIXELS], a, b, c),
    multiply(w[6], walked[walk + 6u * PIXELS], a, b, c),
    multiply(w[7], walked[walk + 7u * PIXELS], a, b, c));
}



fn put(part: u32, a: u32, b: u32, w: Taps) {
  if (a >= dims.a_channels || b >= dims.b_channels) {
    return;
  }
  let at = part * dims.weights + a * dims.a_step + b * dims.b_step;
  if (BOXED == 1u) {
    put_row(at, w[2].zyx);
    put_row(at + 3u, w[1].zyx);
    put_row(at + 6u, w[0].zyx);
    return;
  }
  put_row(at, w[0]);
  put_row(at + 3u, w[1]);
  put_row(at + 6u, w[2]);
}

fn put_row(at: u32, w: vec3f) {
  partials[at] = w.x;
  partials[at + 1u] = w.y;
  partials[at + 2u] = w.z;
}

@compute @workgroup_size(WG)
fn tile(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_turn = group.z * dims.turns_a_part;
  let own = lane % SIDE;
  let first = lane / SIDE * 8u;
  let end = min(first_turn + dims.turns_a_part, dims.turns);
  var w = Sums();
  for (var turn = first_turn; turn < end; turn++) {
    let place = place_of(turn);
    stage_walked(place, group.y * SIDE, lane);
    stage_patches(place, group.x * SIDE, lane);
    workgroupBarrier();
    for (var i = 0u; i < PIXELS / 2u; i++) {
      let row = i / QUADS * 2u;
      let quad = i % QUADS;
      w = multiply_pixels(w, first * PIXELS + row * QUADS + quad,
        own * PITCH + (row * PATCH_QUADS + quad) * STRIDE);
    }
    workgroupBarrier();
  }
  let a = group.y * SIDE + first;
  let b = group.x * SIDE + own;
  put(group.z, a, b, w[0]);
  put(group.z, a + 1u, b, w[1]);
  put(group.z, a + 2u, b, w[2]);
  put(group.z, a + 3u, b, w[3]);
  put(group.z, a + 4u, b, w[4]);
  put(group.z, a + 5u, b, w[5]);
  put(group.z, a + 6u, b, w[6]);
  put(group.z, a + 7u, b, w[7]);
}`],
};
