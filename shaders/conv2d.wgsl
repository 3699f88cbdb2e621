// conv2d.wgsl — 2-D convolution of [N, C, H, W] images, and its gradient.
//   launcher  src/kernels/conv2d.ts














const WG: u32 = 64u;

struct Dims {
  count: u32,
  in_channels: u32,
  out_channels: u32,
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  kernel: u32,
  stride: u32,
  top: i32,
  left: i32,
  doubled: u32,
  has_bias: u32,
  has_rows: u32,
  has_residual: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;
@group(0) @binding(6) var<storage, read_write> y: array<f32>;

@group(0) @binding(7) var<storage, read> dy: array<f32>;
@group(0) @binding(8) var<storage, read> pending: array<f32>;
@group(0) @binding(9) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(WG)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= dims.count) {
    return;
  }
  let j = index % dims.out_width;
  let i = index / dims.out_width % dims.out_height;
  let plane = index / dims.out_width / dims.out_height;
  let o = plane % dims.out_channels;
  let n = plane / dims.out_channels;

  var sum = 0.0;
  for (var c = 0u; c < dims.in_channels; c++) {
    let image = (n * dims.in_channels + c) * dims.height * dims.width;
    let filter_start = (o * dims.in_channels + c) * dims.kernel * dims.kernel;
    for (var u = 0u; u < dims.kernel; u++) {
      let h = i32(i * dims.stride + u) - dims.top;
      for (var v = 0u; v < dims.kernel; v++) {
        let w = i32(j * dims.stride + v) - dims.left;
        let inside = h >= 0 && w >= 0 && u32(h) < dims.height << dims.doubled && u32(w) < dims.width << dims.doubled;
        if (inside) {
          let pixel = image + (u32(h) >> dims.doubled) * dims.width + (u32(w) >> dims.doubled);
          sum += weight[filter_start + u * dims.kernel + v] * x[pixel];
        }
      }
    }
  }
  if (dims.has_bias == 1u) {
    sum += bias[o];
  }
  if (dims.has_rows == 1u) {
    sum += rows[n * dims.out_channels + o];
  }
  if (dims.has_residual == 1u) {
    sum += residual[index];
  }
  y[index] = sum;
}

@compute @workgroup_size(WG)
fn backward_input(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  if (index >= dims.count) {
    return;
  }
  let w = index % dims.width;
  let h = index / dims.width % dims.height;
  let plane = index / dims.width / dims.height;
  let c = plane % dims.in_channels;
  let n = plane / dims.in_channels;

  var sum = 0.0;
  for (var a = 0u; a <= dims.doubled; a++) {
    for (var b = 0u; b <= dims.doubled; b++) {
      sum += gradient_at(n, c, i32((h << dims.doubled) + a) + dims.top, i32((w << dims.doubled) + b) + dims.left);
    }
  }
  if (dims.has_residual == 1u) {
    sum += pending[index];
  }
  dx[index] = sum;
}


fn gradient_at(n: u32, c: u32, h: i32, w: i32) -> f32 {
  var sum = 0.0;
  for (var o = 0u; o < dims.out_channels; o++) {
    let image = (n * dims.out_channels + o) * dims.out_height * dims.out_width;
    let filter_start = (o * dims.in_channels + c) * dims.kernel * dims.kernel;
    for (var u = 0u; u < dims.kernel; u++) {
      let below = h - i32(u);
      let i = below / i32(dims.stride);
      let has_row = below >= 0 && i * i32(dims.stride) == below && u32(i) < dims.out_height;
      for (var v = 0u; v < dims.kernel; v++) {
        let right = w - i32(v);
        let j = right / i32(dims.stride);
        if (has_row && right >= 0 && j * i32(dims.stride) == right && u32(j) < dims.out_width) {
          sum += weight[filter_start + u * dims.kernel + v] * dy[image + u32(i) * dims.out_width + u32(j)];
        }
      }
    }
  }
  return sum;
}
