// Generated from shaders/concat.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "count" | "first" | "second"; a: true; b: true; y: true };
  backward: { dims: "count" | "first" | "second"; dy: true; da: true; db: true };
};

const t0 = `











alias elem = f32;
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
}`;

const t1 = `

@group(0) @binding(4) var<storage, read> dy: array<elem>;
@group(0) @binding(5) var<storage, read_write> da: array<elem>;
@group(0) @binding(6) var<storage, read_write> db: array<elem>;

@compute @workgroup_size(WG)
fn backward(
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
    da[place.image * dims.first + place.offset] = dy[i];
  } else {
    db[place.image * dims.second + place.offset - dims.first] = dy[i];
  }
}`;

export const concat_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "concat",
  hash: "0c89ebb0",
  text: [t0],
};

export const concat: ShaderFamily<Binds> = {
  name: "concat",
  hash: "0c89ebb0",
  text: [t0, t1],
};
