// Generated from shaders/steer.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const steer = {
 "name": "steer",
 "hash": "24d25d3e7334ad34",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  }
 },
 "entries": {
  "chain": {
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
    16
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 32,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "copies",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "unconditional",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "strength",
       "type": "f32",
       "offset": 28
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
     "name": "sample",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "output",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "goal",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "direct",
     "binding": 6,
     "type": "storage",
     "size": 4
    },
    {
     "name": "doutput",
     "binding": 7,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "descend": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    3,
    4,
    17,
    18,
    19,
    20
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 32,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "copies",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "unconditional",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "strength",
       "type": "f32",
       "offset": 28
      }
     ]
    },
    {
     "name": "dsample",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "direct_part",
     "binding": 9,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "xt",
     "binding": 10,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Row {\n  x0_from_x: f32,\n  x0_from_output: f32,\n  eps_from_x: f32,\n  eps_from_output: f32,\n  clip: f32,\n  rederive_eps: f32,\n  eps_of_x: f32,\n  eps_of_x0: f32,\n  a: f32,\n  b: f32,\n  c: f32,\n  d: f32,\n  sigma: f32,\n  learned: f32,\n  log_variance_min: f32,\n  log_variance_max: f32,\n  guidance: f32,\n  known_signal: f32,\n  known_spread: f32,\n  again_signal: f32,\n  again_spread: f32,\n}",
  "\n\nstruct Dims {\n  images: u32,\n  channels: u32,\n  height: u32,\n  width: u32,\n  stride: u32,\n  copies: u32,\n  unconditional: u32,\n  strength: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> state: StepState;",
  "\n@group(0) @binding(2) var<storage, read> rows: array<Row>;",
  "\n@group(0) @binding(3) var<storage, read> sample: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> output: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> goal: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> direct: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read_write> doutput: array<f32>;",
  "\n\n\nfn goal_at(n: u32, c: u32, i: u32, j: u32) -> f32 {\n  return goal[((n * dims.channels + c) * dims.height + i) * dims.width + j];\n}",
  "\n\n\nfn unclipped(n: u32, i: u32) -> f32 {\n  let row = rows[state.step];\n  let at = n * dims.stride + i;\n  var o = output[at];\n  if (dims.unconditional != 0u && row.guidance != 1.0) {\n    let u = output[at + dims.unconditional];\n    o = u + row.guidance * (o - u);\n  }\n  let size = dims.channels * dims.height * dims.width;\n  return row.x0_from_x * sample[n * size + i] + row.x0_from_output * o;\n}",
  "\n\n\nfn x0(n: u32, c: u32, i: u32, j: u32) -> f32 {\n  let limit = rows[state.step].clip;\n  return clamp(unclipped(n, (c * dims.height + i) * dims.width + j), -limit, limit);\n}",
  "\n\n\nfn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 {\n  return x0(n, c, i, j) - goal_at(n, c, i, j);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn chain(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let at = (group.y * groups.x + group.x) * WG + lane;\n  let size = dims.channels * dims.height * dims.width;\n  if (at >= dims.images * size) {\n    return;\n  }\n  let row = rows[state.step];\n  let n = at / size;\n  let element = at % size;\n  let pixel = element % (dims.height * dims.width);\n  let c = element / (dims.height * dims.width);\n\n\n  var g = 0.0;\n  if (abs(unclipped(n, element)) <= row.clip) {\n    g = gradient(n, c, pixel / dims.width, pixel % dims.width);\n  }\n  direct[at] = row.x0_from_x * g;\n  let first = n * dims.stride + element;\n  let by_output = row.x0_from_output * g;\n  if (dims.unconditional == 0u) {\n    doutput[first] = by_output;\n  } else {\n    doutput[first] = row.guidance * by_output;\n    doutput[first + dims.unconditional] = (1.0 - row.guidance) * by_output;\n  }\n\n\n  if (dims.stride > size) {\n    doutput[first + size] = 0.0;\n    if (dims.unconditional != 0u) {\n      doutput[first + size + dims.unconditional] = 0.0;\n    }\n  }\n}",
  "\n\n@group(0) @binding(8) var<storage, read> dsample: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read> direct_part: array<f32>;",
  "\n@group(0) @binding(10) var<storage, read_write> xt: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn descend(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let at = (group.y * groups.x + group.x) * WG + lane;\n  if (at >= dims.images * dims.channels * dims.height * dims.width) {\n    return;\n  }\n  var dx = direct_part[at] + dsample[at];\n  if (dims.copies != 0u) {\n    dx += dsample[at + dims.copies];\n  }\n  let next = xt[at] - dims.strength * dx;\n  xt[at] = next;\n  if (dims.copies != 0u) {\n    xt[at + dims.copies] = next;\n  }\n}"
 ]
} as const satisfies ShaderFamily;
