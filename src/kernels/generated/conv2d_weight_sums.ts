// Generated from shaders/conv2d_weight_sums.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  finish: { sizes: "parts" | "weights" | "weight_groups" | "biases" | "images" | "pixels" | "rows_step" | "rows_first"; parts: true; dy: true; dweight: true; dbias: true; drows: true };
  finish_lanes: { sizes: "parts" | "weights" | "weight_groups" | "biases" | "images" | "pixels" | "rows_step" | "rows_first"; parts: true; dy: true; dweight: true; dbias: true; drows: true };
};

export const conv2d_weight_sums: ShaderFamily<Binds> = {
  name: "conv2d_weight_sums",
  hash: "9b3938f5",
  text: [`












alias elem = f32;
alias elem4 = vec4<elem>;

const WG: u32 = 64u;
const TEAM: u32 = 8u;
const LANES: u32 = 4u;

struct Finish {
  parts: u32,
  weights: u32,
  weight_groups: u32,
  biases: u32,
  images: u32,
  pixels: u32,
  rows_step: u32,
  rows_first: u32,
}

@group(0) @binding(0) var<uniform> sizes: Finish;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<elem>;
@group(0) @binding(3) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbias: array<f32>;
@group(0) @binding(5) var<storage, read_write> drows: array<f32>;


fn finish_weights(first: u32) {
  var lo = vec4f();
  var hi = vec4f();
  for (var part = 0u; part < sizes.parts; part++) {
    let at = part * sizes.weights + first;
    lo += vec4f(parts[at], parts[at + 1u], parts[at + 2u], parts[at + 3u]);
    hi += vec4f(parts[at + 4u], parts[at + 5u], parts[at + 6u], parts[at + 7u]);
  }
  if (first + 8u <= sizes.weights) {
    dweight[first] = lo.x;
    dweight[first + 1u] = lo.y;
    dweight[first + 2u] = lo.z;
    dweight[first + 3u] = lo.w;
    dweight[first + 4u] = hi.x;
    dweight[first + 5u] = hi.y;
    dweight[first + 6u] = hi.z;
    dweight[first + 7u] = hi.w;
    return;
  }
  var all = array(lo, hi);
  let left = max(first, sizes.weights) - first;
  for (var k = 0u; k < left; k++) {
    dweight[first + k] = all[k / 4u][k % 4u];
  }
}


fn share_of(n: u32, o: u32, lane: u32, lanes: u32) -> f32 {
  let pixels = select(0u, sizes.pixels, n < sizes.images && o < sizes.biases);
  let start = (n * sizes.biases + o) * sizes.pixels;
  let own = (pixels / 8u + lanes - 1u - lane) / lanes;
  let ones = vec4f(1.0);
  var sum = 0.0;
  for (var k = 0u; k < own; k++) {
    let at = start + (k * lanes + lane) * 8u;
    sum += dot(vec4f(elem4(dy[at], dy[at + 1u], dy[at + 2u], dy[at + 3u])), ones)
      + dot(vec4f(elem4(dy[at + 4u], dy[at + 5u], dy[at + 6u], dy[at + 7u])), ones);
  }
  let left = (pixels % 8u + lanes - 1u - lane) / lanes;
  for (var k = 0u; k < left; k++) {
    sum += f32(dy[start + pixels / 8u * 8u + k * lanes + lane]);
  }
  return sum;
}

fn store_row(n: u32, o: u32, sum: f32) {
  if (sizes.rows_step != 0u && n < sizes.images && o < sizes.biases) {
    drows[n * sizes.rows_step + sizes.rows_first + o] = sum;
  }
}

var<workgroup> shares: array<f32, WG>;


fn finish_bias(o: u32, local: u32) -> f32 {
  let teams = WG / TEAM;
  let lane = local % TEAM;
  var sum = 0.0;
  for (var turn = 0u; turn < (sizes.images + teams - 1u) / teams; turn++) {
    let n = turn * teams + local / TEAM;
    shares[local] = share_of(n, o, lane, TEAM);
    workgroupBarrier();
    if (lane == 0u) {
      var row = 0.0;
      for (var k = 0u; k < TEAM; k++) {
        row += shares[local + k];
      }
      store_row(n, o, row);
      sum += row;
    }
    workgroupBarrier();
  }
  shares[local] = sum;
  workgroupBarrier();
  var all = 0.0;
  for (var team = 0u; team < teams; team++) {
    all += shares[team * TEAM];
  }
  return all;
}

@compute @workgroup_size(WG)
fn finish(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index < sizes.weight_groups) {
    finish_weights((index * WG + local) * 8u);
  } else {
    let o = index - sizes.weight_groups;
    let sum = finish_bias(o, local);
    if (local == 0u && o < sizes.biases) {
      dbias[o] = sum;
    }
  }
}

@compute @workgroup_size(WG)
fn finish_lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index < sizes.weight_groups) {
    finish_weights((index * WG + local) * 8u);
    return;
  }
  let o = ((index - sizes.weight_groups) * WG + local) / LANES;
  var sum = 0.0;
  for (var n = 0u; n < sizes.images; n++) {
    let row = subgroupAdd(share_of(n, o, lane, LANES));
    if (lane == 0u) {
      store_row(n, o, row);
    }
    sum += row;
  }
  if (lane == 0u && o < sizes.biases) {
    dbias[o] = sum;
  }
}`],
};
