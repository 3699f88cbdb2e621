// Generated from shaders/subgroup_matrix.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  product: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "first_tap" | "tap_step" | "b_image" | "b_k" | "b_n" | "height" | "width" | "out_width" | "top" | "left" | "bias_m" | "bias_n" | "has_added" | "rows_step" | "rows_first" | "sums_rows"; a: true; b: true; bias: true; rows: true; added: true; c: true };
  product_sums: { dims: "m" | "n" | "k" | "a_m" | "a_k" | "first_tap" | "tap_step" | "b_image" | "b_k" | "b_n" | "height" | "width" | "out_width" | "top" | "left" | "bias_m" | "bias_n" | "has_added" | "rows_step" | "rows_first" | "sums_rows"; a: true; b: true; bias: true; rows: true; added: true; c: true; sums: true };
};

export const subgroup_matrix: ShaderFamily<Binds> = {
  name: "subgroup_matrix",
  hash: "3cb4ef16",
  text: [`

















alias elem = f32;
alias unit = f32;

const M: u32 = 8u;
const N: u32 = 8u;
const K: u32 = 8u;
const LANES: u32 = 32u;
const THREADS: u32 = 128u;
const BLOCK: u32 = 32u;
const KERNEL: u32 = 1u;

const TAPS: u32 = KERNEL * KERNEL;
const ROWS: u32 = THREADS / (2u * LANES) * BLOCK;
const COLUMNS: u32 = 2u * BLOCK;
const STEP: u32 = 16u;
const PITCH_A: u32 = STEP + 8u;
const PITCH_B: u32 = COLUMNS + 8u;
const DOWN: u32 = BLOCK / M;
const ACROSS: u32 = BLOCK / N;
const STORED: u32 = THREADS / LANES * M * N;

struct Dims {
  m: u32,
  n: u32,
  k: u32,
  a_m: u32,
  a_k: u32,
  first_tap: u32,
  tap_step: u32,
  b_image: u32,
  b_k: u32,
  b_n: u32,
  height: u32,
  width: u32,
  out_width: u32,
  top: u32,
  left: u32,
  bias_m: u32,
  bias_n: u32,
  has_added: u32,
  rows_step: u32,
  rows_first: u32,
  sums_rows: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<elem>;
@group(0) @binding(2) var<storage, read> b: array<elem>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read> added: array<elem>;
@group(0) @binding(6) var<storage, read_write> c: array<elem>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;

alias Left = subgroup_matrix_left<unit, K, M>;
alias Right = subgroup_matrix_right<unit, N, K>;
alias Result = subgroup_matrix_result<f32, N, M>;

var<workgroup> tile_a: array<unit, ROWS * PITCH_A>;
var<workgroup> tile_b: array<unit, STEP * PITCH_B>;
var<workgroup> tile_c: array<f32, STORED>;



fn place_in_a(m: u32, k: u32) -> u32 {
  return m * dims.a_m + k / TAPS * dims.a_k + dims.first_tap + k % TAPS * dims.tap_step;
}

fn number_of_a(m: u32, k: u32) -> unit {
  if (m >= dims.m || k >= dims.k) {
    return unit();
  }
  return unit(a[place_in_a(m, k)]);
}


struct Column {
  n: u32,
  row: u32,
  column: u32,
}

fn column_of(n: u32) -> Column {
  return Column(n, n / dims.out_width - dims.top, n % dims.out_width - dims.left);
}

fn number_of_b(first: u32, k: u32, at: Column) -> unit {
  if (k >= dims.k || at.n >= dims.n) {
    return unit();
  }
  let plane = first + k / TAPS * dims.b_k;
  if (KERNEL == 1u) {
    return unit(b[plane + at.n * dims.b_n]);
  }
  let row = at.row + k % TAPS / KERNEL;
  let column = at.column + k % KERNEL;
  if (row >= dims.height || column >= dims.width) {
    return unit();
  }
  return unit(b[plane + row * dims.width + column]);
}



fn stage_a(first_m: u32, first_k: u32, lane: u32) {
  for (var i = 0u; i < ROWS * STEP / THREADS; i++) {
    if (dims.a_m == 1u) {
      let m = lane % ROWS;
      let k = i * (THREADS / ROWS) + lane / ROWS;
      tile_a[m * PITCH_A + k] = number_of_a(first_m + m, first_k + k);
    } else {
      let m = i * (THREADS / STEP) + lane / STEP;
      let k = lane % STEP;
      tile_a[m * PITCH_A + k] = number_of_a(first_m + m, first_k + k);
    }
  }
}

fn stage_b(first: u32, first_k: u32, own: Column, first_n: u32, lane: u32) {
  for (var i = 0u; i < STEP * COLUMNS / THREADS; i++) {
    if (dims.b_n == 1u) {
      let k = i * (THREADS / COLUMNS) + lane / COLUMNS;
      tile_b[k * PITCH_B + lane % COLUMNS] = number_of_b(first, first_k + k, own);
    } else {
      let k = lane % STEP;
      let n = i * (THREADS / STEP) + lane / STEP;
      tile_b[k * PITCH_B + n] = number_of_b(first, first_k + k, Column(first_n + n, 0u, 0u));
    }
  }
}



fn put(image: u32, m: u32, n: u32, value: f32) {
  if (m >= dims.m || n >= dims.n) {
    return;
  }
  let at = (image * dims.m + m) * dims.n + n;
  var sum = value;
  if (dims.bias_m + dims.bias_n != 0u) {
    sum += bias[m * dims.bias_m + n * dims.bias_n];
  }
  if (dims.rows_step != 0u) {
    sum += rows[image * dims.rows_step + dims.rows_first + m];
  }
  if (dims.has_added != 0u) {
    sum += f32(added[at]);
  }
  c[at] = elem(sum);
}


fn put_products(image: u32, first_m: u32, first_n: u32, lane: u32) {
  for (var i = 0u; i < (STORED + THREADS - 1u) / THREADS; i++) {
    let at = i * THREADS + lane;
    if (at < STORED) {
      let wave = at / (M * N);
      let m = first_m + wave / 2u * BLOCK + at / N % M;
      put(image, m, first_n + wave % 2u * BLOCK + at % N, tile_c[at]);
    }
  }
}





fn multiply(group: vec3u, lane: u32, wave: u32) {
  let image = group.z;
  let first_m = group.y * ROWS;
  let first_n = group.x * COLUMNS;
  let own_a = wave / 2u * BLOCK * PITCH_A;
  let own_b = wave % 2u * BLOCK;
  let own_column = column_of(first_n + lane % COLUMNS);
  var products = array<Result, DOWN * ACROSS>();
  for (var turn = 0u; turn < (dims.k + STEP - 1u) / STEP; turn++) {
    stage_a(first_m, turn * STEP, lane);
    stage_b(image * dims.b_image, turn * STEP, own_column, first_n, lane);
    workgroupBarrier();
    for (var step = 0u; step < STEP / K; step++) {
      var left: array<Left, DOWN>;
      for (var i = 0u; i < DOWN; i++) {
        left[i] = subgroupMatrixLoad<Left, row_major>(&tile_a, own_a + i * M * PITCH_A + step * K, PITCH_A);
      }
      for (var j = 0u; j < ACROSS; j++) {
        let right = subgroupMatrixLoad<Right, row_major>(&tile_b, step * K * PITCH_B + own_b + j * N, PITCH_B);
        for (var i = 0u; i < DOWN; i++) {
          let at = i * ACROSS + j;
          products[at] = subgroupMatrixMultiplyAccumulate(left[i], right, products[at]);
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < DOWN * ACROSS; i++) {
    subgroupMatrixStore<row_major>(&tile_c, wave * M * N, products[i], N);
    workgroupBarrier();
    put_products(image, first_m + i / ACROSS * M, first_n + i % ACROSS * N, lane);
    workgroupBarrier();
  }
}

struct Lane {
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) index: u32,
}

@compute @workgroup_size(THREADS)
fn product(lane: Lane, @builtin(subgroup_id) id: u32, @builtin(subgroup_size) size: u32) {
  multiply(lane.group, lane.index, id * size / LANES);
}

@compute @workgroup_size(THREADS)
fn product_sums(lane: Lane, @builtin(subgroup_id) id: u32, @builtin(subgroup_size) size: u32) {
  multiply(lane.group, lane.index, id * size / LANES);
  let m = lane.group.y * ROWS + lane.index;
  if (dims.sums_rows != 0u && lane.group.x == 0u && lane.index < ROWS && m < dims.m) {
    var sum = 0.0;
    for (var k = 0u; k < dims.k; k++) {
      sum += f32(a[place_in_a(m, k)]);
    }
    sums[m] = sum;
  }
}`],
};
