// Generated from shaders/diffusion_timesteps.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  cumulate: { draws: "steps" | "images" | "uniform_stream" | "stream"; kept: true; kept_counts: true; cumulated: true };
  draw_timesteps: { draws: "steps" | "images" | "uniform_stream" | "stream"; state: true; kept: true; cumulative: true; drawn: true; factors: true };
  keep_losses: { draws: "steps" | "images" | "uniform_stream" | "stream"; timesteps: true; per_image: true; ring: true; ring_counts: true };
  tally: { draws: "steps" | "images" | "uniform_stream" | "stream"; timesteps: true; per_image: true; counts: true; sums: true };
};

export const diffusion_timesteps: ShaderFamily<Binds> = {
  name: "diffusion_timesteps",
  hash: "119f6341",
  text: [`
















const WG: u32 = 64u;
const KEPT: u32 = 10u;
const UNIFORM_PART: f32 = 0.001;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Draws {
  steps: u32,
  images: u32,
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


fn weight_of(t: u32) -> f32 {
  var squares = 0.0;
  for (var k = 0u; k < KEPT; k++) {
    let loss = kept[t * KEPT + k];
    squares += loss * loss;
  }
  return sqrt(squares / f32(KEPT));
}

var<workgroup> parts: array<f32, WG>;
var<workgroup> full: array<u32, WG>;

@compute @workgroup_size(WG)
fn cumulate(@builtin(local_invocation_index) lane: u32) {
  let share = (draws.steps + WG - 1u) / WG;
  let first = min(lane * share, draws.steps);
  let end = min(first + share, draws.steps);


  var part = 0.0;
  var is_full = 1u;
  for (var t = first; t < end; t++) {
    part += weight_of(t);
    is_full = min(is_full, u32(kept_counts[t] >= KEPT));
  }
  parts[lane] = part;
  full[lane] = is_full;
  workgroupBarrier();


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
}`],
};
