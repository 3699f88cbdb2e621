// Generated from shaders/adamw.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  norm: { reduction: "vectors" | "trips"; gradients: true; squares: true };
  finish: { finishing: "clip" | "ring" | "growth_interval"; squares_bits: true; per_image_bits: true; progress: true; history: true; factor: true; loss_scale: true };
  update: { dims: "vectors" | "ring"; gradients: true; state: true; schedule: true; applied: true; parameters: true; exp_avg: true; exp_avg_sq: true; ema: true };
  update_alone: { dims: "vectors" | "ring"; gradients: true; state: true; schedule: true; applied: true; parameters: true; exp_avg: true; exp_avg_sq: true };
};

export const adamw: ShaderFamily<Binds> = {
  name: "adamw",
  hash: "890ac696",
  text: [`






















const WG: u32 = 64u;
const VECTORS: u32 = 4u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct ScheduleRow {
  step_size: f32,
  root_scale: f32,
  decay: f32,
  first_gain: f32,
  second_gain: f32,
  eps: f32,
  ema_gain: f32,
  l2: f32,
}

struct Record {
  step: u32,
  loss: f32,
  gradient_norm: f32,
  clip_factor: f32,
  loss_scale: f32,
}

struct LossScale {
  scale: f32,
  finite_steps: f32,
}

struct Reduction {
  vectors: u32,
  trips: u32,
}

struct Finish {
  clip: f32,
  ring: u32,
  growth_interval: f32,
}

struct Update {
  vectors: u32,
  ring: u32,
}

@group(0) @binding(0) var<uniform> reduction: Reduction;
@group(0) @binding(1) var<uniform> finishing: Finish;
@group(0) @binding(2) var<uniform> dims: Update;
@group(0) @binding(3) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> squares: array<f32>;
@group(0) @binding(5) var<storage, read> squares_bits: array<vec4u>;
@group(0) @binding(6) var<storage, read> per_image_bits: array<u32>;
@group(0) @binding(7) var<storage, read_write> progress: StepState;
@group(0) @binding(8) var<storage, read_write> history: array<Record>;
@group(0) @binding(9) var<storage, read_write> factor: array<f32>;
@group(0) @binding(10) var<storage, read> state: StepState;
@group(0) @binding(11) var<storage, read> schedule: array<ScheduleRow>;
@group(0) @binding(12) var<storage, read> applied: array<f32>;
@group(0) @binding(13) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(14) var<storage, read_write> exp_avg: array<vec4f>;
@group(0) @binding(15) var<storage, read_write> exp_avg_sq: array<vec4f>;
@group(0) @binding(16) var<storage, read_write> ema: array<vec4f>;
@group(0) @binding(17) var<storage, read_write> loss_scale: LossScale;

const ROWS: u32 = 16u;
const LANES: u32 = 256u;

var<workgroup> partials: array<vec3f, LANES>;
var<workgroup> row_sums: array<vec3f, ROWS>;



fn workgroup_sum(value: vec3f, lane: u32) -> vec3f {
  partials[lane] = value;
  workgroupBarrier();
  var sum = vec3f(0.0);
  if (lane < ROWS) {
    for (var k = 0u; k < ROWS; k++) {
      sum += partials[lane * ROWS + k];
    }
    row_sums[lane] = sum;
  }
  workgroupBarrier();
  sum = vec3f(0.0);
  if (lane == 0u) {
    for (var k = 0u; k < ROWS; k++) {
      sum += row_sums[k];
    }
  }
  return sum;
}

@compute @workgroup_size(WG)
fn norm(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  var own = vec4f(0.0);
  for (var trip = 0u; trip < reduction.trips; trip++) {
    let i = trip * groups.x * WG + id.x;
    if (i < reduction.vectors) {
      let g = gradients[i];
      own += g * g;
    }
  }
  squares[id.x] = (own.x + own.y) + (own.z + own.w);
}

@compute @workgroup_size(LANES)
fn finish(@builtin(local_invocation_index) lane: u32) {

  let parts = arrayLength(&squares_bits);
  let images = arrayLength(&per_image_bits);
  var own = vec4f(0.0);
  var broken = vec4u(0u);
  for (var trip = 0u; trip < (parts + LANES - 1u) / LANES; trip++) {
    let i = trip * LANES + lane;
    if (i < parts) {
      let bits = squares_bits[i];
      own += bitcast<vec4f>(bits);
      broken += select(vec4u(0u), vec4u(1u), (bits & vec4u(0x7f800000u)) == vec4u(0x7f800000u));
    }
  }
  var losses = 0.0;
  for (var trip = 0u; trip < (images + LANES - 1u) / LANES; trip++) {
    let i = trip * LANES + lane;
    if (i < images) {
      let bits = per_image_bits[i];
      losses += bitcast<f32>(bits);
      broken.x += u32((bits & 0x7f800000u) == 0x7f800000u);
    }
  }
  let own_broken = f32(broken.x + broken.y + broken.z + broken.w);
  let all = workgroup_sum(vec3f((own.x + own.y) + (own.z + own.w), own_broken, losses), lane);

  if (lane == 0u) {
    let scale = loss_scale.scale;
    let gradient_norm = sqrt(all.x) / scale;
    var clip_factor = 1.0;
    if (finishing.clip > 0.0) {
      clip_factor = clamp(finishing.clip / (gradient_norm + 1e-6), 1e-30, 1.0);
    }
    let is_finite = all.y == 0.0 && all.x <= 1e38;
    if (!is_finite) {
      clip_factor = 0.0;
      progress.skipped += 1u;
    }
    factor[0] = clip_factor / scale;
    let loss = all.z / f32(images);
    let record = Record(progress.step, loss, gradient_norm, clip_factor, scale);
    history[progress.step % finishing.ring] = record;
    if (finishing.growth_interval > 0.0) {
      loss_scale = next_scale(loss_scale, is_finite);
    }
  }
}

fn next_scale(now: LossScale, is_finite: bool) -> LossScale {
  if (!is_finite) {
    return LossScale(max(0.5 * now.scale, 1.0), 0.0);
  }
  if (now.finite_steps + 1.0 >= finishing.growth_interval) {
    return LossScale(min(2.0 * now.scale, 0x1p40), 0.0);
  }
  return LossScale(now.scale, now.finite_steps + 1.0);
}


fn stepped(i: u32, row: ScheduleRow) -> vec4f {
  var w = parameters[i];
  let g = applied[0] * gradients[i] + row.l2 * w;
  var m = exp_avg[i];
  var v = exp_avg_sq[i];
  m += row.first_gain * (g - m);
  v += row.second_gain * (g * g - v);
  exp_avg[i] = m;
  exp_avg_sq[i] = v;
  w = w - row.decay * w - row.step_size * m / (sqrt(v) * row.root_scale + row.eps);
  parameters[i] = w;
  return w;
}

@compute @workgroup_size(WG)
fn update(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (applied[0] == 0.0) {
    return;
  }
  let row = schedule[state.step % dims.ring];
  let first = (group.y * groups.x + group.x) * VECTORS * WG + lane;
  for (var k = 0u; k < VECTORS; k++) {
    let i = first + k * WG;
    if (i < dims.vectors) {
      let w = stepped(i, row);
      let average = ema[i];
      ema[i] = average + row.ema_gain * (w - average);
    }
  }
}

@compute @workgroup_size(WG)
fn update_alone(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (applied[0] == 0.0) {
    return;
  }
  let row = schedule[state.step % dims.ring];
  let first = (group.y * groups.x + group.x) * VECTORS * WG + lane;
  for (var k = 0u; k < VECTORS; k++) {
    let i = first + k * WG;
    if (i < dims.vectors) {
      _ = stepped(i, row);
    }
  }
}`],
};
