// conv2d_weight.wgsl — the gradient of a 2-D convolution by its weights and bias, and sums over pixels.
//
//   partial     dweight_s[o,c,u,v] = Σ_{n,i,j of part s} dy[n,o,i,j] · z[n,c, i·stride + u − top, j·stride + v − left]
//   finish      dweight = Σ_s dweight_s,  dbias = Σ_s dbias_s
//   sum_pixels  y[n,c] = Σ_{h,w} x[n,c,h,w]
//   source      the transpose of torch.nn.functional.conv2d in its weights
//
//   launcher  src/kernels/conv2d_weight.ts · oracle tests/reference/conv2d.ts

const WG: u32 = 64u;

struct Dims {
  images: u32, // N
  in_channels: u32, // C
  out_channels: u32, // O
  height: u32, // H of x
  width: u32, // W of x
  out_height: u32,
  out_width: u32,
  kernel: u32, // K
  stride: u32,
  top: i32,
  left: i32,
  doubled: u32, // 1: z is x with each pixel doubled, else 0
}

struct Finish {
  parts: u32,
  weights: u32, // elements of dweight
  biases: u32, // elements of dbias
}

struct Planes {
  planes: u32, // N · C
  rows: u32, // H
  columns: u32, // W
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@group(0) @binding(4) var<uniform> finish_dims: Finish;
@group(0) @binding(5) var<storage, read> parts: array<f32>;
@group(0) @binding(6) var<storage, read_write> dweight: array<f32>;
@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;

@group(0) @binding(8) var<uniform> plane_dims: Planes;
@group(0) @binding(9) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(WG)
fn partial(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  let taps = dims.kernel * dims.kernel;
  let weights = dims.out_channels * dims.in_channels * taps;
  let per_part = weights + dims.out_channels;
  if (index >= per_part * dims.images) {
    return;
  }
  let n = index / per_part;
  let e = index % per_part;
  let is_bias = e >= weights;
  let o = select(e / taps / dims.in_channels, e - weights, is_bias);
  let c = e / taps % dims.in_channels;
  let u = e % taps / dims.kernel;
  let v = e % dims.kernel;
  var sum = 0.0;
  for (var i = 0u; i < dims.out_height; i++) {
    var row = 0.0;
    for (var j = 0u; j < dims.out_width; j++) {
      let g = dy[((n * dims.out_channels + o) * dims.out_height + i) * dims.out_width + j];
      let h = i32(i * dims.stride + u) - dims.top;
      let w = i32(j * dims.stride + v) - dims.left;
      let inside = h >= 0 && w >= 0 && u32(h) < dims.height << dims.doubled && u32(w) < dims.width << dims.doubled;
      if (is_bias) {
        row += g;
      } else if (inside) {
        row += g * x[((n * dims.in_channels + c) * dims.height + (u32(h) >> dims.doubled)) * dims.width + (u32(w) >> dims.doubled)];
      }
    }
    sum += row;
  }
  partials[index] = sum;
}

@compute @workgroup_size(WG)
fn finish(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  let count = finish_dims.weights + finish_dims.biases;
  if (i >= count) {
    return;
  }
  var sum = 0.0;
  for (var part = 0u; part < finish_dims.parts; part++) {
    sum += parts[part * count + i];
  }
  if (i < finish_dims.weights) {
    dweight[i] = sum;
  } else {
    dbias[i - finish_dims.weights] = sum;
  }
}

@compute @workgroup_size(WG)
fn sum_pixels(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let plane = (group.y * groups.x + group.x) * WG + lane;
  if (plane >= plane_dims.planes) {
    return;
  }
  var sum = 0.0;
  for (var h = 0u; h < plane_dims.rows; h++) {
    var row = 0.0;
    for (var w = 0u; w < plane_dims.columns; w++) {
      row += x[(plane * plane_dims.rows + h) * plane_dims.columns + w];
    }
    sum += row;
  }
  sums[plane] = sum;
}
