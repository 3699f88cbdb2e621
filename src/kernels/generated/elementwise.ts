// Generated from shaders/elementwise.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const elementwise = {
 "name": "elementwise",
 "hash": "afa71d82cd507c26",
 "settings": {
  "WG": {
   "chunk": 0,
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
    1,
    2,
    3,
    4,
    5,
    6,
    11
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
     "size": 4
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "y",
     "binding": 3,
     "type": "storage",
     "size": 4
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
    5,
    7,
    8,
    9,
    10,
    11
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
     "size": 16
    },
    {
     "name": "b4",
     "binding": 5,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "y4",
     "binding": 6,
     "type": "storage",
     "size": 16
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
    1,
    2,
    5,
    11,
    12
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
     "size": 4
    },
    {
     "name": "x",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
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
    1,
    2,
    5,
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
     "size": 4
    },
    {
     "name": "x",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
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
  "\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  count: u32,\n  row: u32,\n  scale: f32,\n  offset: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> a: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> b: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read_write> y: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn add(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = (a[i] + b[i]) * dims.scale;\n}",
  "\n\n@group(0) @binding(4) var<storage, read> a4: array<vec4f>;",
  "\n@group(0) @binding(5) var<storage, read> b4: array<vec4f>;",
  "\n@group(0) @binding(6) var<storage, read_write> y4: array<vec4f>;",
  "\n\n@compute @workgroup_size(WG)\nfn add_wide(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y4[i] = (a4[i] + b4[i]) * dims.scale;\n}",
  "\n\n@group(0) @binding(7) var<storage, read> x: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn affine(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = dims.scale * x[i] + dims.offset;\n}",
  "\n\n@group(0) @binding(8) var<storage, read> factor: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn scale_rows(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = factor[i / dims.row] * x[i];\n}"
 ]
} as const satisfies ShaderFamily;
