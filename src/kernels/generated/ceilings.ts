// Generated from shaders/ceilings.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const ceilings = {
 "name": "ceilings",
 "hash": "86fac3ec7ea35ce9",
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
  "multiply_scalars": {
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
    6,
    8,
    9,
    11
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "rounds",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "count",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "b",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "multiply_vectors": {
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
    6,
    8,
    10,
    12
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "rounds",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "count",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "b",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "copy": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    1,
    2,
    3,
    4,
    5,
    6,
    13
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 20,
     "fields": [
      {
       "name": "rounds",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "count",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "b",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "x",
     "binding": 1,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "copied",
     "binding": 2,
     "type": "storage",
     "size": 16
    }
   ]
  },
  "share": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    1,
    2,
    3,
    4,
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
     "size": 20,
     "fields": [
      {
       "name": "rounds",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "count",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a",
       "type": "f32",
       "offset": 12
      },
      {
       "name": "b",
       "type": "f32",
       "offset": 16
      }
     ]
    },
    {
     "name": "x",
     "binding": 1,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "nothing": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    1,
    6,
    15
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\n\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  rounds: u32,\n  count: u32,\n  stride: u32,\n  a: f32,\n  b: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> x: array<vec4f>;",
  "\n@group(0) @binding(2) var<storage, read_write> copied: array<vec4f>;",
  "\n@group(0) @binding(3) var<storage, read_write> y: array<f32>;",
  "\n\nvar<workgroup> shared_vectors: array<vec4f, WG>;",
  "\n\n\nfn start_of(i: u32, chain: u32) -> f32 {\n  return f32((i + 5u * chain) % 16u) / 16.0;\n}",
  "\n\nfn four_scalars(v: elem, a: elem, b: elem) -> elem {\n  return (((v * a + b) * a + b) * a + b) * a + b;\n}",
  "\n\nfn four_vectors(v: vec4<elem>, a: vec4<elem>, b: vec4<elem>) -> vec4<elem> {\n  return (((v * a + b) * a + b) * a + b) * a + b;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn multiply_scalars(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  let a = elem(dims.a);\n  let b = elem(dims.b);\n  var x0 = elem(start_of(i, 0u));\n  var x1 = elem(start_of(i, 1u));\n  var x2 = elem(start_of(i, 2u));\n  var x3 = elem(start_of(i, 3u));\n  var x4 = elem(start_of(i, 4u));\n  var x5 = elem(start_of(i, 5u));\n  var x6 = elem(start_of(i, 6u));\n  var x7 = elem(start_of(i, 7u));\n  var x8 = elem(start_of(i, 8u));\n  var x9 = elem(start_of(i, 9u));\n  var x10 = elem(start_of(i, 10u));\n  var x11 = elem(start_of(i, 11u));\n  for (var k = 0u; k < dims.rounds; k++) {\n    x0 = four_scalars(x0, a, b);\n    x1 = four_scalars(x1, a, b);\n    x2 = four_scalars(x2, a, b);\n    x3 = four_scalars(x3, a, b);\n    x4 = four_scalars(x4, a, b);\n    x5 = four_scalars(x5, a, b);\n    x6 = four_scalars(x6, a, b);\n    x7 = four_scalars(x7, a, b);\n    x8 = four_scalars(x8, a, b);\n    x9 = four_scalars(x9, a, b);\n    x10 = four_scalars(x10, a, b);\n    x11 = four_scalars(x11, a, b);\n  }\n  if (i < dims.count) {\n    y[i] = f32(x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11);\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn multiply_vectors(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  let a = vec4<elem>(elem(dims.a));\n  let b = vec4<elem>(elem(dims.b));\n  var x0 = vec4<elem>(vec4f(start_of(i, 0u), start_of(i, 1u), start_of(i, 2u), start_of(i, 3u)));\n  var x1 = vec4<elem>(vec4f(start_of(i, 4u), start_of(i, 5u), start_of(i, 6u), start_of(i, 7u)));\n  var x2 = vec4<elem>(vec4f(start_of(i, 8u), start_of(i, 9u), start_of(i, 10u), start_of(i, 11u)));\n  for (var k = 0u; k < dims.rounds; k++) {\n    x0 = four_vectors(x0, a, b);\n    x1 = four_vectors(x1, a, b);\n    x2 = four_vectors(x2, a, b);\n  }\n  if (i < dims.count) {\n    let total = vec4f(x0 + x1 + x2);\n    y[i] = total.x + total.y + total.z + total.w;\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn copy(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.stride) {\n    return;\n  }\n  for (var k = 0u; k < 4u; k++) {\n    let place = k * dims.stride + i;\n    if (place < dims.count) {\n      copied[place] = x[place];\n    }\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn share(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  shared_vectors[lane] = x[lane];\n  workgroupBarrier();\n  var total = vec4f();\n  for (var k = 0u; k < dims.rounds; k++) {\n    total += shared_vectors[(lane + k) % WG];\n  }\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i < dims.count) {\n    y[i] = total.x + total.y + total.z + total.w;\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn nothing(@builtin(local_invocation_index) lane: u32) {\n  if (lane == 0u) {\n    y[0] = 1.0;\n  }\n}"
 ]
} as const satisfies ShaderFamily;
