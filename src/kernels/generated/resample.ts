// Generated from shaders/resample.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  upsample_forward: { dims: "count" | "height" | "width" | "other_height" | "other_width"; source: true; result: true };
  pool_forward: { dims: "count" | "height" | "width" | "other_height" | "other_width"; source: true; result: true };
  upsample_backward: { dims: "count" | "height" | "width" | "other_height" | "other_width"; source: true; result: true };
  pool_backward: { dims: "count" | "height" | "width" | "other_height" | "other_width"; source: true; result: true };
};

const t0 = `












alias elem = f32;
const WG: u32 = 64u;

struct Dims {
  count: u32,
  height: u32,
  width: u32,
  other_height: u32,
  other_width: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> source: array<elem>;
@group(0) @binding(2) var<storage, read_write> result: array<elem>;


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
}`;

const t1 = `

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
}`;

export const resample_forward: ShaderFamily<Pick<Binds, "upsample_forward" | "pool_forward">> = {
  name: "resample",
  hash: "6cb36ac3",
  text: [t0],
};

export const resample: ShaderFamily<Binds> = {
  name: "resample",
  hash: "6cb36ac3",
  text: [t0, t1],
};
