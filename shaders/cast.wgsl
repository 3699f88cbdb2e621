// cast.wgsl — between float32 and what maps are stored in.
//
//   narrow  y = factor · x, stored as a map      factor = 1, or scale[0]: a loss scale on its way into the gradients
//   widen   y = x, stored as float32
//   source  Micikevicius et al. 2017, "Mixed precision training", arXiv:1710.03740, §3
//
//   shapes    x, y [count], any shape in row-major order · scale [1] or more
//   dispatch  one lane an element, in workgroups of WG, folded into two dimensions
//   numerics  widen is exact; narrow rounds the product, and the product to a neighbouring half: beyond 65,504 infinity
//   launcher  src/kernels/cast.ts · oracle tests/reference/cast.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
const WG: u32 = 64u;

struct Dims {
  count: u32,
  has_scale: u32, // 1 or 0
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
}
