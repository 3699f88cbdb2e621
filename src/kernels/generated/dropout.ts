// Generated from shaders/dropout.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const dropout = {
 "name": "dropout",
 "hash": "86379da70c4f0efd",
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
  "apply": {
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
    10
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "mask",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "least",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "state",
     "binding": 1,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "x",
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
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Mask {\n  size: u32,\n  stream: u32,\n  least: u32,\n  scale: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> mask: Mask;",
  "\n@group(0) @binding(1) var<storage, read> state: StepState;",
  "\n@group(0) @binding(2) var<storage, read> x: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> y: array<elem>;",
  "\n\n\nfn mul_high(a: u32, b: u32) -> u32 {\n  let low = (a & 0xffffu) * (b & 0xffffu);\n  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);\n  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);\n  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);\n}",
  "\n\nfn philox(counter: vec4u) -> vec4u {\n  var c = counter;\n  var key = vec2u(state.seed_low, state.seed_high);\n  for (var round = 0u; round < 10u; round++) {\n    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));\n    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);\n    key += vec2u(0x9e3779b9u, 0xbb67ae85u);\n  }\n  return c;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn apply(@builtin(global_invocation_id) id: vec3u) {\n\n  let m = state.first_image + id.y;\n  let rest = m * (mask.size % 4u);\n  let counter = m * (mask.size / 4u) + rest / 4u + id.x;\n  let first = 4u * id.x - rest % 4u;\n  let four = philox(vec4u(counter, mask.stream, state.step, 0u));\n  for (var k = 0u; k < 4u; k++) {\n    let i = first + k;\n    if (i < mask.size) {\n      let at = id.y * mask.size + i;\n      y[at] = elem(select(0.0, mask.scale * f32(x[at]), four[k] >= mask.least));\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
