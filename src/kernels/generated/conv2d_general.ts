// Generated from shaders/conv2d_general.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_general = {
 "name": "conv2d_general",
 "hash": "dc1c1559e15b0c61",
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
    9,
    10,
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
     "size": 72,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "reads",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "writes",
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
       "name": "top",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "left",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "kernel",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "doubled",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 68
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
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
     "name": "added",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "result",
     "binding": 6,
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
    9,
    10,
    11,
    12,
    14,
    15
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 72,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "reads",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "writes",
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
       "name": "top",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "left",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "kernel",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "doubled",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 68
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
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
     "name": "added",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "result",
     "binding": 6,
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
  "\n\nstruct Dims {\n  images: u32,\n  reads: u32,\n  writes: u32,\n  height: u32,\n  width: u32,\n  out_height: u32,\n  out_width: u32,\n  top: u32,\n  left: u32,\n  stride: u32,\n  kernel: u32,\n  doubled: u32,\n  read_step: u32,\n  write_step: u32,\n  has_bias: u32,\n  has_added: u32,\n  rows_step: u32,\n  rows_first: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> added: array<elem>;",
  "\n@group(0) @binding(6) var<storage, read_write> result: array<elem>;",
  "\n\nstruct Element {\n  n: u32,\n  o: u32,\n  i: u32,\n  j: u32,\n}",
  "\n\nfn element_of(index: u32) -> Element {\n  let plane = index / dims.out_width / dims.out_height;\n  let i = index / dims.out_width % dims.out_height;\n  return Element(plane / dims.writes, plane % dims.writes, i, index % dims.out_width);\n}",
  "\n\nfn put_element(e: Element, index: u32, sum: f32) {\n  var total = sum;\n  if (dims.has_bias == 1u) {\n    total += bias[e.o];\n  }\n  if (dims.rows_step != 0u) {\n    total += rows[e.n * dims.rows_step + dims.rows_first + e.o];\n  }\n  if (dims.has_added == 1u) {\n    total += f32(added[index]);\n  }\n  result[index] = elem(total);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  let e = element_of(index);\n  if (e.n >= dims.images) {\n    return;\n  }\n  var sum = 0.0;\n  for (var c = 0u; c < dims.reads; c++) {\n    let image = (e.n * dims.reads + c) * dims.height * dims.width;\n    let taps = e.o * dims.write_step + c * dims.read_step;\n    for (var t = 0u; t < dims.kernel * dims.kernel; t++) {\n      let h = e.i * dims.stride + t / dims.kernel - dims.top;\n      let w = e.j * dims.stride + t % dims.kernel - dims.left;\n      if ((h < (dims.height << dims.doubled)) & (w < (dims.width << dims.doubled))) {\n        let pixel = image + (h >> dims.doubled) * dims.width + (w >> dims.doubled);\n        sum += f32(weight[taps + t]) * f32(source[pixel]);\n      }\n    }\n  }\n  put_element(e, index, sum);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn backward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  let e = element_of(index);\n  if (e.n >= dims.images) {\n    return;\n  }\n  var sum = 0.0;\n  for (var a = 0u; a <= dims.doubled; a++) {\n    for (var b = 0u; b <= dims.doubled; b++) {\n      let h = (e.i << dims.doubled) + a + dims.top;\n      let w = (e.j << dims.doubled) + b + dims.left;\n      sum += gradient_at(e, h, w);\n    }\n  }\n  put_element(e, index, sum);\n}",
  "\n\n\nfn gradient_at(e: Element, h: u32, w: u32) -> f32 {\n  var sum = 0.0;\n  for (var c = 0u; c < dims.reads; c++) {\n    let image = (e.n * dims.reads + c) * dims.height * dims.width;\n    let taps = e.o * dims.write_step + c * dims.read_step;\n    for (var t = 0u; t < dims.kernel * dims.kernel; t++) {\n      let below = h - t / dims.kernel;\n      let right = w - t % dims.kernel;\n      let i = below / dims.stride;\n      let j = right / dims.stride;\n      if ((i * dims.stride == below) & (j * dims.stride == right) & (i < dims.height) & (j < dims.width)) {\n        sum += f32(weight[taps + t]) * f32(source[image + i * dims.width + j]);\n      }\n    }\n  }\n  return sum;\n}"
 ]
} as const satisfies ShaderFamily;
