// diffusion_timesteps.wgsl — timesteps by importance, and what is kept of losses a timestep.
//
//   weights         w_t = √(mean of the last ten l²)       at timestep t; until each t has ten, none
//   p_t             0.999 · w_t / Σ w + 0.001 / T           or 1 / T while there are no weights
//   draw_timesteps  t ~ p, factor_n = 1 / (T · p_t)         of Philox: a coin chooses the part of p
//   keep_losses     the ring of t takes the losses of the batch's images at t, in their order
//   tally           count_t += 1, sum_t += l                of each image at t, in their order
//   source          Nichol & Dhariwal 2021 (arXiv:2102.09672) eq. 18 · `LossSecondMomentResampler`
//                   of OpenAI's resample.py
//
//   shapes          kept [T, 10] f32 · kept_counts u32 [T] · cumulative [T + 1] f32: Σ of w up to t,
//                   and 1 where there are weights · timesteps u32 [N] · factors, per_image [N]
//                   counts u32 [T] · sums [T] f32
//   dispatch        cumulate: one workgroup. draw_timesteps: one lane an image. Others: one lane a t
//   numerics        sums in a fixed order, f32; the same bits whatever timesteps a batch repeats
//   launcher        src/kernels/diffusion_timesteps.ts · oracle tests/reference/diffusion_timesteps.ts

const WG: u32 = 64u;
const KEPT: u32 = 10u; // losses a timestep
const UNIFORM_PART: f32 = 0.001;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32, // steps left out for a gradient that is not finite
  first_image: u32, // where this batch begins among the images of the step
}

struct Draws {
  steps: u32, // T
  images: u32, // N
  uniform_stream: u32,
  stream: u32,
}

@group(0) @binding(0) var<uniform> draws: Draws;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> kept: array<f32>;
@group(0) @binding(3) var<storage, read> kept_counts: array<u32>;
@group(0) @binding(4) var<storage, read_write> cumulated: array<f32>;
@group(0) @binding(5) var<storage, read> cumulative: array<f32>;
@group(0) @binding(6) var<storage, read_write> drawn: array<u32>;
@group(0) @binding(7) var<storage, read_write> factors: array<f32>;
@group(0) @binding(8) var<storage, read> timesteps: array<u32>;
@group(0) @binding(9) var<storage, read> per_image: array<f32>;
@group(0) @binding(10) var<storage, read_write> ring: array<f32>;
@group(0) @binding(11) var<storage, read_write> ring_counts: array<u32>;
@group(0) @binding(12) var<storage, read_write> counts: array<u32>;
@group(0) @binding(13) var<storage, read_write> sums: array<f32>;

/// The high 32 bits of a · b, from four 16-bit products; no sum of them overflows.
fn mul_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);
}

fn philox(counter: vec4u) -> vec4u {
  var c = counter;
  var key = vec2u(state.seed_low, state.seed_high);
  for (var round = 0u; round < 10u; round++) {
    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));
    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

/// w_t
fn weight_of(t: u32) -> f32 {
  var squares = 0.0;
  for (var k = 0u; k < KEPT; k++) {
    let loss = kept[t * KEPT + k];
    squares += loss * loss;
  }
  return sqrt(squares / f32(KEPT));
}

var<workgroup> parts: array<f32, WG>; // Σ w of a lane's timesteps
var<workgroup> full: array<u32, WG>; // 1 where all of them have ten losses

@compute @workgroup_size(WG)
fn cumulate(@builtin(local_invocation_index) lane: u32) {
  let share = (draws.steps + WG - 1u) / WG;
  let first = min(lane * share, draws.steps);
  let end = min(first + share, draws.steps);

  // what each lane has
  var part = 0.0;
  var is_full = 1u;
  for (var t = first; t < end; t++) {
    part += weight_of(t);
    is_full = min(is_full, u32(kept_counts[t] >= KEPT));
  }
  parts[lane] = part;
  full[lane] = is_full;
  workgroupBarrier();

  // Σ of w up to t
  var sum = 0.0;
  for (var k = 0u; k < lane; k++) {
    sum += parts[k];
  }
  for (var t = first; t < end; t++) {
    sum += weight_of(t);
    cumulated[t] = sum;
  }
  if (lane == 0u) {
    var all = 1u;
    for (var k = 0u; k < WG; k++) {
      all = min(all, full[k]);
    }
    cumulated[draws.steps] = f32(all);
  }
}

/// The first t whose Σ of w exceeds a target.
fn timestep_at(target_sum: f32) -> u32 {
  var low = 0u;
  var high = draws.steps - 1u;
  for (var halving = 0u; halving < 32u && low < high; halving++) {
    let middle = (low + high) / 2u;
    if (cumulative[middle] > target_sum) {
      high = middle;
    } else {
      low = middle + 1u;
    }
  }
  return low;
}

@compute @workgroup_size(WG)
fn draw_timesteps(@builtin(global_invocation_id) id: vec3u) {
  let n = id.x;
  if (n >= draws.images) {
    return;
  }
  let m = state.first_image + n;
  let T = draws.steps;
  let total = cumulative[T - 1u];
  if (cumulative[T] < 0.5 || !(total > 0.0)) {
    let four = philox(vec4u(m / 4u, draws.uniform_stream, state.step, 0u));
    drawn[n] = mul_high(four[m % 4u], T);
    factors[n] = 1.0;
    return;
  }
  let four = philox(vec4u(m, draws.stream, state.step, 0u));
  var t = mul_high(four.y, T);
  if (f32(four.x >> 8u) * 0x1p-24 >= UNIFORM_PART) {
    t = timestep_at(f32(four.y >> 8u) * 0x1p-24 * total);
  }
  let share = weight_of(t) / total * f32(T);
  drawn[n] = t;
  factors[n] = 1.0 / ((1.0 - UNIFORM_PART) * share + UNIFORM_PART);
}

@compute @workgroup_size(WG)
fn keep_losses(@builtin(global_invocation_id) id: vec3u) {
  let t = id.x;
  if (t >= draws.steps) {
    return;
  }
  var count = ring_counts[t];
  for (var n = 0u; n < draws.images; n++) {
    if (timesteps[n] == t) {
      ring[t * KEPT + count % KEPT] = per_image[n];
      count++;
    }
  }
  ring_counts[t] = count;
}

@compute @workgroup_size(WG)
fn tally(@builtin(global_invocation_id) id: vec3u) {
  let t = id.x;
  if (t >= draws.steps) {
    return;
  }
  for (var n = 0u; n < draws.images; n++) {
    if (timesteps[n] == t) {
      counts[t]++;
      sums[t] += per_image[n];
    }
  }
}
