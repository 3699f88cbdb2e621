// Generated from shaders/diffusion_timesteps.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const diffusion_timesteps = {
 "name": "diffusion_timesteps",
 "hash": "119f6341aa5f9de1",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  },
  "KEPT": {
   "chunk": 1,
   "kind": "const",
   "value": "10u"
  },
  "UNIFORM_PART": {
   "chunk": 2,
   "kind": "const",
   "value": "0.001"
  }
 },
 "entries": {
  "cumulate": {
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
    7,
    8,
    9,
    21,
    22,
    23,
    24
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "draws",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "steps",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "images",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "uniform_stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 12
      }
     ]
    },
    {
     "name": "kept",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "kept_counts",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "cumulated",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "draw_timesteps": {
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
    10,
    11,
    12,
    19,
    20,
    21,
    25,
    26
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "draws",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "steps",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "images",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "uniform_stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 12
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
     "name": "kept",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "cumulative",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "drawn",
     "binding": 6,
     "type": "storage",
     "size": 4
    },
    {
     "name": "factors",
     "binding": 7,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "keep_losses": {
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
    13,
    14,
    15,
    16,
    27
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "draws",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "steps",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "images",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "uniform_stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 12
      }
     ]
    },
    {
     "name": "timesteps",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "per_image",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "ring",
     "binding": 10,
     "type": "storage",
     "size": 4
    },
    {
     "name": "ring_counts",
     "binding": 11,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "tally": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    4,
    5,
    13,
    14,
    17,
    18,
    28
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "draws",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "steps",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "images",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "uniform_stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 12
      }
     ]
    },
    {
     "name": "timesteps",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "per_image",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "counts",
     "binding": 12,
     "type": "storage",
     "size": 4
    },
    {
     "name": "sums",
     "binding": 13,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\nconst KEPT: u32 = 10u;",
  "\nconst UNIFORM_PART: f32 = 0.001;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Draws {\n  steps: u32,\n  images: u32,\n  uniform_stream: u32,\n  stream: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> draws: Draws;",
  "\n@group(0) @binding(1) var<storage, read> state: StepState;",
  "\n@group(0) @binding(2) var<storage, read> kept: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read> kept_counts: array<u32>;",
  "\n@group(0) @binding(4) var<storage, read_write> cumulated: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> cumulative: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> drawn: array<u32>;",
  "\n@group(0) @binding(7) var<storage, read_write> factors: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read> timesteps: array<u32>;",
  "\n@group(0) @binding(9) var<storage, read> per_image: array<f32>;",
  "\n@group(0) @binding(10) var<storage, read_write> ring: array<f32>;",
  "\n@group(0) @binding(11) var<storage, read_write> ring_counts: array<u32>;",
  "\n@group(0) @binding(12) var<storage, read_write> counts: array<u32>;",
  "\n@group(0) @binding(13) var<storage, read_write> sums: array<f32>;",
  "\n\n\nfn mul_high(a: u32, b: u32) -> u32 {\n  let low = (a & 0xffffu) * (b & 0xffffu);\n  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);\n  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);\n  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);\n}",
  "\n\nfn philox(counter: vec4u) -> vec4u {\n  var c = counter;\n  var key = vec2u(state.seed_low, state.seed_high);\n  for (var round = 0u; round < 10u; round++) {\n    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));\n    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);\n    key += vec2u(0x9e3779b9u, 0xbb67ae85u);\n  }\n  return c;\n}",
  "\n\n\nfn weight_of(t: u32) -> f32 {\n  var squares = 0.0;\n  for (var k = 0u; k < KEPT; k++) {\n    let loss = kept[t * KEPT + k];\n    squares += loss * loss;\n  }\n  return sqrt(squares / f32(KEPT));\n}",
  "\n\nvar<workgroup> parts: array<f32, WG>;",
  "\nvar<workgroup> full: array<u32, WG>;",
  "\n\n@compute @workgroup_size(WG)\nfn cumulate(@builtin(local_invocation_index) lane: u32) {\n  let share = (draws.steps + WG - 1u) / WG;\n  let first = min(lane * share, draws.steps);\n  let end = min(first + share, draws.steps);\n\n\n  var part = 0.0;\n  var is_full = 1u;\n  for (var t = first; t < end; t++) {\n    part += weight_of(t);\n    is_full = min(is_full, u32(kept_counts[t] >= KEPT));\n  }\n  parts[lane] = part;\n  full[lane] = is_full;\n  workgroupBarrier();\n\n\n  var sum = 0.0;\n  for (var k = 0u; k < lane; k++) {\n    sum += parts[k];\n  }\n  for (var t = first; t < end; t++) {\n    sum += weight_of(t);\n    cumulated[t] = sum;\n  }\n  if (lane == 0u) {\n    var all = 1u;\n    for (var k = 0u; k < WG; k++) {\n      all = min(all, full[k]);\n    }\n    cumulated[draws.steps] = f32(all);\n  }\n}",
  "\n\n\nfn timestep_at(target_sum: f32) -> u32 {\n  var low = 0u;\n  var high = draws.steps - 1u;\n  for (var halving = 0u; halving < 32u && low < high; halving++) {\n    let middle = (low + high) / 2u;\n    if (cumulative[middle] > target_sum) {\n      high = middle;\n    } else {\n      low = middle + 1u;\n    }\n  }\n  return low;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn draw_timesteps(@builtin(global_invocation_id) id: vec3u) {\n  let n = id.x;\n  if (n >= draws.images) {\n    return;\n  }\n  let m = state.first_image + n;\n  let T = draws.steps;\n  let total = cumulative[T - 1u];\n  if (cumulative[T] < 0.5 || !(total > 0.0)) {\n    let four = philox(vec4u(m / 4u, draws.uniform_stream, state.step, 0u));\n    drawn[n] = mul_high(four[m % 4u], T);\n    factors[n] = 1.0;\n    return;\n  }\n  let four = philox(vec4u(m, draws.stream, state.step, 0u));\n  var t = mul_high(four.y, T);\n  if (f32(four.x >> 8u) * 0x1p-24 >= UNIFORM_PART) {\n    t = timestep_at(f32(four.y >> 8u) * 0x1p-24 * total);\n  }\n  let share = weight_of(t) / total * f32(T);\n  drawn[n] = t;\n  factors[n] = 1.0 / ((1.0 - UNIFORM_PART) * share + UNIFORM_PART);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn keep_losses(@builtin(global_invocation_id) id: vec3u) {\n  let t = id.x;\n  if (t >= draws.steps) {\n    return;\n  }\n  var count = ring_counts[t];\n  for (var n = 0u; n < draws.images; n++) {\n    if (timesteps[n] == t) {\n      ring[t * KEPT + count % KEPT] = per_image[n];\n      count++;\n    }\n  }\n  ring_counts[t] = count;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn tally(@builtin(global_invocation_id) id: vec3u) {\n  let t = id.x;\n  if (t >= draws.steps) {\n    return;\n  }\n  for (var n = 0u; n < draws.images; n++) {\n    if (timesteps[n] == t) {\n      counts[t]++;\n      sums[t] += per_image[n];\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
