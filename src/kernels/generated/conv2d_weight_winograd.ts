// Generated from shaders/conv2d_weight_winograd.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  tile: { dims: "images" | "in_channels" | "out_channels" | "rows" | "columns" | "x_rows" | "x_columns" | "top" | "left" | "turns_down" | "turns_across" | "turns" | "turns_a_part"; dy: true; x: true; partials: true };
};

export const conv2d_weight_winograd: ShaderFamily<Binds> = {
  name: "conv2d_weight_winograd",
  hash: "5ad1c6b5",
  text: [`




















alias elem = f32;

const COLUMNS: u32 = 8u;

const WG: u32 = 256u;
const SIDE: u32 = 32u;
const ROWS: u32 = 16u / COLUMNS;
const QUADS: u32 = COLUMNS / 4u;
const PATCH_QUADS: u32 = QUADS + 1u;
const PIXELS: u32 = 4u;
const PATCH: u32 = 12u;
const PIXEL_PITCH: u32 = 5u;
const PATCH_PITCH: u32 = 13u;

struct Dims {
  images: u32,
  in_channels: u32,
  out_channels: u32,
  rows: u32,
  columns: u32,
  x_rows: u32,
  x_columns: u32,
  top: u32,
  left: u32,
  turns_down: u32,
  turns_across: u32,
  turns: u32,
  turns_a_part: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> dy: array<elem>;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;



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

fn outputs_at(image: u32, channel: u32, row: u32, column: u32) -> vec4f {
  if (channel >= dims.out_channels || row >= dims.rows) {
    return vec4f();
  }
  let columns = column + vec4u(0u, 1u, 2u, 3u);
  let start = ((image * dims.out_channels + channel) * dims.rows + row) * dims.columns;
  let at = start + min(columns, vec4u(dims.columns - 1u));
  let values = vec4f(f32(dy[at.x]), f32(dy[at.y]), f32(dy[at.z]), f32(dy[at.w]));
  return select(vec4f(), values, columns < vec4u(dims.columns));
}


fn pixels_at(image: u32, channel: u32, row: u32, column: u32) -> vec4f {
  let end = dims.left + dims.x_columns;
  let is_row = row >= dims.top && row < dims.top + dims.x_rows;
  if (channel >= dims.in_channels || !is_row) {
    return vec4f();
  }
  let columns = column + vec4u(0u, 1u, 2u, 3u);
  let x_row = (image * dims.in_channels + channel) * dims.x_rows + row - dims.top;
  let inside = clamp(columns, vec4u(dims.left), vec4u(end - 1u)) - dims.left;
  let at = x_row * dims.x_columns + inside;
  let pixels = vec4f(f32(x[at.x]), f32(x[at.y]), f32(x[at.z]), f32(x[at.w]));
  return select(vec4f(), pixels, (columns >= vec4u(dims.left)) & (columns < vec4u(end)));
}


fn patch_at(turn: u32, first: u32, i: u32) -> vec4f {
  let place = place_of(turn);
  let row = place.row + i % PATCH / PATCH_QUADS;
  let column = place.column + i % PATCH % PATCH_QUADS * 4u;
  return pixels_at(place.image, first + i / PATCH, row, column);
}

fn output_at(turn: u32, first: u32, i: u32) -> vec4f {
  let place = place_of(turn);
  let row = place.row + i % PIXELS / QUADS;
  let column = place.column + i % PIXELS % QUADS * 4u;
  return outputs_at(place.image, first + i / PIXELS, row, column);
}


struct Loaded {
  pixels: vec4f,
  other: vec4f,
}

fn load(turn: u32, channels: vec2u, lane: u32) -> Loaded {
  let pixels = patch_at(turn, channels.x, lane);
  if (lane < SIDE * PATCH - WG) {
    return Loaded(pixels, patch_at(turn, channels.x, WG + lane));
  }
  return Loaded(pixels, output_at(turn, channels.y, lane + WG - SIDE * PATCH));
}



const OUTPUTS: u32 = 512u;

var<workgroup> staged: array<vec4f, 1024>;

fn put_loaded(loaded: Loaded, lane: u32) {
  staged[lane / PATCH * PATCH_PITCH + lane % PATCH] = loaded.pixels;
  if (lane < SIDE * PATCH - WG) {
    let i = WG + lane;
    staged[i / PATCH * PATCH_PITCH + i % PATCH] = loaded.other;
  } else {
    let i = lane + WG - SIDE * PATCH;
    staged[OUTPUTS + i / PIXELS * PIXEL_PITCH + i % PIXELS] = loaded.other;
  }
}


alias Row = mat4x4f;


fn transform_patches(channel: u32, row: u32) -> Row {
  let other_half = select(1u, 2u * PATCH_QUADS, COLUMNS == 4u);
  let rows = vec2u(select(row, 1u, row == 3u), select(select(2u, 1u, row == 2u), 3u, row == 3u));
  let at = channel * PATCH_PITCH + rows * PATCH_QUADS;
  let sign = select(-1.0, 1.0, row == 1u);
  let a = staged[at.x] + sign * staged[at.y];
  let b = staged[at.x + 1u] + sign * staged[at.y + 1u];
  let c = staged[at.x + other_half] + sign * staged[at.y + other_half];
  let d = staged[at.x + other_half + 1u] + sign * staged[at.y + other_half + 1u];
  let first = vec4f(a.xz, c.xz);
  let second = vec4f(a.yw, c.yw);
  let third = vec4f(a.z, b.x, c.z, d.x);
  let fourth = vec4f(a.w, b.y, c.w, d.y);
  return Row(first - third, second + third, third - second, second - fourth);
}


fn transform_outputs(channel: u32, row: u32) -> Row {
  let other_half = select(1u, 2u * QUADS, COLUMNS == 4u);
  let at = OUTPUTS + channel * PIXEL_PITCH;
  let upper = select(1.0, 0.0, row == 3u);
  let lower = select(select(-1.0, 1.0, row == 1u), 0.0, row == 0u);
  let a = upper * staged[at] + lower * staged[at + QUADS];
  let c = upper * staged[at + other_half] + lower * staged[at + other_half + QUADS];
  let left = vec4f(a.xz, c.xz);
  let right = vec4f(a.yw, c.yw);
  return Row(left, left + right, left - right, -right);
}


fn transform(lane: u32) -> Row {
  let row = lane / SIDE % 4u;
  if (lane < WG / 2u) {
    return transform_patches(lane % SIDE, row);
  }
  return transform_outputs(lane % SIDE, row);
}

fn put_row(row: Row, lane: u32) {
  let at = lane / (WG / 2u) * OUTPUTS + lane / SIDE % 4u * 4u * SIDE + lane % SIDE;
  staged[at] = row[0];
  staged[at + SIDE] = row[1];
  staged[at + 2u * SIDE] = row[2];
  staged[at + 3u * SIDE] = row[3];
}



alias Line = mat2x4f;
alias Sums = array<Line, 8>;


fn four_channels(at: u32) -> mat4x4f {
  return transpose(mat4x4f(staged[at], staged[at + 4u], staged[at + 8u], staged[at + 12u]));
}

fn add_line(sums: Line, at: u32, near: mat4x4f, far: mat4x4f) -> Line {
  let tiles = staged[at];
  return Line(add_four(sums[0], tiles, near), add_four(sums[1], tiles, far));
}

fn add_four(sums: vec4f, w: vec4f, v: mat4x4f) -> vec4f {
  return fma(vec4f(w.w), v[3], fma(vec4f(w.z), v[2], fma(vec4f(w.y), v[1], fma(vec4f(w.x), v[0], sums))));
}


fn multiply(w: Sums, lane: u32) -> Sums {
  let place = lane / 16u * SIDE;
  let near = four_channels(place + lane % 4u);
  let far = four_channels(place + lane % 4u + 16u);
  let at = OUTPUTS + place + lane / 4u % 4u;
  return Sums(
    add_line(w[0], at, near, far), add_line(w[1], at + 4u, near, far),
    add_line(w[2], at + 8u, near, far), add_line(w[3], at + 12u, near, far),
    add_line(w[4], at + 16u, near, far), add_line(w[5], at + 20u, near, far),
    add_line(w[6], at + 24u, near, far), add_line(w[7], at + 28u, near, far));
}





fn finish(turn: u32, one: Line, other: Line, group: vec3u, lane: u32) {
  let to = lane / 16u * 64u + lane % 16u;
  workgroupBarrier();
  staged[to] = one[0];
  staged[to + 16u] = one[1];
  staged[to + 32u] = other[0];
  staged[to + 48u] = other[1];
  workgroupBarrier();
  let o = turn * 8u + lane / SIDE;
  let c = lane % SIDE;
  let first = lane / 128u * 32u + c / 16u * 16u + lane / SIDE % 4u * 4u + c % 4u;
  put(group.z, group.y * SIDE + o, group.x * SIDE + c, first, c / 4u % 4u);
}

fn put(part: u32, o: u32, c: u32, first: u32, component: u32) {
  if (o >= dims.out_channels || c >= dims.in_channels) {
    return;
  }
  let a = places_at(first, component);
  let b = places_at(first + 256u, component);
  let d = places_at(first + 512u, component);
  let e = places_at(first + 768u, component);
  let at = ((part * dims.out_channels + o) * dims.in_channels + c) * 9u;
  let ends = 0.5 * (b + d);
  put_taps(at, a + ends);
  put_taps(at + 3u, 0.5 * (b - d));
  put_taps(at + 6u, ends + e);
}

fn places_at(i: u32, component: u32) -> vec4f {
  return vec4f(
    staged[i][component], staged[i + 64u][component],
    staged[i + 128u][component], staged[i + 192u][component]);
}

fn put_taps(at: u32, m: vec4f) {
  let ends = 0.5 * (m.y + m.z);
  partials[at] = m.x + ends;
  partials[at + 1u] = 0.5 * (m.y - m.z);
  partials[at + 2u] = ends + m.w;
}

@compute @workgroup_size(WG)
fn tile(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channels = group.xy * SIDE;
  let first_turn = group.z * dims.turns_a_part;
  let end = min(first_turn + dims.turns_a_part, dims.turns);
  var loaded = load(first_turn, channels, lane);
  var w = Sums();
  for (var turn = first_turn; turn < end; turn++) {
    workgroupBarrier();
    put_loaded(loaded, lane);
    workgroupBarrier();
    let row = transform(lane);
    workgroupBarrier();
    put_row(row, lane);
    workgroupBarrier();
    if (turn + 1u < end) {
      loaded = load(turn + 1u, channels, lane);
    }
    w = multiply(w, lane);
  }
  finish(0u, w[0], w[1], group, lane);
  finish(1u, w[2], w[3], group, lane);
  finish(2u, w[4], w[5], group, lane);
  finish(3u, w[6], w[7], group, lane);
}`],
};
