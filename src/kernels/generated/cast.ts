// Generated from shaders/cast.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  narrow: { dims: "count" | "has_scale"; x: true; scale: true; map: true };
  widen: { dims: "count" | "has_scale"; source: true; y: true };
};

export const cast: ShaderFamily<Binds> = {
  name: "cast",
  hash: "377a8984",
  text: [`










alias elem = f32;
const WG: u32 = 64u;

struct Dims {
  count: u32,
  has_scale: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read_write> map: array<elem>;

@compute @workgroup_size(WG)
fn narrow(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  let factor = select(1.0, scale[0], dims.has_scale == 1u);
  map[i] = elem(factor * x[i]);
}

@group(0) @binding(4) var<storage, read> source: array<elem>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WG)
fn widen(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  y[i] = f32(source[i]);
}`],
};
