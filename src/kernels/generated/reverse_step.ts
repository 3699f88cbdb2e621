// Generated from shaders/reverse_step.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  apply: { dims: "size" | "stride" | "stream" | "copies" | "unconditional"; state: true; rows: true; output: true; xt: true; x0_previous: true; eps_hat: true };
  blend: { state: true; rows: true; xt: true; blending: "size" | "known_stream" | "again_stream" | "copies"; known: true; mask: true };
  spread: { state: true; spreading: "count" | "width"; table: true; y: true };
  advance: { progress: true };
};

export const reverse_step: ShaderFamily<Binds> = {
  name: "reverse_step",
  hash: "79bb2ee7",
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

struct Step {
  size: u32,
  stride: u32,
  stream: u32,
  copies: u32,
  unconditional: u32,
}

@group(0) @binding(0) var<uniform> dims: Step;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> rows: array<Row>;
@group(0) @binding(3) var<storage, read> output: array<f32>;
@group(0) @binding(4) var<storage, read_write> xt: array<f32>;
@group(0) @binding(5) var<storage, read_write> x0_previous: array<f32>;
@group(0) @binding(6) var<storage, read_write> eps_hat: array<f32>;




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




fn exponential(argument: f32) -> f32 {
  let a = clamp(argument, -87.0, 88.0);
  let k = round(a * 1.44269504);
  let r = (a - k * 0.693359375) + k * 2.12194440e-4;
  var p = 1.98412698e-4 * r + 1.38888889e-3;
  p = p * r + 8.33333333e-3;
  p = p * r + 4.16666667e-2;
  p = p * r + 0.166666667;
  p = p * r + 0.5;
  return (1.0 + (r + r * r * p)) * bitcast<f32>((i32(k) + 127) << 23u);
}


fn deviation(row: Row, n: u32, i: u32) -> f32 {
  if (row.learned == 0.0) {
    return row.sigma;
  }
  let part = 0.5 * output[n * dims.stride + dims.size + i] + 0.5;
  let log_variance = part * row.log_variance_max + (1.0 - part) * row.log_variance_min;
  return row.sigma * exponential(0.5 * log_variance);
}


fn guided(row: Row, n: u32, i: u32) -> f32 {
  let at = n * dims.stride + i;
  let c = output[at];
  if (dims.unconditional == 0u || row.guidance == 1.0) {
    return c;
  }
  let u = output[at + dims.unconditional];
  return u + row.guidance * (c - u);
}


fn step_element(row: Row, n: u32, i: u32, z: f32) {
  let at = n * dims.size + i;
  let x = xt[at];
  let o = guided(row, n, i);


  let x0_hat = clamp(row.x0_from_x * x + row.x0_from_output * o, -row.clip, row.clip);
  var eps_hat_of_x = row.eps_from_x * x + row.eps_from_output * o;
  if (row.rederive_eps != 0.0) {
    eps_hat_of_x = row.eps_of_x * x + row.eps_of_x0 * x0_hat;
  }


  var next = row.a * x + row.b * x0_hat + row.d * eps_hat_of_x;
  if (row.c != 0.0) {
    next += row.c * x0_previous[at];
  }
  if (row.sigma != 0.0) {
    next += deviation(row, n, i) * z;
  }
  xt[at] = next;
  if (dims.copies != 0u) {
    xt[at + dims.copies] = next;
  }
  x0_previous[at] = x0_hat;
  eps_hat[at] = eps_hat_of_x;
}

@compute @workgroup_size(WG)
fn apply(@builtin(global_invocation_id) id: vec3u) {
  let row = rows[state.step];
  let quad = quad_of(id.y, id.x, dims.size);
  var z = vec4f(0.0);
  if (row.sigma != 0.0) {
    z = normals_of(quad.counter, dims.stream);
  }
  for (var k = 0u; k < 4u; k++) {
    let i = quad.first + k;
    if (i < dims.size) {
      step_element(row, id.y, i, z[k]);
    }
  }
}

struct Blend {
  size: u32,
  known_stream: u32,
  again_stream: u32,
  copies: u32,
}

@group(0) @binding(7) var<uniform> blending: Blend;
@group(0) @binding(8) var<storage, read> known: array<f32>;
@group(0) @binding(9) var<storage, read> mask: array<f32>;

@compute @workgroup_size(WG)
fn blend(@builtin(global_invocation_id) id: vec3u) {
  let row = rows[state.step];
  let quad = quad_of(id.y, id.x, blending.size);
  let z_known = normals_of(quad.counter, blending.known_stream);
  let z_again = normals_of(quad.counter, blending.again_stream);
  for (var k = 0u; k < 4u; k++) {
    let i = quad.first + k;
    if (i >= blending.size) {
      continue;
    }
    let at = id.y * blending.size + i;
    let kept = row.known_signal * known[at] + row.known_spread * z_known[k];
    var x = mask[at] * kept + (1.0 - mask[at]) * xt[at];
    if (row.again_spread != 0.0) {
      x = row.again_signal * x + row.again_spread * z_again[k];
    }
    xt[at] = x;
    if (blending.copies != 0u) {
      xt[at + blending.copies] = x;
    }
  }
}

struct Spread {
  count: u32,
  width: u32,
}

@group(0) @binding(10) var<uniform> spreading: Spread;
@group(0) @binding(11) var<storage, read> table: array<u32>;
@group(0) @binding(12) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(WG)
fn spread(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < spreading.count) {
    y[id.x] = table[state.step * spreading.width + id.x % spreading.width];
  }
}

@group(0) @binding(13) var<storage, read_write> progress: StepState;

@compute @workgroup_size(1)
fn advance() {
  progress.step += 1u;
}`],
};
