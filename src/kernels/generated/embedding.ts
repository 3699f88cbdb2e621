// Generated from shaders/embedding.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "count" | "batch" | "channels"; table: true; indices: true; y: true };
  backward: { dims: "count" | "batch" | "channels"; indices: true; dy: true; dtable: true };
};

const t0 = `










const WG: u32 = 64u;

struct Dims {
  count: u32,
  batch: u32,
  channels: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

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
  let n = i / dims.channels;
  y[i] = table[indices[n] * dims.channels + i - n * dims.channels];
}`;

const t1 = `

@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dtable: array<f32>;

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
  let row = i / dims.channels;
  let c = i - row * dims.channels;
  var sum = 0.0;
  for (var n = 0u; n < dims.batch; n++) {
    if (indices[n] == row) {
      sum += dy[n * dims.channels + c];
    }
  }
  dtable[i] = sum;
}`;

export const embedding_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "embedding",
  hash: "0d979cff",
  text: [t0],
};

export const embedding: ShaderFamily<Binds> = {
  name: "embedding",
  hash: "0d979cff",
  text: [t0, t1],
};
