// Generated from shaders/matmul.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward_tile: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "b_k" | "b_n" | "adds" | "addend_m" | "sums_rows"; a: true; b: true; addend: true; c: true };
  forward_lanes: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "b_k" | "b_n" | "adds" | "addend_m" | "sums_rows"; a: true; b: true; addend: true; c: true };
  backward_input_tile: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "b_k" | "b_n" | "adds" | "addend_m" | "sums_rows"; a: true; b: true; addend: true; c: true };
  backward_weight_tile: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "b_k" | "b_n" | "adds" | "addend_m" | "sums_rows"; a: true; b: true; addend: true; c: true; dbias: true };
  backward_input_lanes: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "b_k" | "b_n" | "adds" | "addend_m" | "sums_rows"; a: true; b: true; addend: true; c: true };
  backward_weight_lanes: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "b_k" | "b_n" | "adds" | "addend_m" | "sums_rows"; a: true; b: true; addend: true; c: true; dbias: true };
};

const t0 = `
















struct Product {
  m: u32,
  n: u32,
  k: u32,
  a_m: u32,
  a_k: u32,
  b_k: u32,
  b_n: u32,
  adds: u32,
  addend_m: u32,
  sums_rows: u32,
}

@group(0) @binding(0) var<uniform> dims: Product;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> addend: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;`;

const t1 = `
@group(0) @binding(5) var<storage, read_write> dbias: array<f32>;`;

const t2 = `


fn outer(sums: mat4x4f, u: vec4f, v: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(u.x), v, sums[0]), fma(vec4f(u.y), v, sums[1]),
    fma(vec4f(u.z), v, sums[2]), fma(vec4f(u.w), v, sums[3]));
}


fn store(row: u32, column: u32, sums: vec4f) {
  if (row >= dims.m || column >= dims.n) {
    return;
  }
  let at = row * dims.n + column;
  let count = min(dims.n - column, 4u);
  var values = sums;
  if (dims.adds != 0u) {
    let source = row * dims.addend_m + column;
    for (var i = 0u; i < count; i++) {
      values[i] += addend[source + i];
    }
  }
  if (count == 4u) {
    c[at] = values.x;
    c[at + 1u] = values.y;
    c[at + 2u] = values.z;
    c[at + 3u] = values.w;
    return;
  }
  for (var i = 0u; i < count; i++) {
    c[at + i] = values[i];
  }
}



const TILE: u32 = 64u;
const STEPS: u32 = 1024u / TILE;
const QUADS: u32 = TILE / 4u;
const PITCH: u32 = QUADS + 1u;

var<workgroup> tile_a: array<vec4f, STEPS * PITCH>;
var<workgroup> tile_b: array<vec4f, STEPS * PITCH>;

alias Brought = array<vec4f, STEPS * QUADS / 64u>;


fn brought(at: u32, stride_k: u32) -> vec2u {
  return select(vec2u(at / QUADS, at % QUADS), vec2u(at % STEPS, at / STEPS), stride_k == 1u);
}

fn load_a(first_m: u32, first_k: u32, lane: u32) -> Brought {
  var loaded: Brought;
  for (var i = 0u; i < STEPS * QUADS / 64u; i++) {
    let place = brought(i * 64u + lane, dims.a_k);
    let k = first_k + place.x;
    let m = first_m + place.y * 4u + vec4u(0u, 1u, 2u, 3u);
    let at = min(m, vec4u(dims.m - 1u)) * dims.a_m + min(k, dims.k - 1u) * dims.a_k;
    let is_in = (m < vec4u(dims.m)) & vec4<bool>(k < dims.k);
    loaded[i] = select(vec4f(), vec4f(a[at.x], a[at.y], a[at.z], a[at.w]), is_in);
  }
  return loaded;
}

fn load_b(first_n: u32, first_k: u32, lane: u32) -> Brought {
  var loaded: Brought;
  for (var i = 0u; i < STEPS * QUADS / 64u; i++) {
    let place = brought(i * 64u + lane, dims.b_k);
    let k = first_k + place.x;
    let n = first_n + place.y * 4u + vec4u(0u, 1u, 2u, 3u);
    let at = min(n, vec4u(dims.n - 1u)) * dims.b_n + min(k, dims.k - 1u) * dims.b_k;
    let is_in = (n < vec4u(dims.n)) & vec4<bool>(k < dims.k);
    loaded[i] = select(vec4f(), vec4f(b[at.x], b[at.y], b[at.z], b[at.w]), is_in);
  }
  return loaded;
}


struct Corners {
  near: mat4x4f,
  right: mat4x4f,
  below: mat4x4f,
  far: mat4x4f,
}

fn add_step(c: Corners, u: u32, v: u32) -> Corners {
  let up = tile_a[u];
  if (TILE == 32u) {
    return Corners(outer(c.near, up, tile_b[v]), c.right, c.below, c.far);
  }
  let down = tile_a[u + QUADS / 2u];
  let left = tile_b[v];
  let right = tile_b[v + QUADS / 2u];
  return Corners(
    outer(c.near, up, left), outer(c.right, up, right),
    outer(c.below, down, left), outer(c.far, down, right));
}

fn store_corner(row: u32, column: u32, sums: mat4x4f) {
  store(row, column, sums[0]);
  store(row + 1u, column, sums[1]);
  store(row + 2u, column, sums[2]);
  store(row + 3u, column, sums[3]);
}



fn multiply_tile(group: vec3u, lane: u32) {
  let first = group.yx * TILE;
  let own = vec2u(lane / 8u, lane % 8u);
  var next_a = load_a(first.x, 0u, lane);
  var next_b = load_b(first.y, 0u, lane);
  var c = Corners();
  for (var turn = 0u; turn < (dims.k + STEPS - 1u) / STEPS; turn++) {
    for (var i = 0u; i < STEPS * QUADS / 64u; i++) {
      let in_a = brought(i * 64u + lane, dims.a_k);
      let in_b = brought(i * 64u + lane, dims.b_k);
      tile_a[in_a.x * PITCH + in_a.y] = next_a[i];
      tile_b[in_b.x * PITCH + in_b.y] = next_b[i];
    }
    workgroupBarrier();
    next_a = load_a(first.x, (turn + 1u) * STEPS, lane);
    next_b = load_b(first.y, (turn + 1u) * STEPS, lane);
    for (var step = 0u; step < STEPS; step++) {
      c = add_step(c, step * PITCH + own.x, step * PITCH + own.y);
    }
    workgroupBarrier();
  }
  let row = first.x + own.x * 4u;
  let column = first.y + own.y * 4u;
  store_corner(row, column, c.near);
  if (TILE == 64u) {
    store_corner(row, column + 32u, c.right);
    store_corner(row + 32u, column, c.below);
    store_corner(row + 32u, column + 32u, c.far);
  }
}

@compute @workgroup_size(64)
fn forward_tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  multiply_tile(group, lane);
}



const LANES: u32 = 4u;
const BLOCKS: u32 = 8u;


fn spread(x: f32) -> vec4f {
  return vec4f(
    subgroupBroadcast(x, 0u),
    subgroupBroadcast(x, 1u),
    subgroupBroadcast(x, 2u),
    subgroupBroadcast(x, 3u),
  );
}


fn multiply_lanes(group: vec3u, lane: u32) {
  let row = group.y * 4u * BLOCKS;
  let column = (group.x * LANES + lane) * 8u;
  let own_row = row + lane % 4u;

  let last = dims.m - 1u;
  let row0 = min(own_row, last) * dims.a_m;
  let row1 = min(own_row + 4u, last) * dims.a_m;
  let row2 = min(own_row + 8u, last) * dims.a_m;
  let row3 = min(own_row + 12u, last) * dims.a_m;
  let row4 = min(own_row + 16u, last) * dims.a_m;
  let row5 = min(own_row + 20u, last) * dims.a_m;
  let row6 = min(own_row + 24u, last) * dims.a_m;
  let row7 = min(own_row + 28u, last) * dims.a_m;

  let left = min(vec4u(column) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.n - 1u)) * dims.b_n;
  let right = min(vec4u(column) + vec4u(4u, 5u, 6u, 7u), vec4u(dims.n - 1u)) * dims.b_n;

  var l0 = mat4x4f();
  var l1 = mat4x4f();
  var l2 = mat4x4f();
  var l3 = mat4x4f();
  var l4 = mat4x4f();
  var l5 = mat4x4f();
  var l6 = mat4x4f();
  var l7 = mat4x4f();
  var r0 = mat4x4f();
  var r1 = mat4x4f();
  var r2 = mat4x4f();
  var r3 = mat4x4f();
  var r4 = mat4x4f();
  var r5 = mat4x4f();
  var r6 = mat4x4f();
  var r7 = mat4x4f();
  for (var k = 0u; k < dims.k; k++) {
    let in_a = k * dims.a_k;
    let in_b = k * dims.b_k;
    let b_l = vec4f(b[in_b + left.x], b[in_b + left.y], b[in_b + left.z], b[in_b + left.w]);
    let b_r = vec4f(b[in_b + right.x], b[in_b + right.y], b[in_b + right.z], b[in_b + right.w]);
    let a0 = spread(a[in_a + row0]);
    l0 = outer(l0, a0, b_l);
    r0 = outer(r0, a0, b_r);
    let a1 = spread(a[in_a + row1]);
    l1 = outer(l1, a1, b_l);
    r1 = outer(r1, a1, b_r);
    if (BLOCKS > 2u) {
      let a2 = spread(a[in_a + row2]);
      l2 = outer(l2, a2, b_l);
      r2 = outer(r2, a2, b_r);
      let a3 = spread(a[in_a + row3]);
      l3 = outer(l3, a3, b_l);
      r3 = outer(r3, a3, b_r);
      let a4 = spread(a[in_a + row4]);
      l4 = outer(l4, a4, b_l);
      r4 = outer(r4, a4, b_r);
      let a5 = spread(a[in_a + row5]);
      l5 = outer(l5, a5, b_l);
      r5 = outer(r5, a5, b_r);
      let a6 = spread(a[in_a + row6]);
      l6 = outer(l6, a6, b_l);
      r6 = outer(r6, a6, b_r);
      let a7 = spread(a[in_a + row7]);
      l7 = outer(l7, a7, b_l);
      r7 = outer(r7, a7, b_r);
    }
  }

  var left_sums = array<mat4x4f, 8>(l0, l1, l2, l3, l4, l5, l6, l7);
  var right_sums = array<mat4x4f, 8>(r0, r1, r2, r3, r4, r5, r6, r7);
  for (var i = 0u; i < min(4u * BLOCKS, dims.m - row); i++) {
    store(row + i, column, left_sums[i / 4u][i % 4u]);
    store(row + i, column + 4u, right_sums[i / 4u][i % 4u]);
  }
}

@compute @workgroup_size(LANES)
fn forward_lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  multiply_lanes(group, lane);
}`;

const t3 = `




fn store_dbias(first: u32, rows: u32, lane: vec2u) {
  for (var i = 0u; i < rows / lane.y; i++) {
    let row = first + i * lane.y + lane.x;
    if (row < dims.m) {
      var sum = 0.0;
      for (var k = 0u; k < dims.k; k++) {
        sum += a[row * dims.a_m + k * dims.a_k];
      }
      dbias[row] = sum;
    }
  }
}

@compute @workgroup_size(64)
fn backward_input_tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  multiply_tile(group, lane);
}

@compute @workgroup_size(64)
fn backward_weight_tile(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  multiply_tile(group, lane);
  if (dims.sums_rows != 0u && group.x == 0u && lane < TILE) {
    store_dbias(group.y * TILE, TILE, vec2u(lane, TILE));
  }
}

@compute @workgroup_size(LANES)
fn backward_input_lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  multiply_lanes(group, lane);
}

@compute @workgroup_size(LANES)
fn backward_weight_lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  multiply_lanes(group, lane);
  if (dims.sums_rows != 0u && group.x == 0u) {
    store_dbias(group.y * 4u * BLOCKS, 4u * BLOCKS, vec2u(lane, LANES));
  }
}`;

export const matmul_forward: ShaderFamily<Pick<Binds, "forward_tile" | "forward_lanes">> = {
  name: "matmul",
  hash: "8ef84f06",
  text: [t0, "\n", t2],
};

export const matmul: ShaderFamily<Binds> = {
  name: "matmul",
  hash: "8ef84f06",
  text: [t0, t1, t2, t3],
};
