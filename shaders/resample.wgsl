// resample.wgsl — images of doubled and of halved size, and the gradients.
//
//   upsample_forward   y[n,c,i,j] = x[n,c, ⌊i/2⌋, ⌊j/2⌋]
//   upsample_backward  dx = the sum of dy over the 2 × 2 pixels that each pixel of x became
//   pool_forward       y[n,c,i,j] = ¼ Σ of the 2 × 2 pixels of x at (2i, 2j); a last odd row or column drops out
//   pool_backward      dx = ¼ dy of the block a pixel belongs to, 0 where it dropped out
//   source             nearest-neighbour interpolation and average pooling, as in PyTorch
//
//   shapes    x, dx [N, C, H, W] f32 row-major · y, dy [N, C, 2H, 2W], or [N, C, ⌊H/2⌋, ⌊W/2⌋] of the pool
//   dispatch  one lane an element written, in workgroups of WG, folded into two dimensions
//   numerics  sums of four: the rows by themselves, then both
//   launcher  src/kernels/resample.ts · oracle tests/reference/resample.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
const WG: u32 = 64u;

struct Dims {
  count: u32, // elements written
  height: u32, // of what is written
  width: u32,
  other_height: u32, // of what is read
  other_width: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> source: array<elem>;
@group(0) @binding(2) var<storage, read_write> result: array<elem>;

// Row i, column j of the image `plane`, n · C + c.
struct Pixel {
  plane: u32,
  i: u32,
  j: u32,
}

fn pixel_of(index: u32) -> Pixel {
  let row = index / dims.width;
  let plane = row / dims.height;
  return Pixel(plane, row - plane * dims.height, index - row * dims.width);
}

fn source_index(plane: u32, i: u32, j: u32) -> u32 {
  return (plane * dims.other_height + i) * dims.other_width + j;
}

// Σ of the 2 × 2 pixels read whose first is (2i, 2j).
fn block_sum(pixel: Pixel) -> f32 {
  let corner = source_index(pixel.plane, 2u * pixel.i, 2u * pixel.j);
  let top = f32(source[corner]) + f32(source[corner + 1u]);
  let bottom = f32(source[corner + dims.other_width]) + f32(source[corner + dims.other_width + 1u]);
  return top + bottom;
}

@compute @workgroup_size(WG)
fn upsample_forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= dims.count) {
    return;
  }
  let pixel = pixel_of(index);
  result[index] = source[source_index(pixel.plane, pixel.i / 2u, pixel.j / 2u)];
}

@compute @workgroup_size(WG)
fn pool_forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= dims.count) {
    return;
  }
  result[index] = elem(0.25 * block_sum(pixel_of(index)));
}

@compute @workgroup_size(WG)
fn upsample_backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= dims.count) {
    return;
  }
  result[index] = elem(block_sum(pixel_of(index)));
}

@compute @workgroup_size(WG)
fn pool_backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= dims.count) {
    return;
  }
  let pixel = pixel_of(index);
  let i = pixel.i / 2u;
  let j = pixel.j / 2u;
  var gradient = 0.0;
  if (i < dims.other_height && j < dims.other_width) {
    gradient = 0.25 * f32(source[source_index(pixel.plane, i, j)]);
  }
  result[index] = elem(gradient);
}
