// conv2d_general.wgsl — convolutions that have no kernel of their own, and their gradients by the images.
//
//   forward   y[n,o,i,j] = bias[o] + rows[n,o] + residual[n,o,i,j]
//                          + Σ_{c,u,v} weight[o,c,u,v] · z[n, c, i·stride + u − top, j·stride + v − left]
//             z = x, or x with each pixel doubled both ways; 0 outside the image
//   backward  dx[n,c,h,w] = pending[n,c,h,w] + Σ_{o,i,j,u,v} weight[o,c,u,v] · dy[n,o,i,j]
//             over all i, j, u, v that read a pixel of z which is x[n,c,h,w]
//   source    cross-correlation, as torch.nn.functional.conv2d
//
//   shapes    source, result, added [N, channels, height, width] f32 row-major · weight [O, C, K, K] ·
//             bias [O] · rows: columns of [N, all]
//   dispatch  one lane an element of the result, in workgroups of WG, folded into two dimensions
//   numerics  f32 sums in the order of the channels read, and of their taps
//   launcher  src/kernels/conv2d.ts · oracle tests/reference/conv2d.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
const WG: u32 = 64u;

struct Dims {
  images: u32, // N
  reads: u32, // channels of the source
  writes: u32, // channels of the result
  height: u32, // of the source
  width: u32,
  out_height: u32, // of the result
  out_width: u32,
  top: u32, // zeros above the source
  left: u32,
  stride: u32,
  kernel: u32, // K
  doubled: u32, // 1: z is x with each pixel doubled; else 0
  read_step: u32, // weights from one channel read to the next
  write_step: u32, // weights from one channel written to the next
  has_bias: u32, // 1 or 0, as the one below
  has_added: u32,
  rows_step: u32, // columns of rows, or 0: there are none
  rows_first: u32, // the first channel's column
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> source: array<elem>;
@group(0) @binding(2) var<storage, read> weight: array<elem>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read> added: array<elem>;
@group(0) @binding(6) var<storage, read_write> result: array<elem>;

struct Element {
  n: u32,
  o: u32,
  i: u32,
  j: u32,
}

fn element_of(index: u32) -> Element {
  let plane = index / dims.out_width / dims.out_height;
  let i = index / dims.out_width % dims.out_height;
  return Element(plane / dims.writes, plane % dims.writes, i, index % dims.out_width);
}

fn put_element(e: Element, index: u32, sum: f32) {
  var total = sum;
  if (dims.has_bias == 1u) {
    total += bias[e.o];
  }
  if (dims.rows_step != 0u) {
    total += rows[e.n * dims.rows_step + dims.rows_first + e.o];
  }
  if (dims.has_added == 1u) {
    total += f32(added[index]);
  }
  result[index] = elem(total);
}

@compute @workgroup_size(WG)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  let e = element_of(index);
  if (e.n >= dims.images) {
    return;
  }
  var sum = 0.0;
  for (var c = 0u; c < dims.reads; c++) {
    let image = (e.n * dims.reads + c) * dims.height * dims.width;
    let taps = e.o * dims.write_step + c * dims.read_step;
    for (var t = 0u; t < dims.kernel * dims.kernel; t++) {
      let h = e.i * dims.stride + t / dims.kernel - dims.top;
      let w = e.j * dims.stride + t % dims.kernel - dims.left;
      if ((h < (dims.height << dims.doubled)) & (w < (dims.width << dims.doubled))) {
        let pixel = image + (h >> dims.doubled) * dims.width + (w >> dims.doubled);
        sum += f32(weight[taps + t]) * f32(source[pixel]);
      }
    }
  }
  put_element(e, index, sum);
}

@compute @workgroup_size(WG)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + lane;
  let e = element_of(index);
  if (e.n >= dims.images) {
    return;
  }
  var sum = 0.0;
  for (var a = 0u; a <= dims.doubled; a++) {
    for (var b = 0u; b <= dims.doubled; b++) {
      let h = (e.i << dims.doubled) + a + dims.top;
      let w = (e.j << dims.doubled) + b + dims.left;
      sum += gradient_at(e, h, w);
    }
  }
  put_element(e, index, sum);
}

// Σ weight · dy over the taps that read row h, column w of z in its frame.
fn gradient_at(e: Element, h: u32, w: u32) -> f32 {
  var sum = 0.0;
  for (var c = 0u; c < dims.reads; c++) {
    let image = (e.n * dims.reads + c) * dims.height * dims.width;
    let taps = e.o * dims.write_step + c * dims.read_step;
    for (var t = 0u; t < dims.kernel * dims.kernel; t++) {
      let below = h - t / dims.kernel;
      let right = w - t % dims.kernel;
      let i = below / dims.stride;
      let j = right / dims.stride;
      if ((i * dims.stride == below) & (j * dims.stride == right) & (i < dims.height) & (j < dims.width)) {
        sum += f32(weight[taps + t]) * f32(source[image + i * dims.width + j]);
      }
    }
  }
  return sum;
}
