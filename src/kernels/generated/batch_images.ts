// Generated from shaders/batch_images.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const batch_images = {
 "name": "batch_images",
 "hash": "3e1aa9b3997cf3ab",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  }
 },
 "entries": {
  "gather": {
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
    10,
    11,
    12,
    13,
    14
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "gathering",
     "binding": 0,
     "type": "uniform",
     "size": 40,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "ring",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "stream",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "first",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "stored",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "size",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "height",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "padding",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "mirrors",
       "type": "u32",
       "offset": 36
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
     "name": "images",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "order",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "batch",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Gathering {\n  count: u32,\n  ring: u32,\n  stream: u32,\n  first: u32,\n  stored: u32,\n  size: u32,\n  height: u32,\n  width: u32,\n  padding: u32,\n  mirrors: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> gathering: Gathering;",
  "\n@group(0) @binding(1) var<storage, read> state: StepState;",
  "\n@group(0) @binding(2) var<storage, read> images: array<u32>;",
  "\n@group(0) @binding(3) var<storage, read> order: array<u32>;",
  "\n@group(0) @binding(4) var<storage, read_write> batch: array<u32>;",
  "\n\n\nfn mul_high(a: u32, b: u32) -> u32 {\n  let low = (a & 0xffffu) * (b & 0xffffu);\n  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);\n  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);\n  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);\n}",
  "\n\nfn philox(counter: vec4u) -> vec4u {\n  var c = counter;\n  var key = vec2u(state.seed_low, state.seed_high);\n  for (var round = 0u; round < 10u; round++) {\n    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));\n    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);\n    key += vec2u(0x9e3779b9u, 0xbb67ae85u);\n  }\n  return c;\n}",
  "\n\n\nstruct Change {\n  is_mirrored: bool,\n  down: i32,\n  across: i32,\n}",
  "\n\nfn change_of(n: u32) -> Change {\n  let four = philox(vec4u(state.first_image + n, gathering.stream, state.step, 0u));\n  let places = 2u * gathering.padding + 1u;\n  let padding = i32(gathering.padding);\n  return Change(\n    gathering.mirrors == 1u && (four.x >> 31u) == 1u,\n    i32(mul_high(four.y, places)) - padding,\n    i32(mul_high(four.z, places)) - padding,\n  );\n}",
  "\n\n\nfn reflected(i: i32, count: u32) -> u32 {\n  let last = i32(count) - 1;\n  return u32(last - abs(last - abs(i)));\n}",
  "\n\n\nfn source_of(i: u32, change: Change) -> u32 {\n  let x = i % gathering.width;\n  let row = i / gathering.width;\n  let y = row % gathering.height;\n  let turned = select(x, gathering.width - 1u - x, change.is_mirrored);\n  let from_x = reflected(i32(turned) + change.across, gathering.width);\n  let from_y = reflected(i32(y) + change.down, gathering.height);\n  return (row - y + from_y) * gathering.width + from_x;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn gather(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let word = (group.y * groups.x + group.x) * WG + lane;\n  if (word >= (gathering.count * gathering.size + 3u) / 4u) {\n    return;\n  }\n\n\n  var bytes = 0u;\n  if (gathering.first > 0u) {\n    bytes = batch[word];\n  }\n\n  var n = 4u * word / gathering.size;\n  var change = change_of(n);\n  for (var k = 0u; k < 4u; k++) {\n    let at = 4u * word + k;\n    if (at / gathering.size != n) {\n      n = at / gathering.size;\n      change = change_of(n);\n    }\n    if (n < gathering.count) {\n\n      let place = order[(state.step % gathering.ring) * gathering.count + n] - gathering.first;\n      if (place < gathering.stored) {\n        let origin = place * gathering.size + source_of(at % gathering.size, change);\n        let byte = (images[origin / 4u] >> (8u * (origin % 4u))) & 255u;\n        bytes = (bytes & ~(255u << (8u * k))) | (byte << (8u * k));\n      }\n    }\n  }\n  batch[word] = bytes;\n}"
 ]
} as const satisfies ShaderFamily;
