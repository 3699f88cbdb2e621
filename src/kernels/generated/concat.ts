// Generated from shaders/concat.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const concat = {
 "name": "concat",
 "hash": "2cb23e09e8aabeb5",
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
  "forward": {
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
    9,
    10
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
       "name": "first",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "second",
       "type": "u32",
       "offset": 8
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
  "forward_wide": {
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
    8,
    9,
    11,
    12,
    13,
    14
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
       "name": "first",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "second",
       "type": "u32",
       "offset": 8
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
  "backward": {
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
    8,
    9,
    15,
    16,
    17,
    18
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
       "name": "first",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "second",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "dy",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "da",
     "binding": 8,
     "type": "storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "db",
     "binding": 9,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "backward_wide": {
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
    8,
    9,
    19,
    20,
    21,
    22
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
       "name": "first",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "second",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "dy4",
     "binding": 10,
     "type": "read-only-storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "da4",
     "binding": 11,
     "type": "storage",
     "size": 16,
     "elem": true
    },
    {
     "name": "db4",
     "binding": 12,
     "type": "storage",
     "size": 16,
     "elem": true
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  count: u32,\n  first: u32,\n  second: u32,\n}",
  "\n\n\nstruct Place {\n  image: u32,\n  offset: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> a: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> b: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> y: array<elem>;",
  "\n\nfn place_of(i: u32) -> Place {\n  let image = i / (dims.first + dims.second);\n  return Place(image, i - image * (dims.first + dims.second));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  let place = place_of(i);\n  if (place.offset < dims.first) {\n    y[i] = a[place.image * dims.first + place.offset];\n  } else {\n    y[i] = b[place.image * dims.second + place.offset - dims.first];\n  }\n}",
  "\n\n@group(0) @binding(4) var<storage, read> a4: array<elem4>;",
  "\n@group(0) @binding(5) var<storage, read> b4: array<elem4>;",
  "\n@group(0) @binding(6) var<storage, read_write> y4: array<elem4>;",
  "\n\n@compute @workgroup_size(WG)\nfn forward_wide(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  let place = place_of(i);\n  if (place.offset < dims.first) {\n    y4[i] = a4[place.image * dims.first + place.offset];\n  } else {\n    y4[i] = b4[place.image * dims.second + place.offset - dims.first];\n  }\n}",
  "\n\n@group(0) @binding(7) var<storage, read> dy: array<elem>;",
  "\n@group(0) @binding(8) var<storage, read_write> da: array<elem>;",
  "\n@group(0) @binding(9) var<storage, read_write> db: array<elem>;",
  "\n\n@compute @workgroup_size(WG)\nfn backward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  let place = place_of(i);\n  if (place.offset < dims.first) {\n    da[place.image * dims.first + place.offset] = dy[i];\n  } else {\n    db[place.image * dims.second + place.offset - dims.first] = dy[i];\n  }\n}",
  "\n\n@group(0) @binding(10) var<storage, read> dy4: array<elem4>;",
  "\n@group(0) @binding(11) var<storage, read_write> da4: array<elem4>;",
  "\n@group(0) @binding(12) var<storage, read_write> db4: array<elem4>;",
  "\n\n@compute @workgroup_size(WG)\nfn backward_wide(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= dims.count) {\n    return;\n  }\n  let place = place_of(i);\n  if (place.offset < dims.first) {\n    da4[place.image * dims.first + place.offset] = dy4[i];\n  } else {\n    db4[place.image * dims.second + place.offset - dims.first] = dy4[i];\n  }\n}"
 ]
} as const satisfies ShaderFamily;
