// Generated from shaders/activation.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "count"; x: true; y: true };
  backward: { dims: "count"; x: true; dy: true; dx: true };
};

const t0 = `














alias elem = f32;
const WG: u32 = 64u;
const ACTIVATION: u32 = 1u;

struct Dims {
  count: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> y: array<elem>;`;

const t1 = `

@group(0) @binding(3) var<storage, read> dy: array<elem>;
@group(0) @binding(4) var<storage, read_write> dx: array<elem>;`;

const t2 = `

fn activation(h: f32) -> f32 {
  if (ACTIVATION == 1u) {
    let v = select(h, -87.0, h < -87.0);
    return v / (1.0 + exp(-v));
  }
  if (ACTIVATION == 2u) {
    let w = exp(min(h, 20.0));
    let q = w * (w + 2.0);
    return h * (q / (q + 2.0));
  }
  if (ACTIVATION == 3u) {
    return h * normal_below(h, normal_tail(h));
  }
  if (ACTIVATION == 4u) {
    return max(h, 0.0);
  }
  return h;
}


fn normal_tail(h: f32) -> f32 {
  let v = clamp(h, -14.0, 14.0);
  return exp(-0.5 * v * v);
}


fn normal_below(h: f32, tail: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.34 * abs(h));
  var p = -0.0260217396;
  p = p * t + 0.13903717;
  p = p * t - 0.272217016;
  p = p * t + 0.201183813;
  p = p * t - 0.0440644423;
  p = p * t + 0.115096865;
  p = p * t + 0.115260378;
  p = p * t + 0.136104045;
  p = p * t + 0.135620943;
  let below = p * t * tail;
  return select(below, 1.0 - below, h > 0.0);
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
  y[i] = elem(activation(f32(x[i])));
}`;

const t3 = `

fn derivative(h: f32) -> f32 {
  if (ACTIVATION == 1u) {
    let v = select(h, -87.0, h < -87.0);
    let e = exp(-v);
    let s = 1.0 / (1.0 + e);
    return s * (1.0 + v * (e * s));
  }
  if (ACTIVATION == 2u) {
    let v = min(h, 20.0);
    let w = exp(v);
    let q = w * (w + 2.0);
    let d = 1.0 / (q + 2.0);
    return q * d + 4.0 * v * (w * d) * ((w + 1.0) * d);
  }
  if (ACTIVATION == 3u) {
    let tail = normal_tail(h);
    return normal_below(h, tail) + 0.3989422804 * clamp(h, -14.0, 14.0) * tail;
  }
  return select(1.0, 0.0, ACTIVATION == 4u && h <= 0.0);
}

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
  dx[i] = elem(derivative(f32(x[i])) * f32(dy[i]));
}`;

export const activation_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "activation",
  hash: "c2407e91",
  text: [t0, "\n\n\n", t2],
};

export const activation: ShaderFamily<Binds> = {
  name: "activation",
  hash: "c2407e91",
  text: [t0, t1, t2, t3],
};
