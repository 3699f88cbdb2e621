// Generated from shaders/activation.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const activation = {
 "name": "activation",
 "hash": "c5f53be2404bcb7b",
 "settings": {
  "elem": {
   "chunk": 0,
   "kind": "alias",
   "value": "f32"
  },
  "WG": {
   "chunk": 1,
   "kind": "const",
   "value": "64u"
  },
  "ACTIVATION": {
   "chunk": 2,
   "kind": "const",
   "value": "1u"
  }
 },
 "entries": {
  "forward": {
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
    9,
    11,
    12,
    13
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 4,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
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
     "name": "y",
     "binding": 2,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "backward": {
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
    10,
    11,
    12,
    14
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 4,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
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
     "name": "dy",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "dx",
     "binding": 4,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nconst WG: u32 = 64u;",
  "\nconst ACTIVATION: u32 = 1u;",
  "\n\nstruct Dims {\n  count: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> x: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read_write> y: array<elem>;",
  "\n\n@group(0) @binding(3) var<storage, read> dy: array<elem>;",
  "\n@group(0) @binding(4) var<storage, read_write> dx: array<elem>;",
  "\n\nfn activation(h: f32) -> f32 {\n  if (ACTIVATION == 1u) {\n    let v = max(h, -87.0);\n    return v / (1.0 + exp(-v));\n  }\n  if (ACTIVATION == 2u) {\n    let w = exp(min(h, 20.0));\n    let q = w * (w + 2.0);\n    return h * (q / (q + 2.0));\n  }\n  if (ACTIVATION == 3u) {\n    return h * normal_below(h, normal_tail(h));\n  }\n  if (ACTIVATION == 4u) {\n    return max(h, 0.0);\n  }\n  return h;\n}",
  "\n\nfn derivative(h: f32) -> f32 {\n  if (ACTIVATION == 1u) {\n    let v = max(h, -87.0);\n    let e = exp(-v);\n    let s = 1.0 / (1.0 + e);\n    return s * (1.0 + v * (e * s));\n  }\n  if (ACTIVATION == 2u) {\n    let v = min(h, 20.0);\n    let w = exp(v);\n    let q = w * (w + 2.0);\n    let d = 1.0 / (q + 2.0);\n    return q * d + 4.0 * v * (w * d) * ((w + 1.0) * d);\n  }\n  if (ACTIVATION == 3u) {\n    let tail = normal_tail(h);\n    return normal_below(h, tail) + 0.3989422804 * clamp(h, -14.0, 14.0) * tail;\n  }\n  return select(1.0, 0.0, ACTIVATION == 4u && h <= 0.0);\n}",
  "\n\n\nfn normal_tail(h: f32) -> f32 {\n  let v = clamp(h, -14.0, 14.0);\n  return exp(-0.5 * v * v);\n}",
  "\n\n\nfn normal_below(h: f32, tail: f32) -> f32 {\n  let t = 1.0 / (1.0 + 0.34 * abs(h));\n  var p = -0.0260217396;\n  p = p * t + 0.13903717;\n  p = p * t - 0.272217016;\n  p = p * t + 0.201183813;\n  p = p * t - 0.0440644423;\n  p = p * t + 0.115096865;\n  p = p * t + 0.115260378;\n  p = p * t + 0.136104045;\n  p = p * t + 0.135620943;\n  let below = p * t * tail;\n  return select(below, 1.0 - below, h > 0.0);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = elem(activation(f32(x[i])));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn backward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  dx[i] = elem(derivative(f32(x[i])) * f32(dy[i]));\n}"
 ]
} as const satisfies ShaderFamily;
