// matmul.wgsl — the linear layer on rows of numbers, and its gradients: three products C = A · B.
//
//   forward          y[r, o] = bias[o] + Σ_i x[r, i] · weight[o, i]
//   backward_input   dx[r, i] = pending[r, i] + Σ_o dy[r, o] · weight[o, i]
//   backward_weight  dweight[o, i] = Σ_r dy[r, o] · x[r, i]        dbias[o] = Σ_r dy[r, o]
//   source           Goodfellow, Bengio & Courville 2016, "Deep Learning", §6.5.6
//
//   shapes    x [rows, in] · weight [out, in] · bias [out] · y [rows, out], f32 row-major; a product
//             C [m, n] is told how far apart A [m, k] and B [k, n] keep their neighbours
//   dispatch  *_tile: a workgroup makes TILE × TILE of C, a lane 8 × 8 or 4 × 4;
//             (⌈n/TILE⌉, ⌈m/TILE⌉) workgroups
//             *_lanes: a subgroup makes 4·BLOCKS × 8·LANES of C, a lane 8 columns of it;
//             (⌈n/(8·LANES)⌉, ⌈m/(4·BLOCKS)⌉) workgroups of one subgroup
//   numerics  f32 sums over k in order, then one addition of bias or pending
//   launcher  src/kernels/matmul.ts · oracle tests/reference/matmul.ts
enable subgroups;

struct Product {
  m: u32,
  n: u32,
  k: u32,
  a_m: u32, // A[m, k] lies at m · a_m + k · a_k; one of the two is 1
  a_k: u32,
  b_k: u32, // B[k, n] at k · b_k + n · b_n
  b_n: u32,
  adds: u32, // 1: addend[m · addend_m + n] is added; 0: nothing is
  addend_m: u32, // 0 for bias [n], n for pending [m, n]
  sums_rows: u32, // 1: dbias is written
}

@group(0) @binding(0) var<uniform> dims: Product;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> addend: array<f32>;
@group(0) @binding(4) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<storage, read_write> dbias: array<f32>;

// A 4 × 4 part of C and u vᵀ more; its rows are the columns of the matrix.
fn outer(sums: mat4x4f, u: vec4f, v: vec4f) -> mat4x4f {
  return mat4x4f(
    fma(vec4f(u.x), v, sums[0]), fma(vec4f(u.y), v, sums[1]),
    fma(vec4f(u.z), v, sums[2]), fma(vec4f(u.w), v, sums[3]));
}

// Stores what of 4 neighbours lies inside C, with their addends.
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

// --- a workgroup's tile, staged in its memory ---

const TILE: u32 = 64u; // rows of C, and columns: 64, or 32 for small products
const STEPS: u32 = 1024u / TILE; // of k
const QUADS: u32 = TILE / 4u; // fours of rows or columns
const PITCH: u32 = QUADS + 1u; // and one more so that what is written together lies in other banks

var<workgroup> tile_a: array<vec4f, STEPS * PITCH>;
var<workgroup> tile_b: array<vec4f, STEPS * PITCH>;

alias Brought = array<vec4f, STEPS * QUADS / 64u>; // by a lane

// Step and four in a tile of what a lane brings: neighbours bring neighbours in memory.
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

// The quarters of a tile of 64; of one of 32 there is the first.
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

// Makes a tile of C, loading numbers while it multiplies those before.
// contract: call in uniform control flow, it holds barriers.
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

// --- a subgroup's tile, A passed from lane to lane: for adapters where loads are what costs ---

const LANES: u32 = 4u; // of a subgroup, which is the whole workgroup
const BLOCKS: u32 = 8u; // of 4 rows: 2 or 8

// What the first four lanes hold, to all.
fn spread(x: f32) -> vec4f {
  return vec4f(
    subgroupBroadcast(x, 0u),
    subgroupBroadcast(x, 1u),
    subgroupBroadcast(x, 2u),
    subgroupBroadcast(x, 3u),
  );
}

// Makes a subgroup's tile of C; lane l fetches row l of each block, the others get it from there.
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
}

// --- gradients alone ---

// dbias of `rows` rows of A, by lanes of a workgroup.
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
}
