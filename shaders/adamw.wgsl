// adamw.wgsl — clipping by the global norm, AdamW, and the running average of the weights.
//
//   norm      squares: Σ g² over the gradients, in P parts
//   finish    norm = √ Σ squares;  factor = min(1, clip / (norm + 1e-6)), 1 without a clip,
//             0 where the norm is not finite: then update changes nothing, and the step is counted
//             as skipped. Keeps (step, loss, norm, factor); loss = mean of per_image
//   update    g ← factor · g
//             m ← m + (1 − β₁)(g − m)        v ← v + (1 − β₂)(g² − v)
//             w ← w − lr · λ · w − lr / (1 − β₁ˢ) · m / (√v / √(1 − β₂ˢ) + eps)     s = step + 1
//             ema ← ema + (1 − emaDecay)(w − ema)
//   source    Loshchilov & Hutter 2017, arXiv:1711.05101, Algorithm 2; lr multiplies the decay λ,
//             as in PyTorch
//
//   shapes    parameters, gradients, exp_avg, exp_avg_sq, ema [count] f32, count a multiple of 4
//             squares [P] · per_image [N] · schedule [ring] of ScheduleRow, row step % ring
//             history [ring] of Record, row step % ring · clip_factor [1] · state u32 [8]
//   dispatch  norm: P workgroups of LANES, each lane every (P · LANES)-th vec4. finish: one
//             workgroup. update: one lane VECTORS vec4
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
}

struct Record {
  step: u32,
  loss: f32,
  gradient_norm: f32,
  clip_factor: f32,
}

struct Reduction {
  vectors: u32, // count / 4
  trips: u32, // vec4 a lane
}

struct Finish {
  clip: f32, // 0: none
  ring: u32, // rows of history
}

struct Update {
  vectors: u32,
  ring: u32, // rows of schedule
}

@group(0) @binding(0) var<uniform> reduction: Reduction;
@group(0) @binding(1) var<uniform> finishing: Finish;
@group(0) @binding(2) var<uniform> dims: Update;
@group(0) @binding(3) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> squares: array<f32>; // Σ g² of a workgroup
@group(0) @binding(5) var<storage, read> squares_bits: array<u32>; // the same, as bits
@group(0) @binding(6) var<storage, read> per_image: array<f32>;
@group(0) @binding(7) var<storage, read_write> progress: StepState;
@group(0) @binding(8) var<storage, read_write> history: array<Record>;
@group(0) @binding(9) var<storage, read_write> clip_factor: array<f32>;
@group(0) @binding(10) var<storage, read> state: StepState;
@group(0) @binding(11) var<storage, read> schedule: array<ScheduleRow>;
@group(0) @binding(12) var<storage, read> factor: array<f32>;
@group(0) @binding(13) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(14) var<storage, read_write> exp_avg: array<vec4f>;
@group(0) @binding(15) var<storage, read_write> exp_avg_sq: array<vec4f>;
@group(0) @binding(16) var<storage, read_write> ema: array<vec4f>;

const ROWS: u32 = 16u;
const LANES: u32 = 256u; // ROWS²: the lanes that share a sum

var<workgroup> partials: array<f32, LANES>;
var<workgroup> row_sums: array<f32, ROWS>;

/// Σ of the lanes' values, in a fixed order; only lane 0 gets it.
/// contract  call in uniform control flow: it holds barriers
fn workgroup_sum(value: f32, lane: u32) -> f32 {
  partials[lane] = value;
  workgroupBarrier();
  var sum = 0.0;
  if (lane < ROWS) {
    for (var k = 0u; k < ROWS; k++) {
      sum += partials[lane * ROWS + k];
    }
    row_sums[lane] = sum;
  }
  workgroupBarrier();
  sum = 0.0;
  if (lane == 0u) {
    for (var k = 0u; k < ROWS; k++) {
      sum += row_sums[k];
    }
  }
  return sum;
}

@compute @workgroup_size(LANES)
fn norm(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var own = vec4f(0.0);
  for (var trip = 0u; trip < reduction.trips; trip++) {
    let i = (trip * groups.x + group.x) * LANES + lane;
    if (i < reduction.vectors) {
      let g = gradients[i];
      own += g * g;
    }
  }
  let total = workgroup_sum((own.x + own.y) + (own.z + own.w), lane);
  if (lane == 0u) {
    squares[group.x] = total;
  }
}

@compute @workgroup_size(LANES)
fn finish(@builtin(local_invocation_index) lane: u32) {
  // Σ g², how many parts of it are not finite, Σ per_image
  let parts = arrayLength(&squares_bits);
  let images = arrayLength(&per_image);
  var own = 0.0;
  var broken = 0.0;
  var losses = 0.0;
  for (var trip = 0u; trip < (parts + LANES - 1u) / LANES; trip++) {
    let i = trip * LANES + lane;
    if (i < parts) {
      let bits = squares_bits[i];
      own += bitcast<f32>(bits);
      broken += f32((bits & 0x7f800000u) == 0x7f800000u);
    }
  }
  for (var trip = 0u; trip < (images + LANES - 1u) / LANES; trip++) {
    let i = trip * LANES + lane;
    if (i < images) {
      losses += per_image[i];
    }
  }
  let all_squares = workgroup_sum(own, lane);
  let all_broken = workgroup_sum(broken, lane);
  let all_losses = workgroup_sum(losses, lane);

  if (lane == 0u) {
    let global_norm = sqrt(all_squares);
    let clip = finishing.clip;
    var applied = 1.0;
    if (clip > 0.0) {
      applied = clamp(clip / (global_norm + 1e-6), 1e-37, 1.0); // above 0, which means skipped
    }
    if (all_broken > 0.0 || all_squares > 1e38) {
      applied = 0.0;
      progress.skipped += 1u;
    }
    clip_factor[0] = applied;
    let loss = all_losses / f32(images);
    history[progress.step % finishing.ring] = Record(progress.step, loss, global_norm, applied);
  }
}

@compute @workgroup_size(WG)
fn update(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let applied = factor[0];
  if (applied == 0.0) {
    return;
  }
  let row = schedule[state.step % dims.ring];
  let first = (group.y * groups.x + group.x) * VECTORS * WG + lane;
  for (var k = 0u; k < VECTORS; k++) {
    let i = first + k * WG;
    if (i < dims.vectors) {
      // m, v
      let g = applied * gradients[i];
      var m = exp_avg[i];
      var v = exp_avg_sq[i];
      m += row.first_gain * (g - m);
      v += row.second_gain * (g * g - v);
      exp_avg[i] = m;
      exp_avg_sq[i] = v;

      // w, ema
      var w = parameters[i];
      w = w - row.decay * w - row.step_size * m / (sqrt(v) * row.root_scale + row.eps);
      parameters[i] = w;
      let average = ema[i];
      ema[i] = average + row.ema_gain * (w - average);
    }
  }
}
