// Generated from shaders/groupnorm_backward.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const groupnorm_backward = {
 "name": "groupnorm_backward",
 "hash": "059b9ccea023e10e",
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
  "sums": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    6,
    7,
    8,
    9,
    10,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
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
    37
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 36,
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
       "name": "part",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "has_pending",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 32
      }
     ]
    },
    {
     "name": "dy",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "x",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
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
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "sums_out",
     "binding": 8,
     "type": "storage",
     "size": 16
    }
   ]
  },
  "sums_wide": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    6,
    7,
    8,
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
    29,
    30,
    31,
    32,
    33,
    34,
    35,
    37,
    38,
    39
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 36,
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
       "name": "part",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "has_pending",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 32
      }
     ]
    },
    {
     "name": "dy4",
     "binding": 3,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "x4",
     "binding": 4,
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
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "sums_out",
     "binding": 8,
     "type": "storage",
     "size": 16
    }
   ]
  },
  "sums_shared": {
   "workgroupSize": [
    "SHARED",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    3,
    6,
    7,
    8,
    10,
    11,
    12,
    13,
    14,
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
    32,
    33,
    34,
    35,
    37,
    38,
    40,
    41
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 36,
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
       "name": "part",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "has_pending",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 32
      }
     ]
    },
    {
     "name": "dy4",
     "binding": 3,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "x4",
     "binding": 4,
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
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "sums_out",
     "binding": 8,
     "type": "storage",
     "size": 16
    }
   ]
  },
  "scale_gradients": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    2,
    7,
    8,
    10,
    13,
    15,
    16,
    28,
    42,
    44,
    45,
    49
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 36,
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
       "name": "part",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "has_pending",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 32
      }
     ]
    },
    {
     "name": "affine",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "row_sums",
     "binding": 9,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "dscale_shift",
     "binding": 11,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "backward_input": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    2,
    4,
    6,
    7,
    8,
    9,
    10,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    42,
    43,
    45,
    46,
    47,
    48,
    50,
    52,
    54,
    55,
    56,
    58
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 36,
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
       "name": "part",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "has_pending",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 32
      }
     ]
    },
    {
     "name": "dy",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "x",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
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
     "name": "row_sums",
     "binding": 9,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "daffine",
     "binding": 10,
     "type": "storage",
     "size": 4
    },
    {
     "name": "pending",
     "binding": 12,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "dx",
     "binding": 14,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "backward_input_wide": {
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
    29,
    42,
    43,
    45,
    46,
    47,
    48,
    51,
    53,
    54,
    55,
    57,
    59
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 36,
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
       "name": "part",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "has_pending",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 32
      }
     ]
    },
    {
     "name": "dy4",
     "binding": 3,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "x4",
     "binding": 4,
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
     "name": "row_sums",
     "binding": 9,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "daffine",
     "binding": 10,
     "type": "storage",
     "size": 4
    },
    {
     "name": "pending4",
     "binding": 13,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "dx4",
     "binding": 15,
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
    5,
    6,
    7,
    8,
    10,
    11,
    12,
    13,
    17,
    18,
    19,
    20,
    21,
    22,
    26,
    30,
    32,
    33,
    34,
    37,
    38,
    43,
    47,
    51,
    53,
    54,
    55,
    57,
    60,
    61,
    62,
    63
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 36,
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
       "name": "part",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "has_pending",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "scale_step",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "scale_first",
       "type": "u32",
       "offset": 32
      }
     ]
    },
    {
     "name": "dy4",
     "binding": 3,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "x4",
     "binding": 4,
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
     "name": "stats",
     "binding": 7,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "daffine",
     "binding": 10,
     "type": "storage",
     "size": 4
    },
    {
     "name": "pending4",
     "binding": 13,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "dx4",
     "binding": 15,
     "type": "storage",
     "size": 16,
     "elem": true
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\nconst WG: u32 = 16u;",
  "\nconst SHARED: u32 = 64u;",
  "\nconst LANES: u32 = 1u;",
  "\nconst SHARERS: u32 = 4u;",
  "\nconst ACTIVATION: u32 = 1u;",
  "\n\nstruct Dims {\n  batch: u32,\n  channels: u32,\n  groups: u32,\n  pixels: u32,\n  part: u32,\n  parts: u32,\n  has_pending: u32,\n  scale_step: u32,\n  scale_first: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> dy: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> x: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> dy4: array<elem4>;",
  "\n@group(0) @binding(4) var<storage, read> x4: array<elem4>;",
  "\n@group(0) @binding(5) var<storage, read> affine: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read> scale_shift: array<f32>;",
  "\n\n\nstruct Invocation {\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n}",
  "\n\nfn lane_of(at: Invocation) -> u32 {\n  return (at.group.y * at.groups.x + at.group.x) * WG + at.lane;\n}",
  "\n\n\n\nfn derivative(h: f32) -> f32 {\n  if (ACTIVATION == 1u) {\n    let v = max(h, -87.0);\n    let e = exp(-v);\n    let s = 1.0 / (1.0 + e);\n    return s * (1.0 + v * (e * s));\n  }\n  if (ACTIVATION == 2u) {\n    let v = min(h, 20.0);\n    let w = exp(v);\n    let q = w * (w + 2.0);\n    let d = 1.0 / (q + 2.0);\n    return q * d + 4.0 * v * (w * d) * ((w + 1.0) * d);\n  }\n  if (ACTIVATION == 3u) {\n    let tail = normal_tail(h);\n    return normal_below(h, tail) + 0.3989422804 * clamp(h, -14.0, 14.0) * tail;\n  }\n  return select(1.0, 0.0, ACTIVATION == 4u && h <= 0.0);\n}",
  "\n\n\nfn normal_tail(h: f32) -> f32 {\n  let v = clamp(h, -14.0, 14.0);\n  return exp(-0.5 * v * v);\n}",
  "\n\n\nfn normal_below(h: f32, tail: f32) -> f32 {\n  let t = 1.0 / (1.0 + 0.34 * abs(h));\n  var p = -0.0260217396;\n  p = p * t + 0.13903717;\n  p = p * t - 0.272217016;\n  p = p * t + 0.201183813;\n  p = p * t - 0.0440644423;\n  p = p * t + 0.115096865;\n  p = p * t + 0.115260378;\n  p = p * t + 0.136104045;\n  p = p * t + 0.135620943;\n  let below = p * t * tail;\n  return select(below, 1.0 - below, h > 0.0);\n}",
  "\n\nfn derivative4(h: vec4f) -> vec4f {\n  return vec4f(derivative(h.x), derivative(h.y), derivative(h.z), derivative(h.w));\n}",
  "\n\n\nfn steps_of(count: u32, lane: u32, lanes: u32) -> u32 {\n  return (count + lanes - 1u - lane) / lanes;\n}",
  "\n\n\nstruct Part {\n  row: u32,\n  first: u32,\n  count: u32,\n}",
  "\n\nfn part_of(index: u32) -> Part {\n  let row = index / dims.parts;\n  let start = (index - row * dims.parts) * dims.part;\n  return Part(row, row * dims.pixels + start, min(dims.part, dims.pixels - start));\n}",
  "\n\nfn part_total() -> u32 {\n  return dims.batch * dims.channels * dims.parts;\n}",
  "\n\nfn group_of(row: u32) -> u32 {\n  return row / (dims.channels / dims.groups);\n}",
  "\n\n\nstruct Line {\n  mean: f32,\n  factor: f32,\n  offset: f32,\n}",
  "\n\n\nfn scale_of(row: u32) -> f32 {\n  if (dims.scale_step != 0u) {\n    return 1.0 + scale_shift[scale_index(row)];\n  }\n  return 1.0;\n}",
  "\n\nfn scale_index(row: u32) -> u32 {\n  return row / dims.channels * dims.scale_step + dims.scale_first + row % dims.channels;\n}",
  "\n\nfn line_of(row: u32, moments: vec2f) -> Line {\n  let c = row % dims.channels;\n  let factor = moments.y * affine[c];\n  let offset = affine[dims.channels + c];\n  if (dims.scale_step == 0u) {\n    return Line(moments.x, factor, offset);\n  }\n  let scale = scale_of(row);\n  return Line(moments.x, factor * scale, offset * scale + scale_shift[scale_index(row) + dims.channels]);\n}",
  "\n\n\n\n@group(0) @binding(7) var<storage, read> stats: array<vec2f>;",
  "\n@group(0) @binding(8) var<storage, read_write> sums_out: array<vec4f>;",
  "\n\n\nstruct Terms {\n  dh: vec4f,\n  product: vec4f,\n}",
  "\n\nfn terms_of(gradient: vec4f, v: vec4f, line: Line) -> Terms {\n  let off = v - line.mean;\n  let dh = gradient * derivative4(off * line.factor + line.offset);\n  return Terms(dh, dh * off);\n}",
  "\n\nfn plus(a: Terms, b: Terms) -> Terms {\n  return Terms(a.dh + b.dh, a.product + b.product);\n}",
  "\n\nfn record(index: u32, sum: vec2f, statistics: vec2f) {\n  sums_out[index] = vec4f(sum.x, sum.y * statistics.y, statistics);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn sums(at: Invocation) {\n  let index = lane_of(at);\n  if (index >= part_total()) {\n    return;\n  }\n  let part = part_of(index);\n  let statistics = stats[group_of(part.row)];\n  let line = line_of(part.row, statistics);\n  var all = Terms();\n  for (var k = 0u; k < part.count / 4u; k++) {\n    let i = part.first + k * 4u;\n    let gradient = vec4f(elem4(dy[i], dy[i + 1u], dy[i + 2u], dy[i + 3u]));\n    all = plus(all, terms_of(gradient, vec4f(elem4(x[i], x[i + 1u], x[i + 2u], x[i + 3u])), line));\n  }\n  for (var i = part.first + part.count / 4u * 4u; i < part.first + part.count; i++) {\n    all = plus(all, terms_of(vec4f(f32(dy[i]), 0.0, 0.0, 0.0), vec4f(f32(x[i])), line));\n  }\n  record(index, sum_of(all), statistics);\n}",
  "\n\nfn sum_of(terms: Terms) -> vec2f {\n  let h = terms.dh.xy + terms.dh.zw;\n  let p = terms.product.xy + terms.product.zw;\n  return vec2f(h.x + h.y, p.x + p.y);\n}",
  "\n\n\nfn terms_of_part(part: Part, line: Line, lane: u32, lanes: u32) -> vec2f {\n  let start = part.first / 4u + lane;\n  let steps = steps_of(part.count / 4u, lane, lanes);\n  var all = Terms();\n  for (var k = 0u; k < steps / 2u; k++) {\n    let i = start + k * 2u * lanes;\n    let b = terms_of(vec4f(dy4[i + lanes]), vec4f(x4[i + lanes]), line);\n    all = plus(all, plus(terms_of(vec4f(dy4[i]), vec4f(x4[i]), line), b));\n  }\n  if (steps % 2u == 1u) {\n    let i = start + (steps - 1u) * lanes;\n    all = plus(all, terms_of(vec4f(dy4[i]), vec4f(x4[i]), line));\n  }\n  return sum_of(all);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn sums_wide(at: Invocation) {\n  let index = lane_of(at);\n  if (index >= part_total()) {\n    return;\n  }\n  let part = part_of(index);\n  let statistics = stats[group_of(part.row)];\n  let line = line_of(part.row, statistics);\n  record(index, terms_of_part(part, line, 0u, 1u), statistics);\n}",
  "\n\nvar<workgroup> shared_sums: array<vec2f, SHARED>;",
  "\n\n@compute @workgroup_size(SHARED)\nfn sums_shared(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = group.y * groups.x + group.x;\n  if (index >= part_total()) {\n    return;\n  }\n  let part = part_of(index);\n  let statistics = stats[group_of(part.row)];\n  let line = line_of(part.row, statistics);\n  var sum = terms_of_part(part, line, lane, SHARED);\n\n\n  for (var step = 1u; step <= 6u; step++) {\n    let half = SHARED >> step;\n    shared_sums[lane] = sum;\n    workgroupBarrier();\n    if (lane < half) {\n      sum += shared_sums[lane + half];\n    }\n    workgroupBarrier();\n  }\n  if (lane == 0u) {\n    record(index, sum, statistics);\n  }\n}",
  "\n\n\n\n@group(0) @binding(9) var<storage, read> row_sums: array<vec4f>;",
  "\n@group(0) @binding(10) var<storage, read_write> daffine: array<f32>;",
  "\n@group(0) @binding(11) var<storage, read_write> dscale_shift: array<f32>;",
  "\n\n\nfn sum_of_row(row: u32) -> vec2f {\n  var sum = vec2f();\n  for (var p = 0u; p < dims.parts; p++) {\n    sum += row_sums[row * dims.parts + p].xy;\n  }\n  return sum;\n}",
  "\n\n\nfn means_of(group: u32) -> vec4f {\n  let rows = dims.channels / dims.groups;\n  var sum = vec2f();\n  for (var k = 0u; k < rows; k++) {\n    let row = group * rows + k;\n    sum += affine[row % dims.channels] * scale_of(row) * sum_of_row(row);\n  }\n  return vec4f(sum / f32(rows * dims.pixels), row_sums[group * rows * dims.parts].zw);\n}",
  "\n\nfn write_channel(c: u32, sum: vec2f) {\n  daffine[c] = sum.y;\n  daffine[dims.channels + c] = sum.x;\n}",
  "\n\n\nfn write_channel_of(part: Part, lane: u32) {\n  if (lane != 0u || part.first != part.row * dims.pixels || part.row >= dims.channels) {\n    return;\n  }\n  var sum = vec2f();\n  for (var n = 0u; n < dims.batch; n++) {\n    let row = n * dims.channels + part.row;\n    sum += scale_of(row) * sum_of_row(row);\n  }\n  write_channel(part.row, sum);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn scale_gradients(at: Invocation) {\n  let row = lane_of(at);\n  if (row >= dims.batch * dims.channels) {\n    return;\n  }\n  let sum = sum_of_row(row);\n  let c = row % dims.channels;\n  let to = scale_index(row);\n  dscale_shift[to] = affine[c] * sum.y + affine[dims.channels + c] * sum.x;\n  dscale_shift[to + dims.channels] = sum.x;\n}",
  "\n\n\n\n@group(0) @binding(12) var<storage, read> pending: array<elem>;",
  "\n@group(0) @binding(13) var<storage, read> pending4: array<elem4>;",
  "\n@group(0) @binding(14) var<storage, read_write> dx: array<elem>;",
  "\n@group(0) @binding(15) var<storage, read_write> dx4: array<elem4>;",
  "\n\n\nstruct Fall {\n  slope: f32,\n  offset: f32,\n}",
  "\n\nfn fall_of(group_means: vec4f) -> Fall {\n  return Fall(group_means.w * group_means.w * group_means.y, group_means.w * group_means.x);\n}",
  "\n\nfn put(i: u32, line: Line, fall: Fall) {\n  let off = f32(x[i]) - line.mean;\n  let dh = f32(dy[i]) * derivative(off * line.factor + line.offset);\n  var result = dh * line.factor - off * fall.slope - fall.offset;\n  if (dims.has_pending == 1u) {\n    result += f32(pending[i]);\n  }\n  dx[i] = elem(result);\n}",
  "\n\nfn put4(i: u32, line: Line, fall: Fall) {\n  let off = vec4f(x4[i]) - line.mean;\n  let dh = vec4f(dy4[i]) * derivative4(off * line.factor + line.offset);\n  var result = dh * line.factor - off * fall.slope - fall.offset;\n  if (dims.has_pending == 1u) {\n    result += vec4f(pending4[i]);\n  }\n  dx4[i] = elem4(result);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn backward_input(at: Invocation) {\n  let index = lane_of(at);\n  if (index / LANES >= part_total()) {\n    return;\n  }\n  let part = part_of(index / LANES);\n  let lane = index % LANES;\n  let of_group = means_of(group_of(part.row));\n  let line = line_of(part.row, of_group.zw);\n  let fall = fall_of(of_group);\n  for (var k = 0u; k < steps_of(part.count, lane, LANES); k++) {\n    put(part.first + k * LANES + lane, line, fall);\n  }\n  write_channel_of(part, lane);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn backward_input_wide(at: Invocation) {\n  let index = lane_of(at);\n  if (index / LANES >= part_total()) {\n    return;\n  }\n  let part = part_of(index / LANES);\n  let lane = index % LANES;\n  let of_group = means_of(group_of(part.row));\n  let line = line_of(part.row, of_group.zw);\n  let fall = fall_of(of_group);\n  for (var k = 0u; k < steps_of(part.count / 4u, lane, LANES); k++) {\n    put4(part.first / 4u + k * LANES + lane, line, fall);\n  }\n  write_channel_of(part, lane);\n}",
  "\n\n\n\nvar<workgroup> lane_sums: array<vec2f, SHARERS>;",
  "\n\n@compute @workgroup_size(SHARERS)\nfn whole(\n  @builtin(workgroup_id) at: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let rows = dims.channels / dims.groups / SHARERS;\n  let first_channel = (at.x * SHARERS + lane) * rows;\n  for (var n = 0u; n < dims.batch; n++) {\n    let first_row = n * dims.channels + first_channel;\n    let statistics = stats[n * dims.groups + at.x];\n    let means = shared_means(first_row, rows, statistics, lane);\n    let fall = fall_of(vec4f(means, statistics));\n    for (var k = 0u; k < rows; k++) {\n      let line = plain_line(first_channel + k, statistics);\n      let quads = dims.pixels / 4u;\n      for (var i = (first_row + k) * quads; i < (first_row + k + 1u) * quads; i++) {\n        put4(i, line, fall);\n      }\n    }\n  }\n}",
  "\n\nfn plain_line(c: u32, statistics: vec2f) -> Line {\n  return Line(statistics.x, statistics.y * affine[c], affine[dims.channels + c]);\n}",
  "\n\n\n\nfn shared_means(first_row: u32, rows: u32, statistics: vec2f, lane: u32) -> vec2f {\n  var own = vec2f();\n  for (var k = 0u; k < rows; k++) {\n    let row = first_row + k;\n    let c = row % dims.channels;\n    let part = Part(row, row * dims.pixels, dims.pixels);\n    let terms = terms_of_part(part, plain_line(c, statistics), 0u, 1u);\n    let sum = vec2f(terms.x, terms.y * statistics.y);\n    own += affine[c] * sum;\n    let before = vec2f(daffine[dims.channels + c], daffine[c]);\n    write_channel(c, sum + select(before, vec2f(), row < dims.channels));\n  }\n  workgroupBarrier();\n  lane_sums[lane] = own;\n  workgroupBarrier();\n  var sum = vec2f();\n  for (var k = 0u; k < SHARERS; k++) {\n    sum += lane_sums[k];\n  }\n  return sum / f32(rows * SHARERS * dims.pixels);\n}"
 ]
} as const satisfies ShaderFamily;
