// Generated from shaders/diffusion.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  philox_words: { counters: "count" | "stream"; state: true; words: true };
  normals: { draw: "counter" | "stream" | "scale"; image: "size"; state: true; sampled: true };
  q_sample: { image: "size"; source: "ring" | "noise_stream" | "timestep_stream"; state: true; images: true; order: true; levels: true; xt: true; drawn: true };
  q_sample_at: { image: "size"; source: "ring" | "noise_stream" | "timestep_stream"; state: true; images: true; order: true; levels: true; timesteps: true; xt: true };
  q_sample_given: { image: "size"; levels: true; timesteps: true; x0: true; noise: true; xt: true };
  labels: { labelling: "count" | "ring" | "stream" | "null_class" | "dropout"; state: true; order: true; data_labels: true; labels_of_batch: true };
};

export const diffusion: ShaderFamily<Binds> = {
  name: "diffusion",
  hash: "ca6e2362",
  text: [`




















const WG: u32 = 64u;

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

struct Counters {
  count: u32,
  stream: u32,
}

struct Draw {
  counter: u32,
  stream: u32,
  scale: f32,
}

struct Image {
  size: u32,
}

struct Source {
  ring: u32,
  noise_stream: u32,
  timestep_stream: u32,
}

struct Labelling {
  count: u32,
  ring: u32,
  stream: u32,
  null_class: u32,
  dropout: f32,
}

@group(0) @binding(0) var<uniform> counters: Counters;
@group(0) @binding(1) var<uniform> draw: Draw;
@group(0) @binding(2) var<uniform> image: Image;
@group(0) @binding(3) var<uniform> source: Source;
@group(0) @binding(4) var<uniform> labelling: Labelling;
@group(0) @binding(5) var<storage, read> state: StepState;
@group(0) @binding(6) var<storage, read> images: array<u32>;
@group(0) @binding(7) var<storage, read> order: array<u32>;
@group(0) @binding(8) var<storage, read> levels: array<Level>;
@group(0) @binding(9) var<storage, read> timesteps: array<u32>;
@group(0) @binding(10) var<storage, read> x0: array<f32>;
@group(0) @binding(11) var<storage, read> noise: array<f32>;
@group(0) @binding(12) var<storage, read> data_labels: array<u32>;
@group(0) @binding(13) var<storage, read_write> words: array<vec4u>;
@group(0) @binding(14) var<storage, read_write> sampled: array<f32>;
@group(0) @binding(15) var<storage, read_write> xt: array<f32>;
@group(0) @binding(16) var<storage, read_write> drawn: array<u32>;
@group(0) @binding(17) var<storage, read_write> labels_of_batch: array<u32>;




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



@compute @workgroup_size(WG)
fn philox_words(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < counters.count) {
    words[i] = philox(vec4u(i, counters.stream, state.step, 0u));
  }
}

@compute @workgroup_size(WG)
fn normals(@builtin(global_invocation_id) id: vec3u) {
  let quad = quad_of(id.y, id.x, image.size);
  let z = normals_of(draw.counter + quad.counter, draw.stream);
  for (var k = 0u; k < 4u; k++) {
    let i = quad.first + k;
    if (i < image.size) {
      sampled[id.y * image.size + i] = draw.scale * z[k];
    }
  }
}


fn drawn_timestep(n: u32) -> u32 {
  let m = state.first_image + n;
  let four = philox(vec4u(m / 4u, source.timestep_stream, state.step, 0u));
  return mul_high(four[m % 4u], arrayLength(&levels));
}


fn place_of(n: u32, count: u32) -> u32 {
  return order[(state.step % source.ring) * count + n];
}


fn pixel(place: u32, i: u32) -> f32 {
  let at = place * image.size + i;
  let byte = (images[at / 4u] >> (8u * (at % 4u))) & 255u;
  return f32(byte) / 127.5 - 1.0;
}


fn noise_quad(n: u32, lane: u32, count: u32, t: u32) {
  let level = levels[t];
  let place = place_of(n, count);
  let quad = quad_of(n, lane, image.size);
  let z = normals_of(quad.counter, source.noise_stream);
  for (var k = 0u; k < 4u; k++) {
    let i = quad.first + k;
    if (i < image.size) {
      xt[n * image.size + i] = level.signal * pixel(place, i) + level.spread * z[k];
    }
  }
}

@compute @workgroup_size(WG)
fn q_sample(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let t = drawn_timestep(id.y);
  if (id.x == 0u) {
    drawn[id.y] = t;
  }
  noise_quad(id.y, id.x, groups.y, t);
}

@compute @workgroup_size(WG)
fn q_sample_at(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  noise_quad(id.y, id.x, groups.y, timesteps[id.y]);
}

@compute @workgroup_size(WG)
fn q_sample_given(@builtin(global_invocation_id) id: vec3u) {
  let level = levels[timesteps[id.y]];
  for (var k = 0u; k < 4u; k++) {
    let i = 4u * id.x + k;
    if (i < image.size) {
      let at = id.y * image.size + i;
      xt[at] = level.signal * x0[at] + level.spread * noise[at];
    }
  }
}

@compute @workgroup_size(WG)
fn labels(@builtin(global_invocation_id) id: vec3u) {
  let n = id.x;
  if (n >= labelling.count) {
    return;
  }
  let m = state.first_image + n;
  let four = philox(vec4u(m / 4u, labelling.stream, state.step, 0u));
  let is_dropped = f32(four[m % 4u] >> 8u) * 0x1p-24 < labelling.dropout;
  let place = order[(state.step % labelling.ring) * labelling.count + n];
  labels_of_batch[n] = select(data_labels[place], labelling.null_class, is_dropped);
}`],
};
