// Generated from shaders/diffusion_loss.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  loss: { image: "size"; source: "ring" | "noise_stream"; objective: "stride" | "kind" | "gradient_scale" | "scale" | "mean_scale"; state: true; images: true; order: true; levels: true; timesteps: true; prediction: true; dprediction: true; per_image: true };
  loss_given: { image: "size"; objective: "stride" | "kind" | "gradient_scale" | "scale" | "mean_scale"; levels: true; timesteps: true; x0: true; noise: true; prediction: true; dprediction: true; per_image: true };
  bound_loss: { image: "size"; source: "ring" | "noise_stream"; objective: "stride" | "kind" | "gradient_scale" | "scale" | "mean_scale"; state: true; images: true; order: true; timesteps: true; prediction: true; bounds: true; dprediction: true; per_image: true };
  bound_loss_given: { image: "size"; objective: "stride" | "kind" | "gradient_scale" | "scale" | "mean_scale"; timesteps: true; x0: true; noise: true; prediction: true; bounds: true; dprediction: true; per_image: true };
};

export const diffusion_loss: ShaderFamily<Binds> = {
  name: "diffusion_loss",
  hash: "9b5efc7a",
  text: [`
























struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Level {
  signal: f32,
  spread: f32,
  noise_factor: f32,
  x0_factor: f32,
  weight: f32,
}


struct BoundLevel {
  noise_factor: f32,
  x0_factor: f32,
  weight: f32,
  deviation: f32,
  gap: f32,
  slope: f32,
  bin: f32,
}

struct Image {
  size: u32,
}

struct Source {
  ring: u32,
  noise_stream: u32,
}

struct Objective {
  stride: u32,
  kind: u32,
  gradient_scale: f32,
  scale: f32,
  mean_scale: f32,
}

@group(0) @binding(0) var<uniform> image: Image;
@group(0) @binding(1) var<uniform> source: Source;
@group(0) @binding(2) var<uniform> objective: Objective;
@group(0) @binding(3) var<storage, read> state: StepState;
@group(0) @binding(4) var<storage, read> images: array<u32>;
@group(0) @binding(5) var<storage, read> order: array<u32>;
@group(0) @binding(6) var<storage, read> levels: array<Level>;
@group(0) @binding(7) var<storage, read> timesteps: array<u32>;
@group(0) @binding(8) var<storage, read> x0: array<f32>;
@group(0) @binding(9) var<storage, read> noise: array<f32>;
@group(0) @binding(10) var<storage, read> prediction: array<f32>;
@group(0) @binding(11) var<storage, read> bounds: array<BoundLevel>;
@group(0) @binding(12) var<storage, read_write> dprediction: array<f32>;
@group(0) @binding(13) var<storage, read_write> per_image: array<f32>;




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


fn natural_log(u: vec2f) -> vec2f {
  let exponent = (bitcast<vec2i>(u) - vec2i(0x3f3504f3)) >> vec2u(23u);
  let f = bitcast<vec2f>(bitcast<vec2i>(u) - (exponent << vec2u(23u))) - 1.0;
  var p = 0.086721912 * f - 0.143790081;
  p = p * f + 0.149779916;
  p = p * f - 0.165644258;
  p = p * f + 0.199548751;
  p = p * f - 0.250016987;
  p = p * f + 0.333341658;
  return vec2f(exponent) * 0.6931471805599453 + (f + f * f * (f * p - 0.5));
}


fn radius_of(u: vec2f) -> vec2f {
  let square = -2.0 * natural_log(u);
  let inverse = inverseSqrt(square);
  let root = square * inverse;
  return root + 0.5 * inverse * (square - root * root);
}


fn with_sign(x: vec2f, bits: vec2u) -> vec2f {
  return bitcast<vec2f>(bitcast<vec2u>(x) ^ ((bits & vec2u(2u)) << vec2u(30u)));
}


fn box_muller(four: vec4u) -> vec4f {
  let radius = radius_of((vec2f(four.xz >> vec2u(9u)) + 0.5) * 0x1p-23);


  let quadrant = (four.yw + vec2u(0x20000000u)) >> vec2u(30u);
  let residue = bitcast<vec2i>(four.yw - (quadrant << vec2u(30u)));
  let r = (vec2f(residue >> vec2u(8u)) + 0.5) * 0x1p-24;
  let q = r * r;
  let s = r * (((-75.4020691 * q + 81.5925522) * q - 41.3416634) * q + 6.28318548);
  let c = 1.0 + q * (((59.2459641 * q - 85.4437408) * q + 64.9393234) * q - 19.7392082);

  let odd = (quadrant & vec2u(1u)) == vec2u(1u);
  let cosine = radius * with_sign(select(c, s, odd), quadrant + 1u);
  let sine = radius * with_sign(select(s, c, odd), quadrant);
  return vec4f(cosine.x, sine.x, cosine.y, sine.y);
}



struct Quad {
  counter: u32,
  first: u32,
}



fn quad_of(n: u32, i: u32, size: u32) -> Quad {
  let m = state.first_image + n;
  let rest = m * (size % 4u);
  return Quad(m * (size / 4u) + rest / 4u + i, 4u * i - rest % 4u);
}

fn normals_of(counter: u32, stream: u32) -> vec4f {
  return box_muller(philox(vec4u(counter, stream, state.step, 0u)));
}




fn place_of(n: u32, count: u32) -> u32 {
  return order[(state.step % source.ring) * count + n];
}


fn pixel(place: u32, i: u32) -> f32 {
  let at = place * image.size + i;
  let byte = (images[at / 4u] >> (8u * (at % 4u))) & 255u;
  return f32(byte) / 127.5 - 1.0;
}


fn cost(d: f32) -> vec2f {
  switch objective.kind {
    case 0u: {
      return vec2f(d * d, 2.0 * d);
    }
    case 1u: {
      return vec2f(abs(d), sign(d));
    }
    default: {
      let far = vec2f(abs(d) - 0.5, sign(d));
      return select(far, vec2f(0.5 * d * d, d), abs(d) < 1.0);
    }
  }
}


fn settle(n: u32, i: u32, level: Level, clean: f32, z: f32) -> f32 {
  let at = n * objective.stride + i;
  let d = prediction[at] - (level.noise_factor * z + level.x0_factor * clean);
  let l = cost(d);
  dprediction[at] = level.weight * l.y * objective.gradient_scale;
  return l.x;
}

const ROWS: u32 = 16u;
const LANES: u32 = 256u;

var<workgroup> partials: array<f32, LANES>;
var<workgroup> row_sums: array<f32, ROWS>;



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


fn close_image(n: u32, lane: u32, sum: f32, weight: f32) {
  let total = workgroup_sum(sum, lane);
  if (lane == 0u) {
    per_image[n] = weight * total / f32(image.size);
  }
}


fn clear_variance(n: u32, lane: u32) {
  let others = objective.stride - image.size;
  for (var trip = 0u; trip < (others + LANES - 1u) / LANES; trip++) {
    let i = trip * LANES + lane;
    if (i < others) {
      dprediction[n * objective.stride + image.size + i] = 0.0;
    }
  }
}

@compute @workgroup_size(LANES)
fn loss(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x;
  let level = levels[timesteps[n]];
  let place = place_of(n, groups.x);
  let trips = ((image.size + 6u) / 4u + LANES - 1u) / LANES;
  var sum = 0.0;
  for (var trip = 0u; trip < trips; trip++) {
    let quad = quad_of(n, trip * LANES + lane, image.size);
    let z = normals_of(quad.counter, source.noise_stream);
    var part = 0.0;
    for (var k = 0u; k < 4u; k++) {
      let i = quad.first + k;
      if (i < image.size) {
        part += settle(n, i, level, pixel(place, i), z[k]);
      }
    }
    sum += part;
  }
  close_image(n, lane, sum, level.weight);
  clear_variance(n, lane);
}

@compute @workgroup_size(LANES)
fn loss_given(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x;
  let level = levels[timesteps[n]];
  let trips = (image.size + LANES - 1u) / LANES;
  var sum = 0.0;
  for (var trip = 0u; trip < trips; trip++) {
    let i = trip * LANES + lane;
    if (i < image.size) {
      let at = n * image.size + i;
      sum += settle(n, i, level, x0[at], noise[at]);
    }
  }
  close_image(n, lane, sum, level.weight);
  clear_variance(n, lane);
}


fn exponential(x: f32) -> f32 {
  let inside = clamp(x, -87.0, 88.0);
  let k = floor(inside * 1.4426950408889634 + 0.5);
  let r = (inside - k * 0.693359375) + k * 2.12194440e-4;
  var p = 1.0 / 5040.0 * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  let value = (1.0 + (r + r * r * p)) * bitcast<f32>((i32(k) + 127) << 23u);
  return select(value, 0.0, x < -87.0);
}


fn tail_of(x: f32) -> vec2f {
  let u = clamp(x, -20.0, 20.0);
  let square = u * u;
  let e = exponential(-1.5957691216057308 * abs(u) * (1.0 + 0.044715 * square));
  let tail = e / (1.0 + e);
  let slope = 1.5957691216057308 * (1.0 + 0.134145 * square);
  return vec2f(tail, slope * tail / (1.0 + e));
}


fn decoder_term(b: BoundLevel, d: f32, gap: f32, clean: f32) -> vec3f {
  let shrink = exponential(-0.5 * gap);
  let centre = shrink * b.deviation * d;
  let high = centre + shrink * b.bin;
  let low = centre - shrink * b.bin;
  var above = tail_of(high);
  var below = tail_of(low);


  let to_high = select(above.x, 1.0 - above.x, high > 0.0);
  let from_low = select(1.0 - below.x, below.x, low > 0.0);
  let is_aside = low > 0.0 || high < 0.0;
  var p = select(1.0 - above.x - below.x, abs(above.x - below.x), is_aside);
  if (clean < -0.999) {
    p = to_high;
    below.y = 0.0;
  } else if (clean > 0.999) {
    p = from_low;
    above.y = 0.0;
  }
  if (p <= 1e-12) {
    return vec3f(27.631021115928547, 0.0, 0.0);
  }
  let by_centre = (below.y - above.y) / p;
  let by_gap = 0.5 * (high * above.y - low * below.y) / p;
  let value = -natural_log(vec2f(p)).x;
  return vec3f(value, by_centre * shrink * b.deviation, b.slope * by_gap);
}


fn bound_term(b: BoundLevel, d: f32, v: f32, clean: f32) -> vec3f {
  let gap = b.gap + b.slope * v;
  if (b.bin > 0.0) {
    return decoder_term(b, d, gap, clean);
  }
  let shrink = exponential(-gap);
  let deviation = b.deviation * d;
  let quotient = shrink * (1.0 + deviation * deviation);
  let value = 0.5 * (gap - 1.0 + quotient);
  return vec3f(value, shrink * b.deviation * deviation, 0.5 * b.slope * (1.0 - quotient));
}


fn settle_bound(n: u32, i: u32, level: BoundLevel, clean: f32, z: f32) -> f32 {
  let at = n * objective.stride + i;
  let is_learned = objective.stride > image.size;
  let d = prediction[at] - (level.noise_factor * z + level.x0_factor * clean);
  var v = 0.0;
  if (is_learned) {
    v = prediction[at + image.size];
  }
  let l = cost(d);
  let term = bound_term(level, d, v, clean);
  let slope = level.weight * l.y + objective.mean_scale * term.y;
  dprediction[at] = slope * objective.gradient_scale;
  if (is_learned) {
    dprediction[at + image.size] = objective.scale * term.z * objective.gradient_scale;
  }
  return level.weight * l.x + objective.scale * term.x;
}

@compute @workgroup_size(LANES)
fn bound_loss(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x;
  let level = bounds[timesteps[n]];
  let place = place_of(n, groups.x);
  let trips = ((image.size + 6u) / 4u + LANES - 1u) / LANES;
  var sum = 0.0;
  for (var trip = 0u; trip < trips; trip++) {
    let quad = quad_of(n, trip * LANES + lane, image.size);
    let z = normals_of(quad.counter, source.noise_stream);
    var part = 0.0;
    for (var k = 0u; k < 4u; k++) {
      let i = quad.first + k;
      if (i < image.size) {
        part += settle_bound(n, i, level, pixel(place, i), z[k]);
      }
    }
    sum += part;
  }
  close_image(n, lane, sum, 1.0);
}

@compute @workgroup_size(LANES)
fn bound_loss_given(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x;
  let level = bounds[timesteps[n]];
  let trips = (image.size + LANES - 1u) / LANES;
  var sum = 0.0;
  for (var trip = 0u; trip < trips; trip++) {
    let i = trip * LANES + lane;
    if (i < image.size) {
      let at = n * image.size + i;
      sum += settle_bound(n, i, level, x0[at], noise[at]);
    }
  }
  close_image(n, lane, sum, 1.0);
}`],
};
