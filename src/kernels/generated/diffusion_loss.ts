// Generated from shaders/diffusion_loss.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const diffusion_loss = {
 "name": "diffusion_loss",
 "hash": "9b5efc7a97312efa",
 "settings": {
  "ROWS": {
   "chunk": 33,
   "kind": "const",
   "value": "16u"
  },
  "LANES": {
   "chunk": 34,
   "kind": "const",
   "value": "256u"
  }
 },
 "entries": {
  "loss": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    0,
    1,
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
    16,
    18,
    19,
    20,
    21,
    22,
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
    40
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 0,
     "type": "uniform",
     "size": 4,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "ring",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "noise_stream",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "objective",
     "binding": 2,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "stride",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "kind",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "gradient_scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "mean_scale",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "state",
     "binding": 3,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "images",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "order",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "levels",
     "binding": 6,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "timesteps",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "prediction",
     "binding": 10,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dprediction",
     "binding": 12,
     "type": "storage",
     "size": 4
    },
    {
     "name": "per_image",
     "binding": 13,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "loss_given": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    1,
    3,
    5,
    6,
    8,
    12,
    13,
    14,
    15,
    16,
    18,
    19,
    31,
    32,
    33,
    34,
    35,
    36,
    37,
    38,
    39,
    41
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 0,
     "type": "uniform",
     "size": 4,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      }
     ]
    },
    {
     "name": "objective",
     "binding": 2,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "stride",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "kind",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "gradient_scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "mean_scale",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "levels",
     "binding": 6,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "timesteps",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "x0",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "noise",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "prediction",
     "binding": 10,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dprediction",
     "binding": 12,
     "type": "storage",
     "size": 4
    },
    {
     "name": "per_image",
     "binding": 13,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "bound_loss": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    0,
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
    13,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
    31,
    33,
    34,
    35,
    36,
    37,
    38,
    42,
    43,
    44,
    45,
    46,
    47
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 0,
     "type": "uniform",
     "size": 4,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "ring",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "noise_stream",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "objective",
     "binding": 2,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "stride",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "kind",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "gradient_scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "mean_scale",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "state",
     "binding": 3,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "images",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "order",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "timesteps",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "prediction",
     "binding": 10,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "bounds",
     "binding": 11,
     "type": "read-only-storage",
     "size": 28
    },
    {
     "name": "dprediction",
     "binding": 12,
     "type": "storage",
     "size": 4
    },
    {
     "name": "per_image",
     "binding": 13,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "bound_loss_given": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    2,
    3,
    5,
    6,
    8,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    22,
    31,
    33,
    34,
    35,
    36,
    37,
    38,
    42,
    43,
    44,
    45,
    46,
    48
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 0,
     "type": "uniform",
     "size": 4,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      }
     ]
    },
    {
     "name": "objective",
     "binding": 2,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "stride",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "kind",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "gradient_scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "mean_scale",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "timesteps",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "x0",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "noise",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "prediction",
     "binding": 10,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "bounds",
     "binding": 11,
     "type": "read-only-storage",
     "size": 28
    },
    {
     "name": "dprediction",
     "binding": 12,
     "type": "storage",
     "size": 4
    },
    {
     "name": "per_image",
     "binding": 13,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Level {\n  signal: f32,\n  spread: f32,\n  noise_factor: f32,\n  x0_factor: f32,\n  weight: f32,\n}",
  "\n\n\nstruct BoundLevel {\n  noise_factor: f32,\n  x0_factor: f32,\n  weight: f32,\n  deviation: f32,\n  gap: f32,\n  slope: f32,\n  bin: f32,\n}",
  "\n\nstruct Image {\n  size: u32,\n}",
  "\n\nstruct Source {\n  ring: u32,\n  noise_stream: u32,\n}",
  "\n\nstruct Objective {\n  stride: u32,\n  kind: u32,\n  gradient_scale: f32,\n  scale: f32,\n  mean_scale: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> image: Image;",
  "\n@group(0) @binding(1) var<uniform> source: Source;",
  "\n@group(0) @binding(2) var<uniform> objective: Objective;",
  "\n@group(0) @binding(3) var<storage, read> state: StepState;",
  "\n@group(0) @binding(4) var<storage, read> images: array<u32>;",
  "\n@group(0) @binding(5) var<storage, read> order: array<u32>;",
  "\n@group(0) @binding(6) var<storage, read> levels: array<Level>;",
  "\n@group(0) @binding(7) var<storage, read> timesteps: array<u32>;",
  "\n@group(0) @binding(8) var<storage, read> x0: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read> noise: array<f32>;",
  "\n@group(0) @binding(10) var<storage, read> prediction: array<f32>;",
  "\n@group(0) @binding(11) var<storage, read> bounds: array<BoundLevel>;",
  "\n@group(0) @binding(12) var<storage, read_write> dprediction: array<f32>;",
  "\n@group(0) @binding(13) var<storage, read_write> per_image: array<f32>;",
  "\n\n\n\n\nfn mul_high(a: u32, b: u32) -> u32 {\n  let low = (a & 0xffffu) * (b & 0xffffu);\n  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);\n  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);\n  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);\n}",
  "\n\nfn philox(counter: vec4u) -> vec4u {\n  var c = counter;\n  var key = vec2u(state.seed_low, state.seed_high);\n  for (var round = 0u; round < 10u; round++) {\n    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));\n    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);\n    key += vec2u(0x9e3779b9u, 0xbb67ae85u);\n  }\n  return c;\n}",
  "\n\n\nfn natural_log(u: vec2f) -> vec2f {\n  let exponent = (bitcast<vec2i>(u) - vec2i(0x3f3504f3)) >> vec2u(23u);\n  let f = bitcast<vec2f>(bitcast<vec2i>(u) - (exponent << vec2u(23u))) - 1.0;\n  var p = 0.086721912 * f - 0.143790081;\n  p = p * f + 0.149779916;\n  p = p * f - 0.165644258;\n  p = p * f + 0.199548751;\n  p = p * f - 0.250016987;\n  p = p * f + 0.333341658;\n  return vec2f(exponent) * 0.6931471805599453 + (f + f * f * (f * p - 0.5));\n}",
  "\n\n\nfn radius_of(u: vec2f) -> vec2f {\n  let square = -2.0 * natural_log(u);\n  let inverse = inverseSqrt(square);\n  let root = square * inverse;\n  return root + 0.5 * inverse * (square - root * root);\n}",
  "\n\n\nfn with_sign(x: vec2f, bits: vec2u) -> vec2f {\n  return bitcast<vec2f>(bitcast<vec2u>(x) ^ ((bits & vec2u(2u)) << vec2u(30u)));\n}",
  "\n\n\nfn box_muller(four: vec4u) -> vec4f {\n  let radius = radius_of((vec2f(four.xz >> vec2u(9u)) + 0.5) * 0x1p-23);\n\n\n  let quadrant = (four.yw + vec2u(0x20000000u)) >> vec2u(30u);\n  let residue = bitcast<vec2i>(four.yw - (quadrant << vec2u(30u)));\n  let r = (vec2f(residue >> vec2u(8u)) + 0.5) * 0x1p-24;\n  let q = r * r;\n  let s = r * (((-75.4020691 * q + 81.5925522) * q - 41.3416634) * q + 6.28318548);\n  let c = 1.0 + q * (((59.2459641 * q - 85.4437408) * q + 64.9393234) * q - 19.7392082);\n\n  let odd = (quadrant & vec2u(1u)) == vec2u(1u);\n  let cosine = radius * with_sign(select(c, s, odd), quadrant + 1u);\n  let sine = radius * with_sign(select(s, c, odd), quadrant);\n  return vec4f(cosine.x, sine.x, cosine.y, sine.y);\n}",
  "\n\n\n\nstruct Quad {\n  counter: u32,\n  first: u32,\n}",
  "\n\n\n\nfn quad_of(n: u32, i: u32, size: u32) -> Quad {\n  let m = state.first_image + n;\n  let rest = m * (size % 4u);\n  return Quad(m * (size / 4u) + rest / 4u + i, 4u * i - rest % 4u);\n}",
  "\n\nfn normals_of(counter: u32, stream: u32) -> vec4f {\n  return box_muller(philox(vec4u(counter, stream, state.step, 0u)));\n}",
  "\n\n\n\n\nfn place_of(n: u32, count: u32) -> u32 {\n  return order[(state.step % source.ring) * count + n];\n}",
  "\n\n\nfn pixel(place: u32, i: u32) -> f32 {\n  let at = place * image.size + i;\n  let byte = (images[at / 4u] >> (8u * (at % 4u))) & 255u;\n  return f32(byte) / 127.5 - 1.0;\n}",
  "\n\n\nfn cost(d: f32) -> vec2f {\n  switch objective.kind {\n    case 0u: {\n      return vec2f(d * d, 2.0 * d);\n    }\n    case 1u: {\n      return vec2f(abs(d), sign(d));\n    }\n    default: {\n      let far = vec2f(abs(d) - 0.5, sign(d));\n      return select(far, vec2f(0.5 * d * d, d), abs(d) < 1.0);\n    }\n  }\n}",
  "\n\n\nfn settle(n: u32, i: u32, level: Level, clean: f32, z: f32) -> f32 {\n  let at = n * objective.stride + i;\n  let d = prediction[at] - (level.noise_factor * z + level.x0_factor * clean);\n  let l = cost(d);\n  dprediction[at] = level.weight * l.y * objective.gradient_scale;\n  return l.x;\n}",
  "\n\nconst ROWS: u32 = 16u;",
  "\nconst LANES: u32 = 256u;",
  "\n\nvar<workgroup> partials: array<f32, LANES>;",
  "\nvar<workgroup> row_sums: array<f32, ROWS>;",
  "\n\n\n\nfn workgroup_sum(value: f32, lane: u32) -> f32 {\n  partials[lane] = value;\n  workgroupBarrier();\n  var sum = 0.0;\n  if (lane < ROWS) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += partials[lane * ROWS + k];\n    }\n    row_sums[lane] = sum;\n  }\n  workgroupBarrier();\n  sum = 0.0;\n  if (lane == 0u) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += row_sums[k];\n    }\n  }\n  return sum;\n}",
  "\n\n\nfn close_image(n: u32, lane: u32, sum: f32, weight: f32) {\n  let total = workgroup_sum(sum, lane);\n  if (lane == 0u) {\n    per_image[n] = weight * total / f32(image.size);\n  }\n}",
  "\n\n\nfn clear_variance(n: u32, lane: u32) {\n  let others = objective.stride - image.size;\n  for (var trip = 0u; trip < (others + LANES - 1u) / LANES; trip++) {\n    let i = trip * LANES + lane;\n    if (i < others) {\n      dprediction[n * objective.stride + image.size + i] = 0.0;\n    }\n  }\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn loss(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let n = group.x;\n  let level = levels[timesteps[n]];\n  let place = place_of(n, groups.x);\n  let trips = ((image.size + 6u) / 4u + LANES - 1u) / LANES;\n  var sum = 0.0;\n  for (var trip = 0u; trip < trips; trip++) {\n    let quad = quad_of(n, trip * LANES + lane, image.size);\n    let z = normals_of(quad.counter, source.noise_stream);\n    var part = 0.0;\n    for (var k = 0u; k < 4u; k++) {\n      let i = quad.first + k;\n      if (i < image.size) {\n        part += settle(n, i, level, pixel(place, i), z[k]);\n      }\n    }\n    sum += part;\n  }\n  close_image(n, lane, sum, level.weight);\n  clear_variance(n, lane);\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn loss_given(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let n = group.x;\n  let level = levels[timesteps[n]];\n  let trips = (image.size + LANES - 1u) / LANES;\n  var sum = 0.0;\n  for (var trip = 0u; trip < trips; trip++) {\n    let i = trip * LANES + lane;\n    if (i < image.size) {\n      let at = n * image.size + i;\n      sum += settle(n, i, level, x0[at], noise[at]);\n    }\n  }\n  close_image(n, lane, sum, level.weight);\n  clear_variance(n, lane);\n}",
  "\n\n\nfn exponential(x: f32) -> f32 {\n  let inside = clamp(x, -87.0, 88.0);\n  let k = floor(inside * 1.4426950408889634 + 0.5);\n  let r = (inside - k * 0.693359375) + k * 2.12194440e-4;\n  var p = 1.0 / 5040.0 * r + 1.0 / 720.0;\n  p = p * r + 1.0 / 120.0;\n  p = p * r + 1.0 / 24.0;\n  p = p * r + 1.0 / 6.0;\n  p = p * r + 0.5;\n  let value = (1.0 + (r + r * r * p)) * bitcast<f32>((i32(k) + 127) << 23u);\n  return select(value, 0.0, x < -87.0);\n}",
  "\n\n\nfn tail_of(x: f32) -> vec2f {\n  let u = clamp(x, -20.0, 20.0);\n  let square = u * u;\n  let e = exponential(-1.5957691216057308 * abs(u) * (1.0 + 0.044715 * square));\n  let tail = e / (1.0 + e);\n  let slope = 1.5957691216057308 * (1.0 + 0.134145 * square);\n  return vec2f(tail, slope * tail / (1.0 + e));\n}",
  "\n\n\nfn decoder_term(b: BoundLevel, d: f32, gap: f32, clean: f32) -> vec3f {\n  let shrink = exponential(-0.5 * gap);\n  let centre = shrink * b.deviation * d;\n  let high = centre + shrink * b.bin;\n  let low = centre - shrink * b.bin;\n  var above = tail_of(high);\n  var below = tail_of(low);\n\n\n  let to_high = select(above.x, 1.0 - above.x, high > 0.0);\n  let from_low = select(1.0 - below.x, below.x, low > 0.0);\n  let is_aside = low > 0.0 || high < 0.0;\n  var p = select(1.0 - above.x - below.x, abs(above.x - below.x), is_aside);\n  if (clean < -0.999) {\n    p = to_high;\n    below.y = 0.0;\n  } else if (clean > 0.999) {\n    p = from_low;\n    above.y = 0.0;\n  }\n  if (p <= 1e-12) {\n    return vec3f(27.631021115928547, 0.0, 0.0);\n  }\n  let by_centre = (below.y - above.y) / p;\n  let by_gap = 0.5 * (high * above.y - low * below.y) / p;\n  let value = -natural_log(vec2f(p)).x;\n  return vec3f(value, by_centre * shrink * b.deviation, b.slope * by_gap);\n}",
  "\n\n\nfn bound_term(b: BoundLevel, d: f32, v: f32, clean: f32) -> vec3f {\n  let gap = b.gap + b.slope * v;\n  if (b.bin > 0.0) {\n    return decoder_term(b, d, gap, clean);\n  }\n  let shrink = exponential(-gap);\n  let deviation = b.deviation * d;\n  let quotient = shrink * (1.0 + deviation * deviation);\n  let value = 0.5 * (gap - 1.0 + quotient);\n  return vec3f(value, shrink * b.deviation * deviation, 0.5 * b.slope * (1.0 - quotient));\n}",
  "\n\n\nfn settle_bound(n: u32, i: u32, level: BoundLevel, clean: f32, z: f32) -> f32 {\n  let at = n * objective.stride + i;\n  let is_learned = objective.stride > image.size;\n  let d = prediction[at] - (level.noise_factor * z + level.x0_factor * clean);\n  var v = 0.0;\n  if (is_learned) {\n    v = prediction[at + image.size];\n  }\n  let l = cost(d);\n  let term = bound_term(level, d, v, clean);\n  let slope = level.weight * l.y + objective.mean_scale * term.y;\n  dprediction[at] = slope * objective.gradient_scale;\n  if (is_learned) {\n    dprediction[at + image.size] = objective.scale * term.z * objective.gradient_scale;\n  }\n  return level.weight * l.x + objective.scale * term.x;\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn bound_loss(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let n = group.x;\n  let level = bounds[timesteps[n]];\n  let place = place_of(n, groups.x);\n  let trips = ((image.size + 6u) / 4u + LANES - 1u) / LANES;\n  var sum = 0.0;\n  for (var trip = 0u; trip < trips; trip++) {\n    let quad = quad_of(n, trip * LANES + lane, image.size);\n    let z = normals_of(quad.counter, source.noise_stream);\n    var part = 0.0;\n    for (var k = 0u; k < 4u; k++) {\n      let i = quad.first + k;\n      if (i < image.size) {\n        part += settle_bound(n, i, level, pixel(place, i), z[k]);\n      }\n    }\n    sum += part;\n  }\n  close_image(n, lane, sum, 1.0);\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn bound_loss_given(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let n = group.x;\n  let level = bounds[timesteps[n]];\n  let trips = (image.size + LANES - 1u) / LANES;\n  var sum = 0.0;\n  for (var trip = 0u; trip < trips; trip++) {\n    let i = trip * LANES + lane;\n    if (i < image.size) {\n      let at = n * image.size + i;\n      sum += settle_bound(n, i, level, x0[at], noise[at]);\n    }\n  }\n  close_image(n, lane, sum, 1.0);\n}"
 ]
} as const satisfies ShaderFamily;
