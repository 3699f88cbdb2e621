// Generated from shaders/conv2d_weight_sums.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  finish: { sizes: "parts" | "weights" | "weight_groups" | "biases" | "images" | "pixels"; parts: true; x: true; dweight: true; dbias: true };
  finish_lanes: { sizes: "parts" | "weights" | "weight_groups" | "biases" | "images" | "pixels"; parts: true; x: true; dweight: true; dbias: true };
  sum_planes: { x: true; extents: "planes" | "pixels"; y: true };
  sum_planes_lanes: { x: true; extents: "planes" | "pixels"; y: true };
};

export const conv2d_weight_sums: ShaderFamily<Binds> = {
  name: "conv2d_weight_sums",
  hash: "5ffeaa065ddf81fb",
  text: [`

alias elem = f32;
alias elem4 = vec4<elem>;

const WG: u32 = 64u;
const LANES: u32 = 4u;

struct Finish {
  parts: u32,
  weights: u32,
  weight_groups: u32,
  biases: u32,
  images: u32,
  pixels: u32,
}

@group(0) @binding(0) var<uniform> sizes: Finish;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(4) var<storage, read_write> dbias: array<f32>;


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


fn share_of(start: u32, pixels: u32, lane: u32, lanes: u32) -> f32 {
  let own = (pixels / 8u + lanes - 1u - lane) / lanes;
  let ones = vec4f(1.0);
  var sum = 0.0;
  for (var k = 0u; k < own; k++) {
    let at = start + (k * lanes + lane) * 8u;
    sum += dot(vec4f(elem4(x[at], x[at + 1u], x[at + 2u], x[at + 3u])), ones)
      + dot(vec4f(elem4(x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u])), ones);
  }
  let left = (pixels % 8u + lanes - 1u - lane) / lanes;
  for (var k = 0u; k < left; k++) {
    sum += f32(x[start + pixels / 8u * 8u + k * lanes + lane]);
  }
  return sum;
}

fn share_of_bias(o: u32, lane: u32, lanes: u32) -> f32 {
  let biases = sizes.biases;
  let images = select(0u, sizes.images, o < biases);
  var sum = 0.0;
  for (var n = 0u; n < images; n++) {
    sum += share_of((n * biases + o) * sizes.pixels, sizes.pixels, lane, lanes);
  }
  return sum;
}

var<workgroup> shares: array<f32, WG>;


fn sum_of_lanes(share: f32, local: u32) -> f32 {
  shares[local] = share;
  workgroupBarrier();
  var sum = 0.0;
  if (local == 0u) {
    for (var k = 0u; k < WG; k++) {
      sum += shares[k];
    }
  }
  return sum;
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
    let sum = sum_of_lanes(share_of_bias(o, local, WG), local);
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
  } else {
    let o = ((index - sizes.weight_groups) * WG + local) / LANES;
    let sum = subgroupAdd(share_of_bias(o, lane, LANES));
    if (lane == 0u && o < sizes.biases) {
      dbias[o] = sum;
    }
  }
}

struct Planes {
  planes: u32,
  pixels: u32,
}

@group(0) @binding(5) var<uniform> extents: Planes;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn sum_planes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let plane = group.y * groups.x + group.x;
  let pixels = select(0u, extents.pixels, plane < extents.planes);
  let sum = sum_of_lanes(share_of(plane * extents.pixels, pixels, local, WG), local);
  if (local == 0u && plane < extents.planes) {
    y[plane] = sum;
  }
}

@compute @workgroup_size(WG)
fn sum_planes_lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let plane = ((group.y * groups.x + group.x) * WG + local) / LANES;
  let pixels = select(0u, extents.pixels, plane < extents.planes);
  let sum = subgroupAdd(share_of(plane * extents.pixels, pixels, lane, LANES));
  if (lane == 0u && plane < extents.planes) {
    y[plane] = sum;
  }
}`],
};
