// adamw.wgsl — clipping by the global norm, AdamW, and the running average of the weights.
//
//   norm      squares: Σ g² over the gradients, in P parts
//   finish    norm = √ Σ squares / S, S the loss scale;  clip factor = min(1, clip / (norm + 1e-6)), 1
//             without a clip, 0 where the norm or a loss is not finite: then update changes nothing, and
//             the step is counted as skipped. Keeps (step, loss, norm, clip factor, S); loss = mean of per_image
//             S ← S / 2 after a step that was skipped, 2 S after growth_interval that were not; in 1 … 2^40
//   update    g ← factor · g + l2 · w         factor = clip factor / S; l2: Adam's weight decay, of AdamW 0
//             m ← m + (1 − β₁)(g − m)        v ← v + (1 − β₂)(g² − v)
//             w ← w − lr · λ · w − lr / (1 − β₁ˢ) · m / (√v / √(1 − β₂ˢ) + eps)     s = step + 1
//             ema ← ema + (1 − emaDecay)(w − ema)      update_alone: without it
//   source    Loshchilov & Hutter 2017, arXiv:1711.05101, Algorithm 2; lr multiplies the decay λ,
//             as in PyTorch; Micikevicius et al. 2017, arXiv:1710.03740, §3.2: the dynamic loss scale
//
//   shapes    parameters, gradients, exp_avg, exp_avg_sq, ema [count] f32, count a multiple of 4
//             squares [P] · per_image [N] · schedule [ring] of ScheduleRow, row step % ring
//             history [ring] of Record, row step % ring · factor [1] · loss_scale [2] · state u32 [8]
//   dispatch  norm: P lanes in workgroups of WG, each lane every P-th vec4. finish: one workgroup
//             of LANES. update: one lane VECTORS vec4, in workgroups folded into two dimensions
//   numerics  the host forms the schedule in float64; sums in a fixed order; not finite is told by
//             the exponent's bits, as WGSL may assume that no number is infinite
//   launcher  src/kernels/adamw.ts · oracle tests/reference/adamw.ts

const WG: u32 = 64u;
const VECTORS: u32 = 4u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32, // steps left out for a gradient that is not finite
  first_image: u32,
}

struct ScheduleRow {
  step_size: f32, // lr / (1 − β₁ˢ)
  root_scale: f32, // 1 / √(1 − β₂ˢ)
  decay: f32, // lr · λ
  first_gain: f32, // 1 − β₁
  second_gain: f32, // 1 − β₂
  eps: f32,
  ema_gain: f32, // 1 − emaDecay
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
  scale: f32, // S: the gradients are S times themselves
  finite_steps: f32, // since S last changed
}

struct Reduction {
  vectors: u32, // count / 4
  trips: u32, // vec4 a lane
}

struct Finish {
  clip: f32, // 0: none
  ring: u32, // rows of history
  growth_interval: f32, // 0: S stays
}

struct Update {
  vectors: u32,
  ring: u32, // rows of schedule
}

@group(0) @binding(0) var<uniform> reduction: Reduction;
@group(0) @binding(1) var<uniform> finishing: Finish;
@group(0) @binding(2) var<uniform> dims: Update;
@group(0) @binding(3) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> squares: array<f32>; // Σ g² of a lane
@group(0) @binding(5) var<storage, read> squares_bits: array<vec4u>; // the same, as bits
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
const LANES: u32 = 256u; // ROWS²: the lanes that share a sum

var<workgroup> partials: array<vec3f, LANES>;
var<workgroup> row_sums: array<vec3f, ROWS>;

/// Σ of the lanes' values, in a fixed order; only lane 0 gets it.
/// contract  call in uniform control flow: it holds barriers
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
  // Σ g², how many parts of it or losses are not finite, Σ per_image
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
    if (finishing.clip > 0.0) { // above 0, which means skipped
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

// The i-th vector of m, v and w, one step on. @returns w
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
}
