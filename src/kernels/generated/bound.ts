// Generated from shaders/bound.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  row_normals: { draw: "size" | "stream"; state: true; places: true; sampled: true };
  terms: { image: "size" | "stride" | "bits" | "prior_square" | "prior_constant"; rows: true; x0: true; noise: true; output: true; results: true };
};

export const bound: ShaderFamily<Binds> = {
  name: "bound",
  hash: "97a950b8",
  text: [`























const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Place {
  image: u32,
  timestep: u32,
}

struct Row {
  from_output: f32,
  from_noise: f32,
  from_x0: f32,
  clip: f32,
  shift: f32,
  slope: f32,
  scale: f32,
  discrete: f32,
}

struct Draw {
  size: u32,
  stream: u32,
}

struct Image {
  size: u32,
  stride: u32,
  bits: f32,
  prior_square: f32,
  prior_constant: f32,
}

@group(0) @binding(0) var<uniform> draw: Draw;
@group(0) @binding(1) var<uniform> image: Image;
@group(0) @binding(2) var<storage, read> state: StepState;
@group(0) @binding(3) var<storage, read> places: array<Place>;
@group(0) @binding(4) var<storage, read> rows: array<Row>;
@group(0) @binding(5) var<storage, read> x0: array<f32>;
@group(0) @binding(6) var<storage, read> noise: array<f32>;
@group(0) @binding(7) var<storage, read> output: array<f32>;
@group(0) @binding(8) var<storage, read_write> sampled: array<f32>;
@group(0) @binding(9) var<storage, read_write> results: array<f32>;




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



@compute @workgroup_size(WG)
fn row_normals(@builtin(global_invocation_id) id: vec3u) {

  let place = places[id.y];
  let rest = place.image * (draw.size % 4u);
  let counter = place.image * (draw.size / 4u) + rest / 4u + id.x;
  let first = 4u * id.x - rest % 4u;
  let z = box_muller(philox(vec4u(counter, draw.stream, place.timestep, 0u)));
  for (var k = 0u; k < 4u; k++) {
    let i = first + k;
    if (i < draw.size) {
      sampled[id.y * draw.size + i] = z[k];
    }
  }
}


fn bend(r: f32) -> f32 {
  var p = 1.98412698e-4 * r + 1.38888889e-3;
  p = p * r + 8.33333333e-3;
  p = p * r + 4.16666667e-2;
  p = p * r + 0.166666667;
  return p * r + 0.5;
}

const HALF_LN_2: f32 = 0.34657359;


fn exponential(argument: f32) -> f32 {
  let a = clamp(argument, -87.0, 88.0);
  let k = round(a * 1.44269504);
  let r = (a - k * 0.693359375) + k * 2.12194440e-4;
  return (1.0 + (r + r * r * bend(r))) * bitcast<f32>((i32(k) + 127) << 23u);
}


fn excess(d: f32) -> f32 {
  if (abs(d) <= HALF_LN_2) {
    return d * d * bend(d);
  }
  return exponential(d) - 1.0 - d;
}


fn one_minus_exponential(h: f32) -> f32 {
  if (h <= HALF_LN_2) {
    return h - h * h * bend(-h);
  }
  return 1.0 - exponential(-h);
}


fn log_one_plus(e: f32) -> f32 {
  let is_far = e > 0.414213562;
  let f = select(e, 0.5 * e - 0.5, is_far);
  return select(0.0, 0.6931471805599453, is_far) + log_of_one_and(f);
}


fn log_of_one_and(f: f32) -> f32 {
  var p = 0.086721912 * f - 0.143790081;
  p = p * f + 0.149779916;
  p = p * f - 0.165644258;
  p = p * f + 0.199548751;
  p = p * f - 0.250016987;
  p = p * f + 0.333341658;
  return f + f * f * (f * p - 0.5);
}


fn log_sigmoid(z: f32) -> f32 {
  return min(z, 0.0) - log_one_plus(exponential(-abs(z)));
}

const TWO_ROOT: f32 = 1.59576912;
const CUBIC: f32 = 0.044715;
const LEAST: f32 = -27.6310211;


fn log_mass(clean: f32, centre: f32, half: f32) -> f32 {
  let a = centre + half;
  let b = centre - half;
  let above = TWO_ROOT * a * (1.0 + CUBIC * a * a);
  let below = TWO_ROOT * b * (1.0 + CUBIC * b * b);
  if (clean < -0.999) {
    return max(log_sigmoid(above), LEAST);
  }
  if (clean > 0.999) {
    return max(log_sigmoid(-below), LEAST);
  }

  let width = TWO_ROOT * 2.0 * half * (1.0 + CUBIC * (3.0 * centre * centre + half * half));
  let inner = natural_log(vec2f(max(one_minus_exponential(width), 0x1p-100))).x;
  return max(log_sigmoid(above) + log_sigmoid(-below) + inner, LEAST);
}


fn element(n: u32, i: u32, row: Row) -> vec4f {
  let at = n * image.size + i;
  let clean = x0[at];


  var gap = row.from_output * output[n * image.stride + i];
  gap += row.from_noise * noise[at];
  gap += row.from_x0 * clean;
  let x0_hat = clean - gap;
  if (abs(x0_hat) > row.clip) {
    gap = clean - clamp(x0_hat, -row.clip, row.clip);
  }


  var d = row.shift;
  if (row.slope != 0.0) {
    d += row.slope * output[n * image.stride + image.size + i];
  }

  let scaled = row.scale * gap;
  var term: f32;
  if (row.discrete != 0.0) {
    let inverse = exponential(0.5 * d);
    term = -log_mass(clean, inverse * scaled, inverse * row.scale / 255.0);
  } else {
    term = 0.5 * (excess(d) + exponential(d) * scaled * scaled);
  }
  return vec4f(clean * clean, term, gap * gap, 0.0);
}

const ROWS: u32 = 16u;
const LANES: u32 = 256u;

var<workgroup> partials: array<vec4f, LANES>;
var<workgroup> row_sums: array<vec4f, ROWS>;



fn workgroup_sum(value: vec4f, lane: u32) -> vec4f {
  partials[lane] = value;
  workgroupBarrier();
  var sum = vec4f(0.0);
  if (lane < ROWS) {
    for (var k = 0u; k < ROWS; k++) {
      sum += partials[lane * ROWS + k];
    }
    row_sums[lane] = sum;
  }
  workgroupBarrier();
  sum = vec4f(0.0);
  if (lane == 0u) {
    for (var k = 0u; k < ROWS; k++) {
      sum += row_sums[k];
    }
  }
  return sum;
}

@compute @workgroup_size(LANES)
fn terms(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x;
  let row = rows[n];
  let trips = (image.size + LANES - 1u) / LANES;
  var sum = vec4f(0.0);
  for (var trip = 0u; trip < trips; trip++) {
    let i = trip * LANES + lane;
    if (i < image.size) {
      sum += element(n, i, row);
    }
  }
  let total = workgroup_sum(sum, lane);
  if (lane == 0u) {
    let size = f32(image.size);
    let prior = 0.5 * (image.prior_square * total.x + size * image.prior_constant);
    results[3u * n] = image.bits * prior;
    results[3u * n + 1u] = image.bits * total.y;
    results[3u * n + 2u] = total.z / size;
  }
}`],
};
