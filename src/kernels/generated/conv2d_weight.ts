// Generated from shaders/conv2d_weight.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_weight = {
 "name": "conv2d_weight",
 "hash": "e524d47d88a1aae6",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  }
 },
 "entries": {
  "partial": {
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
    6,
    7,
    14
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 48,
     "fields": [
      {
       "name": "images",
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
     "name": "dy",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "partials",
     "binding": 3,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "finish": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    2,
    5,
    8,
    9,
    10,
    11,
    15
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "finish_dims",
     "binding": 4,
     "type": "uniform",
     "size": 12,
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
       "name": "biases",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "parts",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dweight",
     "binding": 6,
     "type": "storage",
     "size": 4
    },
    {
     "name": "dbias",
     "binding": 7,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "sum_pixels": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    3,
    5,
    12,
    13,
    16
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "x",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "plane_dims",
     "binding": 8,
     "type": "uniform",
     "size": 12,
     "fields": [
      {
       "name": "planes",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "rows",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "columns",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "sums",
     "binding": 9,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  images: u32,\n  in_channels: u32,\n  out_channels: u32,\n  height: u32,\n  width: u32,\n  out_height: u32,\n  out_width: u32,\n  kernel: u32,\n  stride: u32,\n  top: i32,\n  left: i32,\n  doubled: u32,\n}",
  "\n\nstruct Finish {\n  parts: u32,\n  weights: u32,\n  biases: u32,\n}",
  "\n\nstruct Planes {\n  planes: u32,\n  rows: u32,\n  columns: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> x: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> dy: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read_write> partials: array<f32>;",
  "\n\n@group(0) @binding(4) var<uniform> finish_dims: Finish;",
  "\n@group(0) @binding(5) var<storage, read> parts: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> dweight: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read_write> dbias: array<f32>;",
  "\n\n@group(0) @binding(8) var<uniform> plane_dims: Planes;",
  "\n@group(0) @binding(9) var<storage, read_write> sums: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn partial(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  let taps = dims.kernel * dims.kernel;\n  let weights = dims.out_channels * dims.in_channels * taps;\n  let per_part = weights + dims.out_channels;\n  if (index >= per_part * dims.images) {\n    return;\n  }\n  let n = index / per_part;\n  let e = index % per_part;\n  let is_bias = e >= weights;\n  let o = select(e / taps / dims.in_channels, e - weights, is_bias);\n  let c = e / taps % dims.in_channels;\n  let u = e % taps / dims.kernel;\n  let v = e % dims.kernel;\n  var sum = 0.0;\n  for (var i = 0u; i < dims.out_height; i++) {\n    var row = 0.0;\n    for (var j = 0u; j < dims.out_width; j++) {\n      let g = dy[((n * dims.out_channels + o) * dims.out_height + i) * dims.out_width + j];\n      let h = i32(i * dims.stride + u) - dims.top;\n      let w = i32(j * dims.stride + v) - dims.left;\n      let inside = h >= 0 && w >= 0 && u32(h) < dims.height << dims.doubled && u32(w) < dims.width << dims.doubled;\n      if (is_bias) {\n        row += g;\n      } else if (inside) {\n        row += g * x[((n * dims.in_channels + c) * dims.height + (u32(h) >> dims.doubled)) * dims.width + (u32(w) >> dims.doubled)];\n      }\n    }\n    sum += row;\n  }\n  partials[index] = sum;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn finish(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  let count = finish_dims.weights + finish_dims.biases;\n  if (i >= count) {\n    return;\n  }\n  var sum = 0.0;\n  for (var part = 0u; part < finish_dims.parts; part++) {\n    sum += parts[part * count + i];\n  }\n  if (i < finish_dims.weights) {\n    dweight[i] = sum;\n  } else {\n    dbias[i - finish_dims.weights] = sum;\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn sum_pixels(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let plane = (group.y * groups.x + group.x) * WG + lane;\n  if (plane >= plane_dims.planes) {\n    return;\n  }\n  var sum = 0.0;\n  for (var h = 0u; h < plane_dims.rows; h++) {\n    var row = 0.0;\n    for (var w = 0u; w < plane_dims.columns; w++) {\n      row += x[(plane * plane_dims.rows + h) * plane_dims.columns + w];\n    }\n    sum += row;\n  }\n  sums[plane] = sum;\n}"
 ]
} as const satisfies ShaderFamily;
