// Generated from shaders/resample.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const resample = {
 "name": "resample",
 "hash": "1cf3c5301d6604ce",
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
  "upsample_forward": {
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
    10
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
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "other_height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "other_width",
       "type": "u32",
       "offset": 16
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
     "name": "result",
     "binding": 2,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "upsample_backward": {
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
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "other_height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "other_width",
       "type": "u32",
       "offset": 16
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
     "name": "result",
     "binding": 2,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "pool_forward": {
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
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "other_height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "other_width",
       "type": "u32",
       "offset": 16
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
     "name": "result",
     "binding": 2,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  },
  "pool_backward": {
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
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "other_height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "other_width",
       "type": "u32",
       "offset": 16
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
     "name": "result",
     "binding": 2,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nconst WG: u32 = 64u;",
  "\n\nstruct Dims {\n  count: u32,\n  height: u32,\n  width: u32,\n  other_height: u32,\n  other_width: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read_write> result: array<elem>;",
  "\n\n\nstruct Pixel {\n  plane: u32,\n  i: u32,\n  j: u32,\n}",
  "\n\nfn pixel_of(index: u32) -> Pixel {\n  let row = index / dims.width;\n  let plane = row / dims.height;\n  return Pixel(plane, row - plane * dims.height, index - row * dims.width);\n}",
  "\n\nfn source_index(plane: u32, i: u32, j: u32) -> u32 {\n  return (plane * dims.other_height + i) * dims.other_width + j;\n}",
  "\n\n\nfn block_sum(pixel: Pixel) -> f32 {\n  let corner = source_index(pixel.plane, 2u * pixel.i, 2u * pixel.j);\n  let top = f32(source[corner]) + f32(source[corner + 1u]);\n  let bottom = f32(source[corner + dims.other_width]) + f32(source[corner + dims.other_width + 1u]);\n  return top + bottom;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn upsample_forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  if (index >= dims.count) {\n    return;\n  }\n  let pixel = pixel_of(index);\n  result[index] = source[source_index(pixel.plane, pixel.i / 2u, pixel.j / 2u)];\n}",
  "\n\n@compute @workgroup_size(WG)\nfn upsample_backward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  if (index >= dims.count) {\n    return;\n  }\n  result[index] = elem(block_sum(pixel_of(index)));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn pool_forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  if (index >= dims.count) {\n    return;\n  }\n  result[index] = elem(0.25 * block_sum(pixel_of(index)));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn pool_backward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + lane;\n  if (index >= dims.count) {\n    return;\n  }\n  let pixel = pixel_of(index);\n  let i = pixel.i / 2u;\n  let j = pixel.j / 2u;\n  var gradient = 0.0;\n  if (i < dims.other_height && j < dims.other_width) {\n    gradient = 0.25 * f32(source[source_index(pixel.plane, i, j)]);\n  }\n  result[index] = elem(gradient);\n}"
 ]
} as const satisfies ShaderFamily;
