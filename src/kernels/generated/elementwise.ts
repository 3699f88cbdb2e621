// Generated from shaders/elementwise.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const elementwise = {
 "name": "elementwise",
 "hash": "078134859c7b56ee",
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
  }
 },
 "entries": {
  "add": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    13
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "row",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "offset",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "add_wide": {
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
    7,
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
     "size": 16,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "row",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "offset",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "a4",
     "binding": 4,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "b4",
     "binding": 5,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "y4",
     "binding": 6,
     "type": "storage",
     "size": 16,
     "elem": true
    }
   ]
  },
  "affine": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    2,
    3,
    4,
    7,
    13,
    14
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "row",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "offset",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "x",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "scale_rows": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    2,
    3,
    4,
    7,
    13,
    15,
    16
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "row",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "offset",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "x",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "factor",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  count: u32,\n  row: u32,\n  scale: f32,\n  offset: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> a: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> b: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> y: array<elem>;",
  "\n\n@compute @workgroup_size(WG)\nfn add(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = elem((f32(a[i]) + f32(b[i])) * dims.scale);\n}",
  "\n\n@group(0) @binding(4) var<storage, read> a4: array<elem4>;",
  "\n@group(0) @binding(5) var<storage, read> b4: array<elem4>;",
  "\n@group(0) @binding(6) var<storage, read_write> y4: array<elem4>;",
  "\n\n@compute @workgroup_size(WG)\nfn add_wide(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y4[i] = elem4((vec4f(a4[i]) + vec4f(b4[i])) * dims.scale);\n}",
  "\n\n@group(0) @binding(7) var<storage, read> x: array<elem>;",
  "\n\n@compute @workgroup_size(WG)\nfn affine(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = elem(dims.scale * f32(x[i]) + dims.offset);\n}",
  "\n\n@group(0) @binding(8) var<storage, read> factor: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn scale_rows(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = elem(factor[i / dims.row] * f32(x[i]));\n}"
 ]
} as const satisfies ShaderFamily;
