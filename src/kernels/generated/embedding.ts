// Generated from shaders/embedding.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const embedding = {
 "name": "embedding",
 "hash": "0d979cff8a6f564e",
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
    6
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 12,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "batch",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "table",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "indices",
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
    4,
    5,
    7,
    8,
    9
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 12,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "batch",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "indices",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dy",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "dtable",
     "binding": 5,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  count: u32,\n  batch: u32,\n  channels: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> table: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> indices: array<u32>;",
  "\n@group(0) @binding(3) var<storage, read_write> y: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  let n = i / dims.channels;\n  y[i] = table[indices[n] * dims.channels + i - n * dims.channels];\n}",
  "\n\n@group(0) @binding(4) var<storage, read> dy: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read_write> dtable: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn backward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  let row = i / dims.channels;\n  let c = i - row * dims.channels;\n  var sum = 0.0;\n  for (var n = 0u; n < dims.batch; n++) {\n    if (indices[n] == row) {\n      sum += dy[n * dims.channels + c];\n    }\n  }\n  dtable[i] = sum;\n}"
 ]
} as const satisfies ShaderFamily;
