// Generated from shaders/diffusion.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const diffusion = {
 "name": "diffusion",
 "hash": "ca6e23623cfc6318",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  }
 },
 "entries": {
  "philox_words": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    3,
    8,
    13,
    21,
    26,
    27,
    35
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "counters",
     "binding": 0,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "count",
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
     "binding": 5,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "words",
     "binding": 13,
     "type": "storage",
     "size": 16
    }
   ]
  },
  "normals": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    4,
    5,
    9,
    10,
    13,
    22,
    26,
    27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
    36
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "draw",
     "binding": 1,
     "type": "uniform",
     "size": 12,
     "fields": [
      {
       "name": "counter",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 8
      }
     ]
    },
    {
     "name": "image",
     "binding": 2,
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
     "name": "state",
     "binding": 5,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "sampled",
     "binding": 14,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "q_sample": {
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
    10,
    11,
    13,
    14,
    15,
    16,
    23,
    24,
    26,
    27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
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
     "binding": 2,
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
     "binding": 3,
     "type": "uniform",
     "size": 12,
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
      },
      {
       "name": "timestep_stream",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "state",
     "binding": 5,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "images",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "order",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "levels",
     "binding": 8,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "xt",
     "binding": 15,
     "type": "storage",
     "size": 4
    },
    {
     "name": "drawn",
     "binding": 16,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "q_sample_at": {
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
    10,
    11,
    13,
    14,
    15,
    16,
    17,
    23,
    26,
    27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
    38,
    39,
    40,
    42
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 2,
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
     "binding": 3,
     "type": "uniform",
     "size": 12,
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
      },
      {
       "name": "timestep_stream",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "state",
     "binding": 5,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "images",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "order",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "levels",
     "binding": 8,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "timesteps",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "xt",
     "binding": 15,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "q_sample_given": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    2,
    5,
    10,
    16,
    17,
    18,
    19,
    23,
    43
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 2,
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
     "name": "levels",
     "binding": 8,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "timesteps",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "x0",
     "binding": 10,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "noise",
     "binding": 11,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "xt",
     "binding": 15,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "labels": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    7,
    12,
    13,
    15,
    20,
    25,
    26,
    27,
    44
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "labelling",
     "binding": 4,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "ring",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "null_class",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "dropout",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "state",
     "binding": 5,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "order",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "data_labels",
     "binding": 12,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "labels_of_batch",
     "binding": 17,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Level {\n  signal: f32,\n  spread: f32,\n  noise_factor: f32,\n  x0_factor: f32,\n  weight: f32,\n}",
  "\n\nstruct Counters {\n  count: u32,\n  stream: u32,\n}",
  "\n\nstruct Draw {\n  counter: u32,\n  stream: u32,\n  scale: f32,\n}",
  "\n\nstruct Image {\n  size: u32,\n}",
  "\n\nstruct Source {\n  ring: u32,\n  noise_stream: u32,\n  timestep_stream: u32,\n}",
  "\n\nstruct Labelling {\n  count: u32,\n  ring: u32,\n  stream: u32,\n  null_class: u32,\n  dropout: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> counters: Counters;",
  "\n@group(0) @binding(1) var<uniform> draw: Draw;",
  "\n@group(0) @binding(2) var<uniform> image: Image;",
  "\n@group(0) @binding(3) var<uniform> source: Source;",
  "\n@group(0) @binding(4) var<uniform> labelling: Labelling;",
  "\n@group(0) @binding(5) var<storage, read> state: StepState;",
  "\n@group(0) @binding(6) var<storage, read> images: array<u32>;",
  "\n@group(0) @binding(7) var<storage, read> order: array<u32>;",
  "\n@group(0) @binding(8) var<storage, read> levels: array<Level>;",
  "\n@group(0) @binding(9) var<storage, read> timesteps: array<u32>;",
  "\n@group(0) @binding(10) var<storage, read> x0: array<f32>;",
  "\n@group(0) @binding(11) var<storage, read> noise: array<f32>;",
  "\n@group(0) @binding(12) var<storage, read> data_labels: array<u32>;",
  "\n@group(0) @binding(13) var<storage, read_write> words: array<vec4u>;",
  "\n@group(0) @binding(14) var<storage, read_write> sampled: array<f32>;",
  "\n@group(0) @binding(15) var<storage, read_write> xt: array<f32>;",
  "\n@group(0) @binding(16) var<storage, read_write> drawn: array<u32>;",
  "\n@group(0) @binding(17) var<storage, read_write> labels_of_batch: array<u32>;",
  "\n\n\n\n\nfn mul_high(a: u32, b: u32) -> u32 {\n  let low = (a & 0xffffu) * (b & 0xffffu);\n  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);\n  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);\n  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);\n}",
  "\n\nfn philox(counter: vec4u) -> vec4u {\n  var c = counter;\n  var key = vec2u(state.seed_low, state.seed_high);\n  for (var round = 0u; round < 10u; round++) {\n    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));\n    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);\n    key += vec2u(0x9e3779b9u, 0xbb67ae85u);\n  }\n  return c;\n}",
  "\n\n\nfn natural_log(u: vec2f) -> vec2f {\n  let exponent = (bitcast<vec2i>(u) - vec2i(0x3f3504f3)) >> vec2u(23u);\n  let f = bitcast<vec2f>(bitcast<vec2i>(u) - (exponent << vec2u(23u))) - 1.0;\n  var p = 0.086721912 * f - 0.143790081;\n  p = p * f + 0.149779916;\n  p = p * f - 0.165644258;\n  p = p * f + 0.199548751;\n  p = p * f - 0.250016987;\n  p = p * f + 0.333341658;\n  return vec2f(exponent) * 0.6931471805599453 + (f + f * f * (f * p - 0.5));\n}",
  "\n\n\nfn radius_of(u: vec2f) -> vec2f {\n  let square = -2.0 * natural_log(u);\n  let inverse = inverseSqrt(square);\n  let root = square * inverse;\n  return root + 0.5 * inverse * (square - root * root);\n}",
  "\n\n\nfn with_sign(x: vec2f, bits: vec2u) -> vec2f {\n  return bitcast<vec2f>(bitcast<vec2u>(x) ^ ((bits & vec2u(2u)) << vec2u(30u)));\n}",
  "\n\n\nfn box_muller(four: vec4u) -> vec4f {\n  let radius = radius_of((vec2f(four.xz >> vec2u(9u)) + 0.5) * 0x1p-23);\n\n\n  let quadrant = (four.yw + vec2u(0x20000000u)) >> vec2u(30u);\n  let residue = bitcast<vec2i>(four.yw - (quadrant << vec2u(30u)));\n  let r = (vec2f(residue >> vec2u(8u)) + 0.5) * 0x1p-24;\n  let q = r * r;\n  let s = r * (((-75.4020691 * q + 81.5925522) * q - 41.3416634) * q + 6.28318548);\n  let c = 1.0 + q * (((59.2459641 * q - 85.4437408) * q + 64.9393234) * q - 19.7392082);\n\n  let odd = (quadrant & vec2u(1u)) == vec2u(1u);\n  let cosine = radius * with_sign(select(c, s, odd), quadrant + 1u);\n  let sine = radius * with_sign(select(s, c, odd), quadrant);\n  return vec4f(cosine.x, sine.x, cosine.y, sine.y);\n}",
  "\n\n\n\nstruct Quad {\n  counter: u32,\n  first: u32,\n}",
  "\n\n\n\nfn quad_of(n: u32, i: u32, size: u32) -> Quad {\n  let m = state.first_image + n;\n  let rest = m * (size % 4u);\n  return Quad(m * (size / 4u) + rest / 4u + i, 4u * i - rest % 4u);\n}",
  "\n\nfn normals_of(counter: u32, stream: u32) -> vec4f {\n  return box_muller(philox(vec4u(counter, stream, state.step, 0u)));\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn philox_words(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i < counters.count) {\n    words[i] = philox(vec4u(i, counters.stream, state.step, 0u));\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn normals(@builtin(global_invocation_id) id: vec3u) {\n  let quad = quad_of(id.y, id.x, image.size);\n  let z = normals_of(draw.counter + quad.counter, draw.stream);\n  for (var k = 0u; k < 4u; k++) {\n    let i = quad.first + k;\n    if (i < image.size) {\n      sampled[id.y * image.size + i] = draw.scale * z[k];\n    }\n  }\n}",
  "\n\n\nfn drawn_timestep(n: u32) -> u32 {\n  let m = state.first_image + n;\n  let four = philox(vec4u(m / 4u, source.timestep_stream, state.step, 0u));\n  return mul_high(four[m % 4u], arrayLength(&levels));\n}",
  "\n\n\nfn place_of(n: u32, count: u32) -> u32 {\n  return order[(state.step % source.ring) * count + n];\n}",
  "\n\n\nfn pixel(place: u32, i: u32) -> f32 {\n  let at = place * image.size + i;\n  let byte = (images[at / 4u] >> (8u * (at % 4u))) & 255u;\n  return f32(byte) / 127.5 - 1.0;\n}",
  "\n\n\nfn noise_quad(n: u32, lane: u32, count: u32, t: u32) {\n  let level = levels[t];\n  let place = place_of(n, count);\n  let quad = quad_of(n, lane, image.size);\n  let z = normals_of(quad.counter, source.noise_stream);\n  for (var k = 0u; k < 4u; k++) {\n    let i = quad.first + k;\n    if (i < image.size) {\n      xt[n * image.size + i] = level.signal * pixel(place, i) + level.spread * z[k];\n    }\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn q_sample(\n  @builtin(global_invocation_id) id: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n) {\n  let t = drawn_timestep(id.y);\n  if (id.x == 0u) {\n    drawn[id.y] = t;\n  }\n  noise_quad(id.y, id.x, groups.y, t);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn q_sample_at(\n  @builtin(global_invocation_id) id: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n) {\n  noise_quad(id.y, id.x, groups.y, timesteps[id.y]);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn q_sample_given(@builtin(global_invocation_id) id: vec3u) {\n  let level = levels[timesteps[id.y]];\n  for (var k = 0u; k < 4u; k++) {\n    let i = 4u * id.x + k;\n    if (i < image.size) {\n      let at = id.y * image.size + i;\n      xt[at] = level.signal * x0[at] + level.spread * noise[at];\n    }\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn labels(@builtin(global_invocation_id) id: vec3u) {\n  let n = id.x;\n  if (n >= labelling.count) {\n    return;\n  }\n  let m = state.first_image + n;\n  let four = philox(vec4u(m / 4u, labelling.stream, state.step, 0u));\n  let is_dropped = f32(four[m % 4u] >> 8u) * 0x1p-24 < labelling.dropout;\n  let place = order[(state.step % labelling.ring) * labelling.count + n];\n  labels_of_batch[n] = select(data_labels[place], labelling.null_class, is_dropped);\n}"
 ]
} as const satisfies ShaderFamily;
