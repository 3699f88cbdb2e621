// Generated from shaders/conv2d_weight_sums.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_weight_sums = {
 "name": "conv2d_weight_sums",
 "hash": "3197d15d612cf2e3",
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
   "value": "64u"
  },
  "TEAM": {
   "chunk": 3,
   "kind": "const",
   "value": "8u"
  },
  "LANES": {
   "chunk": 4,
   "kind": "const",
   "value": "4u"
  }
 },
 "entries": {
  "finish": {
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
    17
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "sizes",
     "binding": 0,
     "type": "uniform",
     "size": 32,
     "fields": [
      {
       "name": "parts",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "weights",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "weight_groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "biases",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "images",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 28
      }
     ]
    },
    {
     "name": "parts",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dy",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "dweight",
     "binding": 3,
     "type": "storage",
     "size": 4
    },
    {
     "name": "dbias",
     "binding": 4,
     "type": "storage",
     "size": 4
    },
    {
     "name": "drows",
     "binding": 5,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "finish_lanes": {
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
    10,
    11,
    12,
    13,
    14,
    18
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "sizes",
     "binding": 0,
     "type": "uniform",
     "size": 32,
     "fields": [
      {
       "name": "parts",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "weights",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "weight_groups",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "biases",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "images",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 28
      }
     ]
    },
    {
     "name": "parts",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dy",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "dweight",
     "binding": 3,
     "type": "storage",
     "size": 4
    },
    {
     "name": "dbias",
     "binding": 4,
     "type": "storage",
     "size": 4
    },
    {
     "name": "drows",
     "binding": 5,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\n\nconst WG: u32 = 64u;",
  "\nconst TEAM: u32 = 8u;",
  "\nconst LANES: u32 = 4u;",
  "\n\nstruct Finish {\n  parts: u32,\n  weights: u32,\n  weight_groups: u32,\n  biases: u32,\n  images: u32,\n  pixels: u32,\n  rows_step: u32,\n  rows_first: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> sizes: Finish;",
  "\n@group(0) @binding(1) var<storage, read> parts: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> dy: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> dweight: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read_write> dbias: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read_write> drows: array<f32>;",
  "\n\n\nfn finish_weights(first: u32) {\n  var lo = vec4f();\n  var hi = vec4f();\n  for (var part = 0u; part < sizes.parts; part++) {\n    let at = part * sizes.weights + first;\n    lo += vec4f(parts[at], parts[at + 1u], parts[at + 2u], parts[at + 3u]);\n    hi += vec4f(parts[at + 4u], parts[at + 5u], parts[at + 6u], parts[at + 7u]);\n  }\n  if (first + 8u <= sizes.weights) {\n    dweight[first] = lo.x;\n    dweight[first + 1u] = lo.y;\n    dweight[first + 2u] = lo.z;\n    dweight[first + 3u] = lo.w;\n    dweight[first + 4u] = hi.x;\n    dweight[first + 5u] = hi.y;\n    dweight[first + 6u] = hi.z;\n    dweight[first + 7u] = hi.w;\n    return;\n  }\n  var all = array(lo, hi);\n  let left = max(first, sizes.weights) - first;\n  for (var k = 0u; k < left; k++) {\n    dweight[first + k] = all[k / 4u][k % 4u];\n  }\n}",
  "\n\n\nfn share_of(n: u32, o: u32, lane: u32, lanes: u32) -> f32 {\n  let pixels = select(0u, sizes.pixels, n < sizes.images && o < sizes.biases);\n  let start = (n * sizes.biases + o) * sizes.pixels;\n  let own = (pixels / 8u + lanes - 1u - lane) / lanes;\n  let ones = vec4f(1.0);\n  var sum = 0.0;\n  for (var k = 0u; k < own; k++) {\n    let at = start + (k * lanes + lane) * 8u;\n    sum += dot(vec4f(elem4(dy[at], dy[at + 1u], dy[at + 2u], dy[at + 3u])), ones)\n      + dot(vec4f(elem4(dy[at + 4u], dy[at + 5u], dy[at + 6u], dy[at + 7u])), ones);\n  }\n  let left = (pixels % 8u + lanes - 1u - lane) / lanes;\n  for (var k = 0u; k < left; k++) {\n    sum += f32(dy[start + pixels / 8u * 8u + k * lanes + lane]);\n  }\n  return sum;\n}",
  "\n\nfn store_row(n: u32, o: u32, sum: f32) {\n  if (sizes.rows_step != 0u && n < sizes.images && o < sizes.biases) {\n    drows[n * sizes.rows_step + sizes.rows_first + o] = sum;\n  }\n}",
  "\n\nvar<workgroup> shares: array<f32, WG>;",
  "\n\n\nfn finish_bias(o: u32, local: u32) -> f32 {\n  let teams = WG / TEAM;\n  let lane = local % TEAM;\n  var sum = 0.0;\n  for (var turn = 0u; turn < (sizes.images + teams - 1u) / teams; turn++) {\n    let n = turn * teams + local / TEAM;\n    shares[local] = share_of(n, o, lane, TEAM);\n    workgroupBarrier();\n    if (lane == 0u) {\n      var row = 0.0;\n      for (var k = 0u; k < TEAM; k++) {\n        row += shares[local + k];\n      }\n      store_row(n, o, row);\n      sum += row;\n    }\n    workgroupBarrier();\n  }\n  shares[local] = sum;\n  workgroupBarrier();\n  var all = 0.0;\n  for (var team = 0u; team < teams; team++) {\n    all += shares[team * TEAM];\n  }\n  return all;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn finish(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) local: u32,\n) {\n  let index = group.y * groups.x + group.x;\n  if (index < sizes.weight_groups) {\n    finish_weights((index * WG + local) * 8u);\n  } else {\n    let o = index - sizes.weight_groups;\n    let sum = finish_bias(o, local);\n    if (local == 0u && o < sizes.biases) {\n      dbias[o] = sum;\n    }\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn finish_lanes(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) local: u32,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  let index = group.y * groups.x + group.x;\n  if (index < sizes.weight_groups) {\n    finish_weights((index * WG + local) * 8u);\n    return;\n  }\n  let o = ((index - sizes.weight_groups) * WG + local) / LANES;\n  var sum = 0.0;\n  for (var n = 0u; n < sizes.images; n++) {\n    let row = subgroupAdd(share_of(n, o, lane, LANES));\n    if (lane == 0u) {\n      store_row(n, o, row);\n    }\n    sum += row;\n  }\n  if (lane == 0u && o < sizes.biases) {\n    dbias[o] = sum;\n  }\n}"
 ]
} as const satisfies ShaderFamily;
