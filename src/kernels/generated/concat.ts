// Generated from shaders/concat.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "count" | "first" | "second"; a: true; b: true; y: true };
  forward_wide: { dims: "count" | "first" | "second"; a4: true; b4: true; y4: true };
  backward: { dims: "count" | "first" | "second"; dy: true; da: true; db: true };
  backward_wide: { dims: "count" | "first" | "second"; dy4: true; da4: true; db4: true };
};

const t0 = `










alias elem = f32;
alias elem4 = vec4<elem>;
const WG: u32 = 64u;
const RUN: u32 = 1u;

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
  let i = ((group.y * groups.x + group.x) * WG + lane) * RUN;
  if (i >= dims.count) {
    return;
  }
  let place = place_of(i);
  if (place.offset < dims.first) {
    let at = place.image * dims.first + place.offset;
    y4[i] = a4[at];
    if (RUN == 4u) {
      y4[i + 1u] = a4[at + 1u];
      y4[i + 2u] = a4[at + 2u];
      y4[i + 3u] = a4[at + 3u];
    }
  } else {
    let at = place.image * dims.second + place.offset - dims.first;
    y4[i] = b4[at];
    if (RUN == 4u) {
      y4[i + 1u] = b4[at + 1u];
      y4[i + 2u] = b4[at + 2u];
      y4[i + 3u] = b4[at + 3u];
    }
  }
}`;

const t1 = `

@group(0) @binding(7) var<storage, read> dy: array<elem>;
@group(0) @binding(8) var<storage, read_write> da: array<elem>;
@group(0) @binding(9) var<storage, read_write> db: array<elem>;

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
}

@group(0) @binding(10) var<storage, read> dy4: array<elem4>;
@group(0) @binding(11) var<storage, read_write> da4: array<elem4>;
@group(0) @binding(12) var<storage, read_write> db4: array<elem4>;

@compute @workgroup_size(WG)
fn backward_wide(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = ((group.y * groups.x + group.x) * WG + lane) * RUN;
  if (i >= dims.count) {
    return;
  }
  let place = place_of(i);
  if (place.offset < dims.first) {
    let to = place.image * dims.first + place.offset;
    da4[to] = dy4[i];
    if (RUN == 4u) {
      da4[to + 1u] = dy4[i + 1u];
      da4[to + 2u] = dy4[i + 2u];
      da4[to + 3u] = dy4[i + 3u];
    }
  } else {
    let to = place.image * dims.second + place.offset - dims.first;
    db4[to] = dy4[i];
    if (RUN == 4u) {
      db4[to + 1u] = dy4[i + 1u];
      db4[to + 2u] = dy4[i + 2u];
      db4[to + 3u] = dy4[i + 3u];
    }
  }
}`;

export const concat_forward: ShaderFamily<Pick<Binds, "forward" | "forward_wide">> = {
  name: "concat",
  hash: "8caf1035",
  text: [t0],
};

export const concat: ShaderFamily<Binds> = {
  name: "concat",
  hash: "8caf1035",
  text: [t0, t1],
};
