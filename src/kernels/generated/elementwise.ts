// Generated from shaders/elementwise.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  add: { dims: "count" | "row" | "scale" | "offset"; a: true; b: true; y: true };
  add_wide: { dims: "count" | "row" | "scale" | "offset"; a4: true; b4: true; y4: true };
  affine: { dims: "count" | "row" | "scale" | "offset"; y: true; x: true };
  scale_rows: { dims: "count" | "row" | "scale" | "offset"; y: true; x: true; factor: true };
};

export const elementwise: ShaderFamily<Binds> = {
  name: "elementwise",
  hash: "07813485",
  text: [`












alias elem = f32;
alias elem4 = vec4<elem>;
const WG: u32 = 64u;

struct Dims {
  count: u32,
  row: u32,
  scale: f32,
  offset: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<elem>;
@group(0) @binding(2) var<storage, read> b: array<elem>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

@compute @workgroup_size(WG)
fn add(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  y[i] = elem((f32(a[i]) + f32(b[i])) * dims.scale);
}

@group(0) @binding(4) var<storage, read> a4: array<elem4>;
@group(0) @binding(5) var<storage, read> b4: array<elem4>;
@group(0) @binding(6) var<storage, read_write> y4: array<elem4>;

@compute @workgroup_size(WG)
fn add_wide(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  y4[i] = elem4((vec4f(a4[i]) + vec4f(b4[i])) * dims.scale);
}

@group(0) @binding(7) var<storage, read> x: array<elem>;

@compute @workgroup_size(WG)
fn affine(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  y[i] = elem(dims.scale * f32(x[i]) + dims.offset);
}

@group(0) @binding(8) var<storage, read> factor: array<f32>;

@compute @workgroup_size(WG)
fn scale_rows(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  y[i] = elem(factor[i / dims.row] * f32(x[i]));
}`],
};
