// Generated from shaders/cast.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const cast = {
 "name": "cast",
 "hash": "377a89844cc329ee",
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
  "narrow": {
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
    9
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
       "name": "has_scale",
       "type": "u32",
       "offset": 4
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
     "name": "scale",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "map",
     "binding": 3,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "widen": {
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
    10
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
       "name": "has_scale",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "source",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "y",
     "binding": 5,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  count: u32,\n  has_scale: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> x: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> scale: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read_write> map: array<elem>;",
  "\n\n@compute @workgroup_size(WG)\nfn narrow(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  let factor = select(1.0, scale[0], dims.has_scale == 1u);\n  map[i] = elem(factor * x[i]);\n}",
  "\n\n@group(0) @binding(4) var<storage, read> source: array<elem>;",
  "\n@group(0) @binding(5) var<storage, read_write> y: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn widen(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  y[i] = f32(source[i]);\n}"
 ]
} as const satisfies ShaderFamily;
