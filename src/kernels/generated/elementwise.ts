// Generated from shaders/elementwise.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const elementwise = {
 "name": "elementwise",
 "hash": "a436a4b89112c73b",
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
    6
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 4
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
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct Sum {\n  count: u32,\n  scale: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Sum;",
  "\n@group(0) @binding(1) var<storage, read> a: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> b: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read_write> y: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn add(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = (a[i] + b[i]) * dims.scale;\n}"
 ]
} as const satisfies ShaderFamily;
