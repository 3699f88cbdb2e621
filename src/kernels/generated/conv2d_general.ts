// Generated from shaders/conv2d_general.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "images" | "reads" | "writes" | "height" | "width" | "out_height" | "out_width" | "top" | "left" | "stride" | "kernel" | "doubled" | "read_step" | "write_step" | "has_bias" | "has_added" | "rows_step" | "rows_first"; source: true; weight: true; bias: true; rows: true; added: true; result: true };
  backward: { dims: "images" | "reads" | "writes" | "height" | "width" | "out_height" | "out_width" | "top" | "left" | "stride" | "kernel" | "doubled" | "read_step" | "write_step" | "has_bias" | "has_added" | "rows_step" | "rows_first"; source: true; weight: true; bias: true; rows: true; added: true; result: true };
};

const t0 = `














alias elem = f32;
const WG: u32 = 64u;

struct Dims {
  images: u32,
  reads: u32,
  writes: u32,
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  top: u32,
  left: u32,
  stride: u32,
  kernel: u32,
  doubled: u32,
  read_step: u32,
  write_step: u32,
  has_bias: u32,
  has_added: u32,
  rows_step: u32,
  rows_first: u32,
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
}`;

const t1 = `

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
}`;

export const conv2d_general_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "conv2d_general",
  hash: "dc1c1559",
  text: [t0],
};

export const conv2d_general: ShaderFamily<Binds> = {
  name: "conv2d_general",
  hash: "dc1c1559",
  text: [t0, t1],
};
