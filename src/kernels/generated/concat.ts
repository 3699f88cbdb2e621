// Generated from shaders/concat.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "count" | "first" | "second"; a: true; b: true; y: true };
  forward_wide: { dims: "count" | "first" | "second"; a4: true; b4: true; y4: true };
  backward: { half: "count" | "size" | "before" | "whole"; dy: true; part: true };
  backward_wide: { half: "count" | "size" | "before" | "whole"; dy4: true; part4: true };
};

const t0 = `










alias elem = f32;
alias elem4 = vec4<elem>;
const WG: u32 = 64u;

struct Dims {
  count: u32,
  first: u32,
  second: u32,
}


struct Place {
  image: u32,
  offset: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<elem>;
@group(0) @binding(2) var<storage, read> b: array<elem>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

fn place_of(i: u32) -> Place {
  let image = i / (dims.first + dims.second);
  return Place(image, i - image * (dims.first + dims.second));
}

@compute @workgroup_size(WG)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  let place = place_of(i);
  if (place.offset < dims.first) {
    y[i] = a[place.image * dims.first + place.offset];
  } else {
    y[i] = b[place.image * dims.second + place.offset - dims.first];
  }
}

@group(0) @binding(4) var<storage, read> a4: array<elem4>;
@group(0) @binding(5) var<storage, read> b4: array<elem4>;
@group(0) @binding(6) var<storage, read_write> y4: array<elem4>;

@compute @workgroup_size(WG)
fn forward_wide(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  let place = place_of(i);
  if (place.offset < dims.first) {
    y4[i] = a4[place.image * dims.first + place.offset];
  } else {
    y4[i] = b4[place.image * dims.second + place.offset - dims.first];
  }
}`;

const t1 = `


struct Half {
  count: u32,
  size: u32,
  before: u32,
  whole: u32,
}

@group(0) @binding(7) var<uniform> half: Half;
@group(0) @binding(8) var<storage, read> dy: array<elem>;
@group(0) @binding(9) var<storage, read_write> part: array<elem>;

@compute @workgroup_size(WG)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= half.count) {
    return;
  }
  let image = i / half.size;
  part[i] = dy[image * half.whole + half.before + i - image * half.size];
}

@group(0) @binding(10) var<storage, read> dy4: array<elem4>;
@group(0) @binding(11) var<storage, read_write> part4: array<elem4>;

@compute @workgroup_size(WG)
fn backward_wide(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= half.count) {
    return;
  }
  let image = i / half.size;
  part4[i] = dy4[image * half.whole + half.before + i - image * half.size];
}`;

export const concat_forward: ShaderFamily<Pick<Binds, "forward" | "forward_wide">> = {
  name: "concat",
  hash: "f4029a7fd44f6173",
  text: [t0, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"],
};

export const concat: ShaderFamily<Binds> = {
  name: "concat",
  hash: "f4029a7fd44f6173",
  text: [t0, t1],
};
