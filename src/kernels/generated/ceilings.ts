// Generated from shaders/ceilings.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  multiply_scalars: { dims: "rounds" | "count" | "stride" | "a" | "b"; y: true };
  multiply_vectors: { dims: "rounds" | "count" | "stride" | "a" | "b"; y: true };
  copy: { dims: "rounds" | "count" | "stride" | "a" | "b"; x: true; copied: true };
  share: { dims: "rounds" | "count" | "stride" | "a" | "b"; x: true; y: true };
  nothing: { y: true };
};

export const ceilings: ShaderFamily<Binds> = {
  name: "ceilings",
  hash: "86fac3ec",
  text: [`













alias elem = f32;

const WG: u32 = 64u;

struct Dims {
  rounds: u32,
  count: u32,
  stride: u32,
  a: f32,
  b: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> copied: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

var<workgroup> shared_vectors: array<vec4f, WG>;


fn start_of(i: u32, chain: u32) -> f32 {
  return f32((i + 5u * chain) % 16u) / 16.0;
}

fn four_scalars(v: elem, a: elem, b: elem) -> elem {
  return (((v * a + b) * a + b) * a + b) * a + b;
}

fn four_vectors(v: vec4<elem>, a: vec4<elem>, b: vec4<elem>) -> vec4<elem> {
  return (((v * a + b) * a + b) * a + b) * a + b;
}

@compute @workgroup_size(WG)
fn multiply_scalars(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  let a = elem(dims.a);
  let b = elem(dims.b);
  var x0 = elem(start_of(i, 0u));
  var x1 = elem(start_of(i, 1u));
  var x2 = elem(start_of(i, 2u));
  var x3 = elem(start_of(i, 3u));
  var x4 = elem(start_of(i, 4u));
  var x5 = elem(start_of(i, 5u));
  var x6 = elem(start_of(i, 6u));
  var x7 = elem(start_of(i, 7u));
  var x8 = elem(start_of(i, 8u));
  var x9 = elem(start_of(i, 9u));
  var x10 = elem(start_of(i, 10u));
  var x11 = elem(start_of(i, 11u));
  for (var k = 0u; k < dims.rounds; k++) {
    x0 = four_scalars(x0, a, b);
    x1 = four_scalars(x1, a, b);
    x2 = four_scalars(x2, a, b);
    x3 = four_scalars(x3, a, b);
    x4 = four_scalars(x4, a, b);
    x5 = four_scalars(x5, a, b);
    x6 = four_scalars(x6, a, b);
    x7 = four_scalars(x7, a, b);
    x8 = four_scalars(x8, a, b);
    x9 = four_scalars(x9, a, b);
    x10 = four_scalars(x10, a, b);
    x11 = four_scalars(x11, a, b);
  }
  if (i < dims.count) {
    y[i] = f32(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11);
  }
}

@compute @workgroup_size(WG)
fn multiply_vectors(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  let a = vec4<elem>(elem(dims.a));
  let b = vec4<elem>(elem(dims.b));
  var x0 = vec4<elem>(vec4f(start_of(i, 0u), start_of(i, 1u), start_of(i, 2u), start_of(i, 3u)));
  var x1 = vec4<elem>(vec4f(start_of(i, 4u), start_of(i, 5u), start_of(i, 6u), start_of(i, 7u)));
  var x2 = vec4<elem>(vec4f(start_of(i, 8u), start_of(i, 9u), start_of(i, 10u), start_of(i, 11u)));
  for (var k = 0u; k < dims.rounds; k++) {
    x0 = four_vectors(x0, a, b);
    x1 = four_vectors(x1, a, b);
    x2 = four_vectors(x2, a, b);
  }
  if (i < dims.count) {
    let total = vec4f(x0 + x1 + x2);
    y[i] = total.x + total.y + total.z + total.w;
  }
}

@compute @workgroup_size(WG)
fn copy(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.stride) {
    return;
  }
  for (var k = 0u; k < 4u; k++) {
    let place = k * dims.stride + i;
    if (place < dims.count) {
      copied[place] = x[place];
    }
  }
}

@compute @workgroup_size(WG)
fn share(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  shared_vectors[lane] = x[lane];
  workgroupBarrier();
  var total = vec4f();
  for (var k = 0u; k < dims.rounds; k++) {
    total += shared_vectors[(lane + k) % WG];
  }
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < dims.count) {
    y[i] = total.x + total.y + total.z + total.w;
  }
}

@compute @workgroup_size(WG)
fn nothing(@builtin(local_invocation_index) lane: u32) {
  if (lane == 0u) {
    y[0] = 1.0;
  }
}`],
};
