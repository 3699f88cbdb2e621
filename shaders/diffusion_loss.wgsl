// diffusion_loss.wgsl — the training loss and its gradient: L_simple, and terms of the bound.
//
//   loss        d = prediction − (p_t · ε + q_t · x_0)    the ε of q_sample: it is never stored
//               per_image_n = w_t · mean over c, h, w of l(d)
//               dprediction = w_t · l′(d) / (N · C · H · W), and 0 in channels of a learned variance
//               l(d): mse d²,  l1 |d|,  huber ½ d² where |d| < 1, else |d| − ½
//   bound_loss  per_image_n = mean of w_t · l(d) + scale · L(d, v), and its gradient by d and v
//               δ = ln σ² − ln β̃ = gap + slope · v     μ̃ − μ_θ = deviation · √β̃ · d
//               t > 0  L = ½ (δ − 1 + e^(−δ) (1 + (deviation · d)²))         KL(q ‖ p_θ), nats
//               t = 0  L = −ln P,  P = Φ(c + w) − Φ(c − w),  (c, w) = (deviation · d, bin) · e^(−δ/2)
//                      x_0 < −0.999: P = Φ(c + w)    x_0 > 0.999: P = 1 − Φ(c − w)    P ≥ 1e-12
//                      Φ(x) = ½ (1 + tanh(√(2/π) (x + 0.044715 x³)))
//   *_given     the same of x_0, ε and t that are given instead of drawn
//   source      Ho et al. 2020 (DDPM, arXiv:2006.11239) eq. 5, 13, 14 · Nichol & Dhariwal 2021
//               (arXiv:2102.09672) eq. 15, 16 · OpenAI's gaussian_diffusion.py
//
//   shapes      x0, noise [N, C, H, W] · prediction, dprediction [N, C or 2C, H, W] f32, v its
//               second half · levels [T] of Level · bounds [T] of BoundLevel · timesteps u32 [N]
//               per_image [N] · images, order as in diffusion.wgsl
//   dispatch    one workgroup an image
//   numerics    sums of an image in a fixed order; exponential and logarithm by polynomials, as
//               WGSL's are not good enough; P from the smaller tails, so that it does not cancel
//   launcher    src/kernels/diffusion_loss.ts · oracle tests/reference/diffusion.ts,
//               tests/reference/diffusion_loss.ts

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32, // steps left out for a gradient that is not finite
  first_image: u32, // where this batch begins among the images of the step
}

struct Level {
  signal: f32, // √ᾱ_t
  spread: f32, // √(1 − ᾱ_t)
  noise_factor: f32, // p_t: of ε in what the network is to predict
  x0_factor: f32, // q_t: of x_0 in it
  weight: f32, // w_t
}

/// A level and its term of the bound, in one table: eight storage buffers are all that may be bound.
struct BoundLevel {
  noise_factor: f32,
  x0_factor: f32,
  weight: f32,
  deviation: f32, // (μ̃ − μ_θ) / √β̃ of d = 1
  gap: f32, // ln σ² − ln β̃ at v = 0
  slope: f32, // its derivative by v; 0 where the variance is fixed
  bin: f32, // at t = 0: half the width of a pixel's bin over √β̃; else 0
}

struct Image {
  size: u32, // C · H · W
}

struct Source {
  ring: u32, // rows of order
  noise_stream: u32,
}

struct Objective {
  stride: u32, // elements of one image of the prediction: size, or 2 · size
  kind: u32, // l: 0 mse, 1 l1, 2 huber
  gradient_scale: f32, // 1 / (N · C · H · W)
  scale: f32, // of the bound
  mean_scale: f32, // of its gradient by d: scale, or 0 where the mean is detached
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

// ---- random numbers: the same text in diffusion.wgsl and reverse_step.wgsl ----

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

/// ln u, from u = 2^exponent · (1 + f), √½ ≤ 1 + f < √2
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

/// √(−2 ln u): one Newton step makes good what the adapter's root lacks.
fn radius_of(u: vec2f) -> vec2f {
  let square = -2.0 * natural_log(u);
  let inverse = inverseSqrt(square);
  let root = square * inverse;
  return root + 0.5 * inverse * (square - root * root);
}

/// x, or −x where bit 1 is set.
fn with_sign(x: vec2f, bits: vec2u) -> vec2f {
  return bitcast<vec2f>(bitcast<vec2u>(x) ^ ((bits & vec2u(2u)) << vec2u(30u)));
}

/// Four normals of four words: (x, y) give two, (z, w) the others.
fn box_muller(four: vec4u) -> vec4f {
  let radius = radius_of((vec2f(four.xz >> vec2u(9u)) + 0.5) * 0x1p-23);

  // the angle is quadrant / 4 + r turns, |r| ≤ 1/8: the integers reduce it without rounding
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

/// Four elements that share a counter. `first` is where they begin in their image; it wraps
/// below 0 where the first of them belong to the image before.
struct Quad {
  counter: u32,
  first: u32,
}

/// The i-th quad of image n. Elements are numbered through all images of a step: image m begins at
/// m · size = 4 · counter + skip.
fn quad_of(n: u32, i: u32, size: u32) -> Quad {
  let m = state.first_image + n;
  let rest = m * (size % 4u);
  return Quad(m * (size / 4u) + rest / 4u + i, 4u * i - rest % 4u);
}

fn normals_of(counter: u32, stream: u32) -> vec4f {
  return box_muller(philox(vec4u(counter, stream, state.step, 0u)));
}

// ---- end of the shared text ----

/// Which image of the data is image n of a batch of `count`.
fn place_of(n: u32, count: u32) -> u32 {
  return order[(state.step % source.ring) * count + n];
}

/// x_0 of pixel i of an image of the data.
fn pixel(place: u32, i: u32) -> f32 {
  let at = place * image.size + i;
  let byte = (images[at / 4u] >> (8u * (at % 4u))) & 255u;
  return f32(byte) / 127.5 - 1.0;
}

/// (l(d), l′(d))
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

/// Writes the gradient of element i of image n, and returns its l.
fn settle(n: u32, i: u32, level: Level, clean: f32, z: f32) -> f32 {
  let at = n * objective.stride + i;
  let d = prediction[at] - (level.noise_factor * z + level.x0_factor * clean);
  let l = cost(d);
  dprediction[at] = level.weight * l.y * objective.gradient_scale;
  return l.x;
}

const ROWS: u32 = 16u;
const LANES: u32 = 256u; // ROWS²: the lanes that share an image

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

/// The lanes' sums as the image's loss.
fn close_image(n: u32, lane: u32, sum: f32, weight: f32) {
  let total = workgroup_sum(sum, lane);
  if (lane == 0u) {
    per_image[n] = weight * total / f32(image.size);
  }
}

/// Clears the gradient of an image's channels that l does not read.
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
  let trips = ((image.size + 6u) / 4u + LANES - 1u) / LANES; // (size + 6) / 4 quads at most
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

/// eˣ, 0 below −87, x cut to 88: 2ᵏ · eʳ, |r| ≤ ½ ln 2, eʳ by its series.
fn exponential(x: f32) -> f32 {
  let inside = clamp(x, -87.0, 88.0);
  let k = floor(inside * 1.4426950408889634 + 0.5);
  let r = (inside - k * 0.693359375) + k * 2.12194440e-4; // ln 2 in two parts
  var p = 1.0 / 5040.0 * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  let value = (1.0 + (r + r * r * p)) * bitcast<f32>((i32(k) + 127) << 23u);
  return select(value, 0.0, x < -87.0);
}

/// (Φ(−|x|), Φ′(x)): the smaller tail, and the slope.
fn tail_of(x: f32) -> vec2f {
  let u = clamp(x, -20.0, 20.0);
  let square = u * u;
  let e = exponential(-1.5957691216057308 * abs(u) * (1.0 + 0.044715 * square)); // 2 √(2/π)
  let tail = e / (1.0 + e);
  let slope = 1.5957691216057308 * (1.0 + 0.134145 * square);
  return vec2f(tail, slope * tail / (1.0 + e));
}

/// (L, ∂L/∂d, ∂L/∂v) at t = 0: −ln P of the pixel's bin.
fn decoder_term(b: BoundLevel, d: f32, gap: f32, clean: f32) -> vec3f {
  let shrink = exponential(-0.5 * gap); // √β̃ / σ
  let centre = shrink * b.deviation * d;
  let high = centre + shrink * b.bin;
  let low = centre - shrink * b.bin;
  var above = tail_of(high);
  var below = tail_of(low);

  // P; where both ends are on one side of 0, from tails alone
  let to_high = select(above.x, 1.0 - above.x, high > 0.0); // Φ(high)
  let from_low = select(1.0 - below.x, below.x, low > 0.0); // 1 − Φ(low)
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

/// (L, ∂L/∂d, ∂L/∂v) in nats.
fn bound_term(b: BoundLevel, d: f32, v: f32, clean: f32) -> vec3f {
  let gap = b.gap + b.slope * v;
  if (b.bin > 0.0) {
    return decoder_term(b, d, gap, clean);
  }
  let shrink = exponential(-gap); // β̃ / σ²
  let deviation = b.deviation * d;
  let quotient = shrink * (1.0 + deviation * deviation);
  let value = 0.5 * (gap - 1.0 + quotient);
  return vec3f(value, shrink * b.deviation * deviation, 0.5 * b.slope * (1.0 - quotient));
}

/// Writes the gradient of element i of image n and of its variance, and returns its part of the loss.
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
  let trips = ((image.size + 6u) / 4u + LANES - 1u) / LANES; // (size + 6) / 4 quads at most
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
}
