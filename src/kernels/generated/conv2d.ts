// Generated from shaders/conv2d.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d = {
 "name": "conv2d",
 "hash": "fb23940dceb666cd",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
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
    7,
    8,
    12
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 60,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "in_channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "out_channels",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "out_height",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "out_width",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "kernel",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "top",
       "type": "i32",
       "offset": 36
      },
      {
       "name": "left",
       "type": "i32",
       "offset": 40
      },
      {
       "name": "doubled",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "has_residual",
       "type": "u32",
       "offset": 56
      }
     ]
    },
    {
     "name": "x",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "bias",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "rows",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "residual",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "y",
     "binding": 6,
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
    1,
    2,
    3,
    4,
    8,
    9,
    10,
    11,
    13,
    14
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 60,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "in_channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "out_channels",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "out_height",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "out_width",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "kernel",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "top",
       "type": "i32",
       "offset": 36
      },
      {
       "name": "left",
       "type": "i32",
       "offset": 40
      },
      {
       "name": "doubled",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "has_residual",
       "type": "u32",
       "offset": 56
      }
     ]
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dy",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "pending",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dx",
     "binding": 9,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  count: u32,\n  in_channels: u32,\n  out_channels: u32,\n  height: u32,\n  width: u32,\n  out_height: u32,\n  out_width: u32,\n  kernel: u32,\n  stride: u32,\n  top: i32,\n  left: i32,\n  doubled: u32,\n  has_bias: u32,\n  has_rows: u32,\n  has_residual: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> x: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> residual: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> y: array<f32>;",
  "\n\n@group(0) @binding(7) var<storage, read> dy: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read> pending: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read_write> dx: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  if (index >= dims.count) {\n    return;\n  }\n  let j = index % dims.out_width;\n  let i = index / dims.out_width % dims.out_height;\n  let plane = index / dims.out_width / dims.out_height;\n  let o = plane % dims.out_channels;\n  let n = plane / dims.out_channels;\n\n  var sum = 0.0;\n  for (var c = 0u; c < dims.in_channels; c++) {\n    let image = (n * dims.in_channels + c) * dims.height * dims.width;\n    let filter_start = (o * dims.in_channels + c) * dims.kernel * dims.kernel;\n    for (var u = 0u; u < dims.kernel; u++) {\n      let h = i32(i * dims.stride + u) - dims.top;\n      for (var v = 0u; v < dims.kernel; v++) {\n        let w = i32(j * dims.stride + v) - dims.left;\n        let inside = h >= 0 && w >= 0 && u32(h) < dims.height << dims.doubled && u32(w) < dims.width << dims.doubled;\n        if (inside) {\n          let pixel = image + (u32(h) >> dims.doubled) * dims.width + (u32(w) >> dims.doubled);\n          sum += weight[filter_start + u * dims.kernel + v] * x[pixel];\n        }\n      }\n    }\n  }\n  if (dims.has_bias == 1u) {\n    sum += bias[o];\n  }\n  if (dims.has_rows == 1u) {\n    sum += rows[n * dims.out_channels + o];\n  }\n  if (dims.has_residual == 1u) {\n    sum += residual[index];\n  }\n  y[index] = sum;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn backward_input(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  if (index >= dims.count) {\n    return;\n  }\n  let w = index % dims.width;\n  let h = index / dims.width % dims.height;\n  let plane = index / dims.width / dims.height;\n  let c = plane % dims.in_channels;\n  let n = plane / dims.in_channels;\n\n  var sum = 0.0;\n  for (var a = 0u; a <= dims.doubled; a++) {\n    for (var b = 0u; b <= dims.doubled; b++) {\n      sum += gradient_at(n, c, i32((h << dims.doubled) + a) + dims.top, i32((w << dims.doubled) + b) + dims.left);\n    }\n  }\n  if (dims.has_residual == 1u) {\n    sum += pending[index];\n  }\n  dx[index] = sum;\n}",
  "\n\n\nfn gradient_at(n: u32, c: u32, h: i32, w: i32) -> f32 {\n  var sum = 0.0;\n  for (var o = 0u; o < dims.out_channels; o++) {\n    let image = (n * dims.out_channels + o) * dims.out_height * dims.out_width;\n    let filter_start = (o * dims.in_channels + c) * dims.kernel * dims.kernel;\n    for (var u = 0u; u < dims.kernel; u++) {\n      let below = h - i32(u);\n      let i = below / i32(dims.stride);\n      let has_row = below >= 0 && i * i32(dims.stride) == below && u32(i) < dims.out_height;\n      for (var v = 0u; v < dims.kernel; v++) {\n        let right = w - i32(v);\n        let j = right / i32(dims.stride);\n        if (has_row && right >= 0 && j * i32(dims.stride) == right && u32(j) < dims.out_width) {\n          sum += weight[filter_start + u * dims.kernel + v] * dy[image + u32(i) * dims.out_width + u32(j)];\n        }\n      }\n    }\n  }\n  return sum;\n}"
 ]
} as const satisfies ShaderFamily;
