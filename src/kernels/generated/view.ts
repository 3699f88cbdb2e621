// Generated from shaders/view.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const view = {
 "name": "view",
 "hash": "6bad0d172f3c07e7",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  }
 },
 "entries": {
  "draw": {
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
    5
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "grid",
     "binding": 0,
     "type": "uniform",
     "size": 28,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "columns",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 24
      }
     ]
    },
    {
     "name": "images",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "pixels",
     "binding": 2,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct Grid {\n  images: u32,\n  channels: u32,\n  height: u32,\n  width: u32,\n  columns: u32,\n  stride: u32,\n  scale: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> grid: Grid;",
  "\n@group(0) @binding(1) var<storage, read> images: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read_write> pixels: array<u32>;",
  "\n\n@compute @workgroup_size(WG)\nfn draw(@builtin(global_invocation_id) id: vec3u) {\n  if (id.x >= grid.stride) {\n    return;\n  }\n  let column = id.x / grid.width;\n  let n = id.y / grid.height * grid.columns + column;\n  var colour = vec4f(0.0);\n  if (column < grid.columns && n < grid.images) {\n    let size = grid.height * grid.width;\n    let first = n * grid.channels * size + id.y % grid.height * grid.width + id.x % grid.width;\n    let further = select(0u, size, grid.channels == 3u);\n    let value = vec3f(images[first], images[first + further], images[first + 2u * further]);\n    colour = vec4f(clamp(grid.scale * value + 0.5, vec3f(0.0), vec3f(1.0)), 1.0);\n  }\n  let bytes = vec4u(255.0 * colour + 0.5) << vec4u(0u, 8u, 16u, 24u);\n  pixels[id.y * grid.stride + id.x] = bytes.x | bytes.y | bytes.z | bytes.w;\n}"
 ]
} as const satisfies ShaderFamily;
