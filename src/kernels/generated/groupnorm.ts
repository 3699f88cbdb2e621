// Generated from shaders/groupnorm.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const groupnorm = {
 "name": "groupnorm",
 "hash": "6fd2041e2027f872",
 "settings": {
  "elem": {
   "chunk": 0,
   "kind": "alias",
   "value": "f32"
  },
  "elem4": {
   "chunk": 1,
   "kind": "alias",
   "value": "vec4<elem>"
  },
  "WG": {
   "chunk": 2,
   "kind": "const",
   "value": "16u"
  },
  "SHARED": {
   "chunk": 3,
   "kind": "const",
   "value": "64u"
  },
  "LANES": {
   "chunk": 4,
   "kind": "const",
   "value": "1u"
  },
  "SHARERS": {
   "chunk": 5,
   "kind": "const",
   "value": "4u"
  },
  "ACTIVATION": {
   "chunk": 6,
   "kind": "const",
   "value": "1u"
  }
 },
 "entries": {
  "moments": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    7,
    8,
    9,
    11,
    12,
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
    36
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 44,
     "fields": [
      {
       "name": "batch",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "slice",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "slices",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "part",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "eps",
       "type": "f32",
       "offset": 32
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 40
      }
     ]
    },
    {
     "name": "x",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "moments_out",
     "binding": 3,
     "type": "storage",
     "size": 8
    }
   ]
  },
  "moments_wide": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    7,
    8,
    9,
    10,
    11,
    12,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    27,
    28,
    29,
    36
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 44,
     "fields": [
      {
       "name": "batch",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "slice",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "slices",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "part",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "eps",
       "type": "f32",
       "offset": 32
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 40
      }
     ]
    },
    {
     "name": "x4",
     "binding": 2,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "moments_out",
     "binding": 3,
     "type": "storage",
     "size": 8
    }
   ]
  },
  "moments_shared": {
   "workgroupSize": [
    "SHARED",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    3,
    7,
    8,
    9,
    10,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    27,
    28,
    30,
    31,
    36
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 44,
     "fields": [
      {
       "name": "batch",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "slice",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "slices",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "part",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "eps",
       "type": "f32",
       "offset": 32
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 40
      }
     ]
    },
    {
     "name": "x4",
     "binding": 2,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "moments_out",
     "binding": 3,
     "type": "storage",
     "size": 8
    }
   ]
  },
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
    4,
    6,
    7,
    8,
    9,
    11,
    12,
    13,
    14,
    15,
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
    32,
    33,
    34,
    35,
    36,
    38,
    39,
    40,
    41,
    42,
    43,
    44,
    45,
    47
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 44,
     "fields": [
      {
       "name": "batch",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "slice",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "slices",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "part",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "eps",
       "type": "f32",
       "offset": 32
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 40
      }
     ]
    },
    {
     "name": "x",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "slice_moments",
     "binding": 4,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "affine",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "scale_shift",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "stats",
     "binding": 7,
     "type": "storage",
     "size": 8
    },
    {
     "name": "y",
     "binding": 8,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "apply_wide": {
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
    25,
    26,
    27,
    32,
    33,
    34,
    35,
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    43,
    44,
    46,
    48
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 44,
     "fields": [
      {
       "name": "batch",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "slice",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "slices",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "part",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "eps",
       "type": "f32",
       "offset": 32
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 40
      }
     ]
    },
    {
     "name": "x4",
     "binding": 2,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "slice_moments",
     "binding": 4,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "affine",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "scale_shift",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "stats",
     "binding": 7,
     "type": "storage",
     "size": 8
    },
    {
     "name": "y4",
     "binding": 9,
     "type": "storage",
     "size": 16,
     "elem": true
    }
   ]
  },
  "whole": {
   "workgroupSize": [
    "SHARERS",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
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
    25,
    26,
    27,
    28,
    33,
    34,
    35,
    36,
    37,
    42,
    43,
    46,
    49,
    50
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 44,
     "fields": [
      {
       "name": "batch",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "slice",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "slices",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "part",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "eps",
       "type": "f32",
       "offset": 32
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 40
      }
     ]
    },
    {
     "name": "x4",
     "binding": 2,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "affine",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "scale_shift",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "stats",
     "binding": 7,
     "type": "storage",
     "size": 8
    },
    {
     "name": "y4",
     "binding": 9,
     "type": "storage",
     "size": 16,
     "elem": true
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\nconst WG: u32 = 16u;",
  "\nconst SHARED: u32 = 64u;",
  "\nconst LANES: u32 = 1u;",
  "\nconst SHARERS: u32 = 4u;",
  "\nconst ACTIVATION: u32 = 1u;",
  "\n\nstruct Dims {\n  batch: u32,\n  channels: u32,\n  groups: u32,\n  pixels: u32,\n  slice: u32,\n  slices: u32,\n  part: u32,\n  parts: u32,\n  eps: f32,\n  scale_step: u32,\n  scale_first: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> x: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> x4: array<elem4>;",
  "\n\n\nstruct Invocation {\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n}",
  "\n\nfn lane_of(at: Invocation) -> u32 {\n  return (at.group.y * at.groups.x + at.group.x) * WG + at.lane;\n}",
  "\n\n\n\nfn activation(h: f32) -> f32 {\n  if (ACTIVATION == 1u) {\n    let v = max(h, -87.0);\n    return v / (1.0 + exp(-v));\n  }\n  if (ACTIVATION == 2u) {\n    let w = exp(min(h, 20.0));\n    let q = w * (w + 2.0);\n    return h * (q / (q + 2.0));\n  }\n  if (ACTIVATION == 3u) {\n    return h * normal_below(h, normal_tail(h));\n  }\n  if (ACTIVATION == 4u) {\n    return max(h, 0.0);\n  }\n  return h;\n}",
  "\n\n\nfn normal_tail(h: f32) -> f32 {\n  let v = clamp(h, -14.0, 14.0);\n  return exp(-0.5 * v * v);\n}",
  "\n\n\nfn normal_below(h: f32, tail: f32) -> f32 {\n  let t = 1.0 / (1.0 + 0.34 * abs(h));\n  var p = -0.0260217396;\n  p = p * t + 0.13903717;\n  p = p * t - 0.272217016;\n  p = p * t + 0.201183813;\n  p = p * t - 0.0440644423;\n  p = p * t + 0.115096865;\n  p = p * t + 0.115260378;\n  p = p * t + 0.136104045;\n  p = p * t + 0.135620943;\n  let below = p * t * tail;\n  return select(below, 1.0 - below, h > 0.0);\n}",
  "\n\nfn activation4(h: vec4f) -> vec4f {\n  return vec4f(activation(h.x), activation(h.y), activation(h.z), activation(h.w));\n}",
  "\n\n\n\n@group(0) @binding(3) var<storage, read_write> moments_out: array<vec2f>;",
  "\n\nstruct Moments {\n  count: f32,\n  mean: f32,\n  squares: f32,\n}",
  "\n\n\nstruct Moments4 {\n  count: f32,\n  mean: vec4f,\n  squares: vec4f,\n}",
  "\n\n\nfn joined(a: Moments, b: Moments) -> Moments {\n  let count = a.count + b.count;\n  let delta = b.mean - a.mean;\n  let share = b.count / max(count, 1.0);\n  return Moments(count, a.mean + delta * share, a.squares + b.squares + delta * delta * (a.count * share));\n}",
  "\n\n\nfn absorb(m: Moments4, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> Moments4 {\n  let mean = ((a + b) + (c + d)) * 0.25;\n  let squares = ((a - mean) * (a - mean) + (b - mean) * (b - mean)) + ((c - mean) * (c - mean) + (d - mean) * (d - mean));\n  let delta = mean - m.mean;\n  let count = m.count + 4.0;\n  let share = 4.0 / count;\n  return Moments4(count, m.mean + delta * share, m.squares + squares + delta * delta * (m.count * share));\n}",
  "\n\nfn united(m: Moments4) -> Moments {\n  let left = joined(Moments(m.count, m.mean.x, m.squares.x), Moments(m.count, m.mean.y, m.squares.y));\n  let right = joined(Moments(m.count, m.mean.z, m.squares.z), Moments(m.count, m.mean.w, m.squares.w));\n  return joined(left, right);\n}",
  "\n\nfn group_size() -> u32 {\n  return dims.channels / dims.groups * dims.pixels;\n}",
  "\n\n\nfn slice_first(index: u32) -> u32 {\n  let group = index / dims.slices;\n  return group * group_size() + (index - group * dims.slices) * dims.slice;\n}",
  "\n\n\nfn slice_count(slice: u32) -> u32 {\n  return min(dims.slice, group_size() - slice * dims.slice);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn moments(at: Invocation) {\n  let index = lane_of(at);\n  if (index >= dims.batch * dims.groups * dims.slices) {\n    return;\n  }\n  let first = slice_first(index);\n  let count = slice_count(index % dims.slices);\n  var sets = Moments4();\n  for (var k = 0u; k < count / 16u; k++) {\n    let i = first + k * 16u;\n    sets = absorb(\n      sets,\n      vec4f(elem4(x[i], x[i + 1u], x[i + 2u], x[i + 3u])),\n      vec4f(elem4(x[i + 4u], x[i + 5u], x[i + 6u], x[i + 7u])),\n      vec4f(elem4(x[i + 8u], x[i + 9u], x[i + 10u], x[i + 11u])),\n      vec4f(elem4(x[i + 12u], x[i + 13u], x[i + 14u], x[i + 15u])),\n    );\n  }\n  var all = united(sets);\n  for (var i = first + count / 16u * 16u; i < first + count; i++) {\n    all = joined(all, Moments(1.0, f32(x[i]), 0.0));\n  }\n  moments_out[index] = vec2f(all.mean, all.squares);\n}",
  "\n\n\nfn steps_of(count: u32, lane: u32, lanes: u32) -> u32 {\n  return (count + lanes - 1u - lane) / lanes;\n}",
  "\n\n\nfn moments_of(first: u32, count: u32, lane: u32, lanes: u32) -> Moments {\n  let steps = steps_of(count, lane, lanes);\n  var sets = Moments4();\n  for (var k = 0u; k < steps / 4u; k++) {\n    let i = first + k * 4u * lanes + lane;\n    sets = absorb(\n      sets,\n      vec4f(x4[i]), vec4f(x4[i + lanes]), vec4f(x4[i + 2u * lanes]), vec4f(x4[i + 3u * lanes]),\n    );\n  }\n  var all = united(sets);\n  for (var k = steps / 4u * 4u; k < steps; k++) {\n    let v = vec4f(x4[first + k * lanes + lane]);\n    let mean = (v.x + v.y + v.z + v.w) * 0.25;\n    let d = v - mean;\n    all = joined(all, Moments(4.0, mean, dot(d, d)));\n  }\n  return all;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn moments_wide(at: Invocation) {\n  let index = lane_of(at);\n  if (index >= dims.batch * dims.groups * dims.slices) {\n    return;\n  }\n  let count = slice_count(index % dims.slices);\n  let all = moments_of(slice_first(index) / 4u, count / 4u, 0u, 1u);\n  moments_out[index] = vec2f(all.mean, all.squares);\n}",
  "\n\nvar<workgroup> shared_moments: array<Moments, SHARED>;",
  "\n\n@compute @workgroup_size(SHARED)\nfn moments_shared(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = group.y * groups.x + group.x;\n  if (index >= dims.batch * dims.groups * dims.slices) {\n    return;\n  }\n  let count = slice_count(index % dims.slices);\n  var all = moments_of(slice_first(index) / 4u, count / 4u, lane, SHARED);\n\n\n  for (var step = 1u; step <= 6u; step++) {\n    let half = SHARED >> step;\n    shared_moments[lane] = all;\n    workgroupBarrier();\n    if (lane < half) {\n      all = joined(all, shared_moments[lane + half]);\n    }\n    workgroupBarrier();\n  }\n  if (lane == 0u) {\n    moments_out[index] = vec2f(all.mean, all.squares);\n  }\n}",
  "\n\n\n\n@group(0) @binding(4) var<storage, read> slice_moments: array<vec2f>;",
  "\n@group(0) @binding(5) var<storage, read> affine: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read> scale_shift: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read_write> stats: array<vec2f>;",
  "\n@group(0) @binding(8) var<storage, read_write> y: array<elem>;",
  "\n@group(0) @binding(9) var<storage, read_write> y4: array<elem4>;",
  "\n\n\nstruct Part {\n  row: u32,\n  first: u32,\n  count: u32,\n}",
  "\n\nfn part_of(index: u32) -> Part {\n  let row = index / dims.parts;\n  let start = (index - row * dims.parts) * dims.part;\n  return Part(row, row * dims.pixels + start, min(dims.part, dims.pixels - start));\n}",
  "\n\nfn part_total() -> u32 {\n  return dims.batch * dims.channels * dims.parts;\n}",
  "\n\nfn group_of(row: u32) -> u32 {\n  return row / (dims.channels / dims.groups);\n}",
  "\n\n\nstruct Line {\n  mean: f32,\n  factor: f32,\n  offset: f32,\n}",
  "\n\nfn line_of(row: u32, moments: vec2f) -> Line {\n  let c = row % dims.channels;\n  let factor = moments.y * affine[c];\n  if (dims.scale_step == 0u) {\n    return Line(moments.x, factor, affine[dims.channels + c]);\n  }\n  let at = row / dims.channels * dims.scale_step + dims.scale_first + c;\n  let scale = 1.0 + scale_shift[at];\n  return Line(moments.x, factor * scale, affine[dims.channels + c] * scale + scale_shift[at + dims.channels]);\n}",
  "\n\n\nfn statistics_of(part: Part, lane: u32) -> vec2f {\n  let group = group_of(part.row);\n  var all = Moments();\n  for (var slice = 0u; slice < dims.slices; slice++) {\n    let m = slice_moments[group * dims.slices + slice];\n    all = joined(all, Moments(f32(slice_count(slice)), m.x, m.y));\n  }\n  let result = vec2f(all.mean, 1.0 / sqrt(all.squares / all.count + dims.eps));\n  if (lane == 0u && part.first == group * group_size()) {\n    stats[group] = result;\n  }\n  return result;\n}",
  "\n\nfn put(i: u32, line: Line) {\n  y[i] = elem(activation((f32(x[i]) - line.mean) * line.factor + line.offset));\n}",
  "\n\nfn put4(i: u32, line: Line) {\n  y4[i] = elem4(activation4((vec4f(x4[i]) - line.mean) * line.factor + line.offset));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn apply(at: Invocation) {\n  let index = lane_of(at);\n  if (index / LANES >= part_total()) {\n    return;\n  }\n  let part = part_of(index / LANES);\n  let lane = index % LANES;\n  let line = line_of(part.row, statistics_of(part, lane));\n  let start = part.first + lane;\n  let steps = steps_of(part.count, lane, LANES);\n  for (var k = 0u; k < steps / 4u; k++) {\n    let i = start + k * 4u * LANES;\n    put(i, line);\n    put(i + LANES, line);\n    put(i + 2u * LANES, line);\n    put(i + 3u * LANES, line);\n  }\n  for (var k = steps / 4u * 4u; k < steps; k++) {\n    put(start + k * LANES, line);\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn apply_wide(at: Invocation) {\n  let index = lane_of(at);\n  if (index / LANES >= part_total()) {\n    return;\n  }\n  let part = part_of(index / LANES);\n  let lane = index % LANES;\n  let line = line_of(part.row, statistics_of(part, lane));\n  let start = part.first / 4u + lane;\n  let steps = steps_of(part.count / 4u, lane, LANES);\n  for (var k = 0u; k < steps / 2u; k++) {\n    let i = start + k * 2u * LANES;\n    put4(i, line);\n    put4(i + LANES, line);\n  }\n  if (steps % 2u == 1u) {\n    put4(start + (steps - 1u) * LANES, line);\n  }\n}",
  "\n\n\n\nvar<workgroup> lane_moments: array<vec2f, SHARERS>;",
  "\n\n@compute @workgroup_size(SHARERS)\nfn whole(\n  @builtin(workgroup_id) at: vec3u,\n  @builtin(num_workgroups) workgroups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let group = at.y * workgroups.x + at.x;\n  if (group >= dims.batch * dims.groups) {\n    return;\n  }\n\n\n  let rows = dims.channels / dims.groups / SHARERS;\n  let run = rows * dims.pixels;\n  let own = moments_of((group * group_size() + lane * run) / 4u, run / 4u, 0u, 1u);\n  lane_moments[lane] = vec2f(own.mean, own.squares);\n  workgroupBarrier();\n  var all = Moments();\n  for (var k = 0u; k < SHARERS; k++) {\n    all = joined(all, Moments(f32(run), lane_moments[k].x, lane_moments[k].y));\n  }\n  let statistics = vec2f(all.mean, 1.0 / sqrt(all.squares / all.count + dims.eps));\n  if (lane == 0u) {\n    stats[group] = statistics;\n  }\n\n\n  for (var k = 0u; k < rows; k++) {\n    let row = (group * SHARERS + lane) * rows + k;\n    let line = line_of(row, statistics);\n    let quads = dims.pixels / 4u;\n    for (var i = row * quads; i < (row + 1u) * quads; i++) {\n      put4(i, line);\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
