// elementwise.wgsl — sums of tensors, element by element.
//
//   add       y = (a + b) · scale
//   source    the residual connections of Ho et al. 2020, arXiv:2006.11239, appendix B
//
//   shapes    a, b, y [count] f32, any shape in row-major order
//   dispatch  one lane an element, in workgroups of WG, folded into two dimensions
//   numerics  one rounding a sum, one a product
//   launcher  src/kernels/elementwise.ts · oracle tests/reference/elementwise.ts

const WG: u32 = 64u;

struct Sum {
  count: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> dims: Sum;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

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
  y[i] = (a[i] + b[i]) * dims.scale;
}
