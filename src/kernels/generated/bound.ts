// Generated from shaders/bound.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const bound = {
 "name": "bound",
 "hash": "97a950b8c5180f27",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  },
  "HALF_LN_2": {
   "chunk": 24,
   "kind": "const",
   "value": "0.34657359"
  },
  "TWO_ROOT": {
   "chunk": 31,
   "kind": "const",
   "value": "1.59576912"
  },
  "CUBIC": {
   "chunk": 32,
   "kind": "const",
   "value": "0.044715"
  },
  "LEAST": {
   "chunk": 33,
   "kind": "const",
   "value": "-27.6310211"
  },
  "ROWS": {
   "chunk": 36,
   "kind": "const",
   "value": "16u"
  },
  "LANES": {
   "chunk": 37,
   "kind": "const",
   "value": "256u"
  }
 },
 "entries": {
  "row_normals": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    4,
    5,
    6,
    7,
    8,
    9,
    14,
    16,
    17,
    18,
    19,
    20,
    21,
    22
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "draw",
     "binding": 0,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "state",
     "binding": 2,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "places",
     "binding": 3,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "sampled",
     "binding": 8,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "terms": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    3,
    5,
    7,
    10,
    11,
    12,
    13,
    15,
    18,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
    35,
    36,
    37,
    38,
    39,
    40,
    41
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 1,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "bits",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "prior_square",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "prior_constant",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "rows",
     "binding": 4,
     "type": "read-only-storage",
     "size": 32
    },
    {
     "name": "x0",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "noise",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "output",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "results",
     "binding": 9,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Place {\n  image: u32,\n  timestep: u32,\n}",
  "\n\nstruct Row {\n  from_output: f32,\n  from_noise: f32,\n  from_x0: f32,\n  clip: f32,\n  shift: f32,\n  slope: f32,\n  scale: f32,\n  discrete: f32,\n}",
  "\n\nstruct Draw {\n  size: u32,\n  stream: u32,\n}",
  "\n\nstruct Image {\n  size: u32,\n  stride: u32,\n  bits: f32,\n  prior_square: f32,\n  prior_constant: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> draw: Draw;",
  "\n@group(0) @binding(1) var<uniform> image: Image;",
  "\n@group(0) @binding(2) var<storage, read> state: StepState;",
  "\n@group(0) @binding(3) var<storage, read> places: array<Place>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<Row>;",
  "\n@group(0) @binding(5) var<storage, read> x0: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read> noise: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read> output: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read_write> sampled: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read_write> results: array<f32>;",
  "\n\n\n\n\nfn mul_high(a: u32, b: u32) -> u32 {\n  let low = (a & 0xffffu) * (b & 0xffffu);\n  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);\n  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);\n  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);\n}",
  "\n\nfn philox(counter: vec4u) -> vec4u {\n  var c = counter;\n  var key = vec2u(state.seed_low, state.seed_high);\n  for (var round = 0u; round < 10u; round++) {\n    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));\n    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);\n    key += vec2u(0x9e3779b9u, 0xbb67ae85u);\n  }\n  return c;\n}",
  "\n\n\nfn natural_log(u: vec2f) -> vec2f {\n  let exponent = (bitcast<vec2i>(u) - vec2i(0x3f3504f3)) >> vec2u(23u);\n  let f = bitcast<vec2f>(bitcast<vec2i>(u) - (exponent << vec2u(23u))) - 1.0;\n  var p = 0.086721912 * f - 0.143790081;\n  p = p * f + 0.149779916;\n  p = p * f - 0.165644258;\n  p = p * f + 0.199548751;\n  p = p * f - 0.250016987;\n  p = p * f + 0.333341658;\n  return vec2f(exponent) * 0.6931471805599453 + (f + f * f * (f * p - 0.5));\n}",
  "\n\n\nfn radius_of(u: vec2f) -> vec2f {\n  let square = -2.0 * natural_log(u);\n  let inverse = inverseSqrt(square);\n  let root = square * inverse;\n  return root + 0.5 * inverse * (square - root * root);\n}",
  "\n\n\nfn with_sign(x: vec2f, bits: vec2u) -> vec2f {\n  return bitcast<vec2f>(bitcast<vec2u>(x) ^ ((bits & vec2u(2u)) << vec2u(30u)));\n}",
  "\n\n\nfn box_muller(four: vec4u) -> vec4f {\n  let radius = radius_of((vec2f(four.xz >> vec2u(9u)) + 0.5) * 0x1p-23);\n\n\n  let quadrant = (four.yw + vec2u(0x20000000u)) >> vec2u(30u);\n  let residue = bitcast<vec2i>(four.yw - (quadrant << vec2u(30u)));\n  let r = (vec2f(residue >> vec2u(8u)) + 0.5) * 0x1p-24;\n  let q = r * r;\n  let s = r * (((-75.4020691 * q + 81.5925522) * q - 41.3416634) * q + 6.28318548);\n  let c = 1.0 + q * (((59.2459641 * q - 85.4437408) * q + 64.9393234) * q - 19.7392082);\n\n  let odd = (quadrant & vec2u(1u)) == vec2u(1u);\n  let cosine = radius * with_sign(select(c, s, odd), quadrant + 1u);\n  let sine = radius * with_sign(select(s, c, odd), quadrant);\n  return vec4f(cosine.x, sine.x, cosine.y, sine.y);\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn row_normals(@builtin(global_invocation_id) id: vec3u) {\n\n  let place = places[id.y];\n  let rest = place.image * (draw.size % 4u);\n  let counter = place.image * (draw.size / 4u) + rest / 4u + id.x;\n  let first = 4u * id.x - rest % 4u;\n  let z = box_muller(philox(vec4u(counter, draw.stream, place.timestep, 0u)));\n  for (var k = 0u; k < 4u; k++) {\n    let i = first + k;\n    if (i < draw.size) {\n      sampled[id.y * draw.size + i] = z[k];\n    }\n  }\n}",
  "\n\n\nfn bend(r: f32) -> f32 {\n  var p = 1.98412698e-4 * r + 1.38888889e-3;\n  p = p * r + 8.33333333e-3;\n  p = p * r + 4.16666667e-2;\n  p = p * r + 0.166666667;\n  return p * r + 0.5;\n}",
  "\n\nconst HALF_LN_2: f32 = 0.34657359;",
  "\n\n\nfn exponential(argument: f32) -> f32 {\n  let a = clamp(argument, -87.0, 88.0);\n  let k = round(a * 1.44269504);\n  let r = (a - k * 0.693359375) + k * 2.12194440e-4;\n  return (1.0 + (r + r * r * bend(r))) * bitcast<f32>((i32(k) + 127) << 23u);\n}",
  "\n\n\nfn excess(d: f32) -> f32 {\n  if (abs(d) <= HALF_LN_2) {\n    return d * d * bend(d);\n  }\n  return exponential(d) - 1.0 - d;\n}",
  "\n\n\nfn one_minus_exponential(h: f32) -> f32 {\n  if (h <= HALF_LN_2) {\n    return h - h * h * bend(-h);\n  }\n  return 1.0 - exponential(-h);\n}",
  "\n\n\nfn log_one_plus(e: f32) -> f32 {\n  let is_far = e > 0.414213562;\n  let f = select(e, 0.5 * e - 0.5, is_far);\n  return select(0.0, 0.6931471805599453, is_far) + log_of_one_and(f);\n}",
  "\n\n\nfn log_of_one_and(f: f32) -> f32 {\n  var p = 0.086721912 * f - 0.143790081;\n  p = p * f + 0.149779916;\n  p = p * f - 0.165644258;\n  p = p * f + 0.199548751;\n  p = p * f - 0.250016987;\n  p = p * f + 0.333341658;\n  return f + f * f * (f * p - 0.5);\n}",
  "\n\n\nfn log_sigmoid(z: f32) -> f32 {\n  return min(z, 0.0) - log_one_plus(exponential(-abs(z)));\n}",
  "\n\nconst TWO_ROOT: f32 = 1.59576912;",
  "\nconst CUBIC: f32 = 0.044715;",
  "\nconst LEAST: f32 = -27.6310211;",
  "\n\n\nfn log_mass(clean: f32, centre: f32, half: f32) -> f32 {\n  let a = centre + half;\n  let b = centre - half;\n  let above = TWO_ROOT * a * (1.0 + CUBIC * a * a);\n  let below = TWO_ROOT * b * (1.0 + CUBIC * b * b);\n  if (clean < -0.999) {\n    return max(log_sigmoid(above), LEAST);\n  }\n  if (clean > 0.999) {\n    return max(log_sigmoid(-below), LEAST);\n  }\n\n  let width = TWO_ROOT * 2.0 * half * (1.0 + CUBIC * (3.0 * centre * centre + half * half));\n  let inner = natural_log(vec2f(max(one_minus_exponential(width), 0x1p-100))).x;\n  return max(log_sigmoid(above) + log_sigmoid(-below) + inner, LEAST);\n}",
  "\n\n\nfn element(n: u32, i: u32, row: Row) -> vec4f {\n  let at = n * image.size + i;\n  let clean = x0[at];\n\n\n  var gap = row.from_output * output[n * image.stride + i];\n  gap += row.from_noise * noise[at];\n  gap += row.from_x0 * clean;\n  let x0_hat = clean - gap;\n  if (abs(x0_hat) > row.clip) {\n    gap = clean - clamp(x0_hat, -row.clip, row.clip);\n  }\n\n\n  var d = row.shift;\n  if (row.slope != 0.0) {\n    d += row.slope * output[n * image.stride + image.size + i];\n  }\n\n  let scaled = row.scale * gap;\n  var term: f32;\n  if (row.discrete != 0.0) {\n    let inverse = exponential(0.5 * d);\n    term = -log_mass(clean, inverse * scaled, inverse * row.scale / 255.0);\n  } else {\n    term = 0.5 * (excess(d) + exponential(d) * scaled * scaled);\n  }\n  return vec4f(clean * clean, term, gap * gap, 0.0);\n}",
  "\n\nconst ROWS: u32 = 16u;",
  "\nconst LANES: u32 = 256u;",
  "\n\nvar<workgroup> partials: array<vec4f, LANES>;",
  "\nvar<workgroup> row_sums: array<vec4f, ROWS>;",
  "\n\n\n\nfn workgroup_sum(value: vec4f, lane: u32) -> vec4f {\n  partials[lane] = value;\n  workgroupBarrier();\n  var sum = vec4f(0.0);\n  if (lane < ROWS) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += partials[lane * ROWS + k];\n    }\n    row_sums[lane] = sum;\n  }\n  workgroupBarrier();\n  sum = vec4f(0.0);\n  if (lane == 0u) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += row_sums[k];\n    }\n  }\n  return sum;\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn terms(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let n = group.x;\n  let row = rows[n];\n  let trips = (image.size + LANES - 1u) / LANES;\n  var sum = vec4f(0.0);\n  for (var trip = 0u; trip < trips; trip++) {\n    let i = trip * LANES + lane;\n    if (i < image.size) {\n      sum += element(n, i, row);\n    }\n  }\n  let total = workgroup_sum(sum, lane);\n  if (lane == 0u) {\n    let size = f32(image.size);\n    let prior = 0.5 * (image.prior_square * total.x + size * image.prior_constant);\n    results[3u * n] = image.bits * prior;\n    results[3u * n + 1u] = image.bits * total.y;\n    results[3u * n + 2u] = total.z / size;\n  }\n}"
 ]
} as const satisfies ShaderFamily;
