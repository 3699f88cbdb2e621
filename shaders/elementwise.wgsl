// elementwise.wgsl — sums and products of tensors, element by element.
//
//   add         y = (a + b) · scale
//   affine      y = scale · x + offset
//   scale_rows  y = factor[n] · x            n = the row of x: its index in the first extent
//   source      the residual connections of Ho et al. 2020, arXiv:2006.11239, appendix B; diffusers' UNet2DModel
//               centres its input with affine, and divides by the time with scale_rows where that is told by Fourier features
//
//   shapes    a, b, x, y [count] f32, any shape in row-major order · factor [N], a row each of `row` values
//   dispatch  one lane an element, in add_wide one lane four, in workgroups of WG, folded into two dimensions
//   numerics  one rounding a sum, one a product
//   launcher  src/kernels/elementwise.ts · oracle tests/reference/elementwise.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
alias elem4 = vec4<elem>;
const WG: u32 = 64u;

struct Dims {
  count: u32, // elements; in add_wide groups of four
  row: u32, // elements of a row
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
}
