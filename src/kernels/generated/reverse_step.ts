// Generated from shaders/reverse_step.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const reverse_step = {
 "name": "reverse_step",
 "hash": "79bb2ee75f183cb1",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  }
 },
 "entries": {
  "apply": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    33
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
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
       "name": "stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "copies",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "unconditional",
       "type": "u32",
       "offset": 16
      }
     ]
    },
    {
     "name": "state",
     "binding": 1,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "rows",
     "binding": 2,
     "type": "read-only-storage",
     "size": 84
    },
    {
     "name": "output",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "xt",
     "binding": 4,
     "type": "storage",
     "size": 4
    },
    {
     "name": "x0_previous",
     "binding": 5,
     "type": "storage",
     "size": 4
    },
    {
     "name": "eps_hat",
     "binding": 6,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "blend": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    5,
    6,
    8,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    25,
    26,
    27,
    28,
    29,
    33
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "state",
     "binding": 1,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "rows",
     "binding": 2,
     "type": "read-only-storage",
     "size": 84
    },
    {
     "name": "xt",
     "binding": 4,
     "type": "storage",
     "size": 4
    },
    {
     "name": "blending",
     "binding": 7,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "known_stream",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "again_stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "copies",
       "type": "u32",
       "offset": 12
      }
     ]
    },
    {
     "name": "known",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "mask",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    }
   ]
  },
  "spread": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    5,
    30,
    31,
    32,
    33,
    34
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "state",
     "binding": 1,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "spreading",
     "binding": 10,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "table",
     "binding": 11,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "y",
     "binding": 12,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "advance": {
   "workgroupSize": [
    1,
    1,
    1
   ],
   "chunks": [
    1,
    35,
    36
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "progress",
     "binding": 13,
     "type": "storage",
     "size": 20
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Row {\n  x0_from_x: f32,\n  x0_from_output: f32,\n  eps_from_x: f32,\n  eps_from_output: f32,\n  clip: f32,\n  rederive_eps: f32,\n  eps_of_x: f32,\n  eps_of_x0: f32,\n  a: f32,\n  b: f32,\n  c: f32,\n  d: f32,\n  sigma: f32,\n  learned: f32,\n  log_variance_min: f32,\n  log_variance_max: f32,\n  guidance: f32,\n  known_signal: f32,\n  known_spread: f32,\n  again_signal: f32,\n  again_spread: f32,\n}",
  "\n\nstruct Step {\n  size: u32,\n  stride: u32,\n  stream: u32,\n  copies: u32,\n  unconditional: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Step;",
  "\n@group(0) @binding(1) var<storage, read> state: StepState;",
  "\n@group(0) @binding(2) var<storage, read> rows: array<Row>;",
  "\n@group(0) @binding(3) var<storage, read> output: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read_write> xt: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read_write> x0_previous: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> eps_hat: array<f32>;",
  "\n\n\n\n\nfn mul_high(a: u32, b: u32) -> u32 {\n  let low = (a & 0xffffu) * (b & 0xffffu);\n  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);\n  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);\n  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);\n}",
  "\n\nfn philox(counter: vec4u) -> vec4u {\n  var c = counter;\n  var key = vec2u(state.seed_low, state.seed_high);\n  for (var round = 0u; round < 10u; round++) {\n    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));\n    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);\n    key += vec2u(0x9e3779b9u, 0xbb67ae85u);\n  }\n  return c;\n}",
  "\n\n\nfn natural_log(u: vec2f) -> vec2f {\n  let exponent = (bitcast<vec2i>(u) - vec2i(0x3f3504f3)) >> vec2u(23u);\n  let f = bitcast<vec2f>(bitcast<vec2i>(u) - (exponent << vec2u(23u))) - 1.0;\n  var p = 0.086721912 * f - 0.143790081;\n  p = p * f + 0.149779916;\n  p = p * f - 0.165644258;\n  p = p * f + 0.199548751;\n  p = p * f - 0.250016987;\n  p = p * f + 0.333341658;\n  return vec2f(exponent) * 0.6931471805599453 + (f + f * f * (f * p - 0.5));\n}",
  "\n\n\nfn radius_of(u: vec2f) -> vec2f {\n  let square = -2.0 * natural_log(u);\n  let inverse = inverseSqrt(square);\n  let root = square * inverse;\n  return root + 0.5 * inverse * (square - root * root);\n}",
  "\n\n\nfn with_sign(x: vec2f, bits: vec2u) -> vec2f {\n  return bitcast<vec2f>(bitcast<vec2u>(x) ^ ((bits & vec2u(2u)) << vec2u(30u)));\n}",
  "\n\n\nfn box_muller(four: vec4u) -> vec4f {\n  let radius = radius_of((vec2f(four.xz >> vec2u(9u)) + 0.5) * 0x1p-23);\n\n\n  let quadrant = (four.yw + vec2u(0x20000000u)) >> vec2u(30u);\n  let residue = bitcast<vec2i>(four.yw - (quadrant << vec2u(30u)));\n  let r = (vec2f(residue >> vec2u(8u)) + 0.5) * 0x1p-24;\n  let q = r * r;\n  let s = r * (((-75.4020691 * q + 81.5925522) * q - 41.3416634) * q + 6.28318548);\n  let c = 1.0 + q * (((59.2459641 * q - 85.4437408) * q + 64.9393234) * q - 19.7392082);\n\n  let odd = (quadrant & vec2u(1u)) == vec2u(1u);\n  let cosine = radius * with_sign(select(c, s, odd), quadrant + 1u);\n  let sine = radius * with_sign(select(s, c, odd), quadrant);\n  return vec4f(cosine.x, sine.x, cosine.y, sine.y);\n}",
  "\n\n\n\nstruct Quad {\n  counter: u32,\n  first: u32,\n}",
  "\n\n\n\nfn quad_of(n: u32, i: u32, size: u32) -> Quad {\n  let m = state.first_image + n;\n  let rest = m * (size % 4u);\n  return Quad(m * (size / 4u) + rest / 4u + i, 4u * i - rest % 4u);\n}",
  "\n\nfn normals_of(counter: u32, stream: u32) -> vec4f {\n  return box_muller(philox(vec4u(counter, stream, state.step, 0u)));\n}",
  "\n\n\n\n\nfn exponential(argument: f32) -> f32 {\n  let a = clamp(argument, -87.0, 88.0);\n  let k = round(a * 1.44269504);\n  let r = (a - k * 0.693359375) + k * 2.12194440e-4;\n  var p = 1.98412698e-4 * r + 1.38888889e-3;\n  p = p * r + 8.33333333e-3;\n  p = p * r + 4.16666667e-2;\n  p = p * r + 0.166666667;\n  p = p * r + 0.5;\n  return (1.0 + (r + r * r * p)) * bitcast<f32>((i32(k) + 127) << 23u);\n}",
  "\n\n\nfn deviation(row: Row, n: u32, i: u32) -> f32 {\n  if (row.learned == 0.0) {\n    return row.sigma;\n  }\n  let part = 0.5 * output[n * dims.stride + dims.size + i] + 0.5;\n  let log_variance = part * row.log_variance_max + (1.0 - part) * row.log_variance_min;\n  return row.sigma * exponential(0.5 * log_variance);\n}",
  "\n\n\nfn guided(row: Row, n: u32, i: u32) -> f32 {\n  let at = n * dims.stride + i;\n  let c = output[at];\n  if (dims.unconditional == 0u || row.guidance == 1.0) {\n    return c;\n  }\n  let u = output[at + dims.unconditional];\n  return u + row.guidance * (c - u);\n}",
  "\n\n\nfn step_element(row: Row, n: u32, i: u32, z: f32) {\n  let at = n * dims.size + i;\n  let x = xt[at];\n  let o = guided(row, n, i);\n\n\n  let x0_hat = clamp(row.x0_from_x * x + row.x0_from_output * o, -row.clip, row.clip);\n  var eps_hat_of_x = row.eps_from_x * x + row.eps_from_output * o;\n  if (row.rederive_eps != 0.0) {\n    eps_hat_of_x = row.eps_of_x * x + row.eps_of_x0 * x0_hat;\n  }\n\n\n  var next = row.a * x + row.b * x0_hat + row.d * eps_hat_of_x;\n  if (row.c != 0.0) {\n    next += row.c * x0_previous[at];\n  }\n  if (row.sigma != 0.0) {\n    next += deviation(row, n, i) * z;\n  }\n  xt[at] = next;\n  if (dims.copies != 0u) {\n    xt[at + dims.copies] = next;\n  }\n  x0_previous[at] = x0_hat;\n  eps_hat[at] = eps_hat_of_x;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn apply(@builtin(global_invocation_id) id: vec3u) {\n  let row = rows[state.step];\n  let quad = quad_of(id.y, id.x, dims.size);\n  var z = vec4f(0.0);\n  if (row.sigma != 0.0) {\n    z = normals_of(quad.counter, dims.stream);\n  }\n  for (var k = 0u; k < 4u; k++) {\n    let i = quad.first + k;\n    if (i < dims.size) {\n      step_element(row, id.y, i, z[k]);\n    }\n  }\n}",
  "\n\nstruct Blend {\n  size: u32,\n  known_stream: u32,\n  again_stream: u32,\n  copies: u32,\n}",
  "\n\n@group(0) @binding(7) var<uniform> blending: Blend;",
  "\n@group(0) @binding(8) var<storage, read> known: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read> mask: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn blend(@builtin(global_invocation_id) id: vec3u) {\n  let row = rows[state.step];\n  let quad = quad_of(id.y, id.x, blending.size);\n  let z_known = normals_of(quad.counter, blending.known_stream);\n  let z_again = normals_of(quad.counter, blending.again_stream);\n  for (var k = 0u; k < 4u; k++) {\n    let i = quad.first + k;\n    if (i >= blending.size) {\n      continue;\n    }\n    let at = id.y * blending.size + i;\n    let kept = row.known_signal * known[at] + row.known_spread * z_known[k];\n    var x = mask[at] * kept + (1.0 - mask[at]) * xt[at];\n    if (row.again_spread != 0.0) {\n      x = row.again_signal * x + row.again_spread * z_again[k];\n    }\n    xt[at] = x;\n    if (blending.copies != 0u) {\n      xt[at + blending.copies] = x;\n    }\n  }\n}",
  "\n\nstruct Spread {\n  count: u32,\n  width: u32,\n}",
  "\n\n@group(0) @binding(10) var<uniform> spreading: Spread;",
  "\n@group(0) @binding(11) var<storage, read> table: array<u32>;",
  "\n@group(0) @binding(12) var<storage, read_write> y: array<u32>;",
  "\n\n@compute @workgroup_size(WG)\nfn spread(@builtin(global_invocation_id) id: vec3u) {\n  if (id.x < spreading.count) {\n    y[id.x] = table[state.step * spreading.width + id.x % spreading.width];\n  }\n}",
  "\n\n@group(0) @binding(13) var<storage, read_write> progress: StepState;",
  "\n\n@compute @workgroup_size(1)\nfn advance() {\n  progress.step += 1u;\n}"
 ]
} as const satisfies ShaderFamily;
