// Generated from shaders/steer.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  chain: { dims: "images" | "channels" | "height" | "width" | "stride" | "copies" | "unconditional" | "strength"; state: true; rows: true; sample: true; output: true; goal: true; direct: true; doutput: true };
  descend: { dims: "images" | "channels" | "height" | "width" | "stride" | "copies" | "unconditional" | "strength"; dsample: true; direct_part: true; xt: true };
};

export const steer: ShaderFamily<Binds> = {
  name: "steer",
  hash: "24d25d3e",
  text: [`














const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Row {
  x0_from_x: f32,
  x0_from_output: f32,
  eps_from_x: f32,
  eps_from_output: f32,
  clip: f32,
  rederive_eps: f32,
  eps_of_x: f32,
  eps_of_x0: f32,
  a: f32,
  b: f32,
  c: f32,
  d: f32,
  sigma: f32,
  learned: f32,
  log_variance_min: f32,
  log_variance_max: f32,
  guidance: f32,
  known_signal: f32,
  known_spread: f32,
  again_signal: f32,
  again_spread: f32,
}

struct Dims {
  images: u32,
  channels: u32,
  height: u32,
  width: u32,
  stride: u32,
  copies: u32,
  unconditional: u32,
  strength: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> rows: array<Row>;
@group(0) @binding(3) var<storage, read> sample: array<f32>;
@group(0) @binding(4) var<storage, read> output: array<f32>;
@group(0) @binding(5) var<storage, read> goal: array<f32>;
@group(0) @binding(6) var<storage, read_write> direct: array<f32>;
@group(0) @binding(7) var<storage, read_write> doutput: array<f32>;


fn goal_at(n: u32, c: u32, i: u32, j: u32) -> f32 {
  return goal[((n * dims.channels + c) * dims.height + i) * dims.width + j];
}


fn unclipped(n: u32, i: u32) -> f32 {
  let row = rows[state.step];
  let at = n * dims.stride + i;
  var o = output[at];
  if (dims.unconditional != 0u && row.guidance != 1.0) {
    let u = output[at + dims.unconditional];
    o = u + row.guidance * (o - u);
  }
  let size = dims.channels * dims.height * dims.width;
  return row.x0_from_x * sample[n * size + i] + row.x0_from_output * o;
}


fn x0(n: u32, c: u32, i: u32, j: u32) -> f32 {
  let limit = rows[state.step].clip;
  return clamp(unclipped(n, (c * dims.height + i) * dims.width + j), -limit, limit);
}


fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 {
  return x0(n, c, i, j) - goal_at(n, c, i, j);
}

@compute @workgroup_size(WG)
fn chain(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * WG + lane;
  let size = dims.channels * dims.height * dims.width;
  if (at >= dims.images * size) {
    return;
  }
  let row = rows[state.step];
  let n = at / size;
  let element = at % size;
  let pixel = element % (dims.height * dims.width);
  let c = element / (dims.height * dims.width);


  var g = 0.0;
  if (abs(unclipped(n, element)) <= row.clip) {
    g = gradient(n, c, pixel / dims.width, pixel % dims.width);
  }
  direct[at] = row.x0_from_x * g;
  let first = n * dims.stride + element;
  let by_output = row.x0_from_output * g;
  if (dims.unconditional == 0u) {
    doutput[first] = by_output;
  } else {
    doutput[first] = row.guidance * by_output;
    doutput[first + dims.unconditional] = (1.0 - row.guidance) * by_output;
  }


  if (dims.stride > size) {
    doutput[first + size] = 0.0;
    if (dims.unconditional != 0u) {
      doutput[first + size + dims.unconditional] = 0.0;
    }
  }
}

@group(0) @binding(8) var<storage, read> dsample: array<f32>;
@group(0) @binding(9) var<storage, read> direct_part: array<f32>;
@group(0) @binding(10) var<storage, read_write> xt: array<f32>;

@compute @workgroup_size(WG)
fn descend(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * WG + lane;
  if (at >= dims.images * dims.channels * dims.height * dims.width) {
    return;
  }
  var dx = direct_part[at] + dsample[at];
  if (dims.copies != 0u) {
    dx += dsample[at + dims.copies];
  }
  let next = xt[at] - dims.strength * dx;
  xt[at] = next;
  if (dims.copies != 0u) {
    xt[at + dims.copies] = next;
  }
}`],
};
