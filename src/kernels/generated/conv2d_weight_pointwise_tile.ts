// Generated from shaders/conv2d_weight_pointwise_tile.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_weight_pointwise_tile = {
 "name": "conv2d_weight_pointwise_tile",
 "hash": "19b6fbd3ab3c3152",
 "settings": {
  "elem": {
   "chunk": 0,
   "kind": "alias",
   "value": "f32"
  },
  "WG": {
   "chunk": 1,
   "kind": "const",
   "value": "128u"
  },
  "SIDE": {
   "chunk": 2,
   "kind": "const",
   "value": "64u"
  },
  "QUADS": {
   "chunk": 3,
   "kind": "const",
   "value": "4u"
  },
  "PITCH": {
   "chunk": 4,
   "kind": "const",
   "value": "QUADS + 1u"
  },
  "Sums": {
   "chunk": 15,
   "kind": "alias",
   "value": "array<vec4f, 8>"
  }
 },
 "entries": {
  "tile": {
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
    14,
    15,
    16,
    17,
    18,
    19,
    20
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 24,
     "fields": [
      {
       "name": "in_channels",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "out_channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "quads",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "all_quads",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "turns",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "turns_a_part",
       "type": "u32",
       "offset": 20
      }
     ]
    },
    {
     "name": "dy",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "x",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "partials",
     "binding": 3,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\n\nconst WG: u32 = 128u;",
  "\nconst SIDE: u32 = 64u;",
  "\nconst QUADS: u32 = 4u;",
  "\nconst PITCH: u32 = QUADS + 1u;",
  "\n\nstruct Dims {\n  in_channels: u32,\n  out_channels: u32,\n  quads: u32,\n  all_quads: u32,\n  turns: u32,\n  turns_a_part: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> dy: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> x: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> partials: array<f32>;",
  "\n\nvar<workgroup> outputs: array<vec4f, SIDE * PITCH>;",
  "\nvar<workgroup> inputs: array<vec4f, SIDE * PITCH>;",
  "\n\nfn stage(turn: u32, group: vec3u, lane: u32) {\n  for (var i = 0u; i < SIDE * QUADS / WG; i++) {\n    let at = i * WG + lane;\n    let channel = at / QUADS;\n    let quad = turn * QUADS + at % QUADS;\n    outputs[channel * PITCH + at % QUADS] = outputs_at(group.y * SIDE + channel, quad);\n    inputs[channel * PITCH + at % QUADS] = inputs_at(group.x * SIDE + channel, quad);\n  }\n}",
  "\n\nfn outputs_at(o: u32, quad: u32) -> vec4f {\n  if (o >= dims.out_channels || quad >= dims.all_quads) {\n    return vec4f();\n  }\n  let at = ((quad / dims.quads * dims.out_channels + o) * dims.quads + quad % dims.quads) * 4u;\n  return vec4f(f32(dy[at]), f32(dy[at + 1u]), f32(dy[at + 2u]), f32(dy[at + 3u]));\n}",
  "\n\nfn inputs_at(c: u32, quad: u32) -> vec4f {\n  if (c >= dims.in_channels || quad >= dims.all_quads) {\n    return vec4f();\n  }\n  let at = ((quad / dims.quads * dims.in_channels + c) * dims.quads + quad % dims.quads) * 4u;\n  return vec4f(f32(x[at]), f32(x[at + 1u]), f32(x[at + 2u]), f32(x[at + 3u]));\n}",
  "\n\nalias Sums = array<vec4f, 8>;",
  "\n\nfn multiply(w: Sums, output: u32, input: u32) -> Sums {\n  let c = transpose(mat4x4f(inputs[input], inputs[input + 16u * PITCH],\n    inputs[input + 32u * PITCH], inputs[input + 48u * PITCH]));\n  return Sums(\n    row(w[0], outputs[output], c), row(w[1], outputs[output + PITCH], c),\n    row(w[2], outputs[output + 2u * PITCH], c), row(w[3], outputs[output + 3u * PITCH], c),\n    row(w[4], outputs[output + 4u * PITCH], c), row(w[5], outputs[output + 5u * PITCH], c),\n    row(w[6], outputs[output + 6u * PITCH], c), row(w[7], outputs[output + 7u * PITCH], c));\n}",
  "\n\nfn row(sum: vec4f, d: vec4f, c: mat4x4f) -> vec4f {\n  return fma(vec4f(d.w), c[3], fma(vec4f(d.z), c[2], fma(vec4f(d.y), c[1], fma(vec4f(d.x), c[0], sum))));\n}",
  "\n\nfn put(part: u32, o: u32, c: u32, w: vec4f) {\n  if (o >= dims.out_channels) {\n    return;\n  }\n  let start = (part * dims.out_channels + o) * dims.in_channels;\n  put_one(start, c, w.x);\n  put_one(start, c + 16u, w.y);\n  put_one(start, c + 32u, w.z);\n  put_one(start, c + 48u, w.w);\n}",
  "\n\nfn put_one(start: u32, c: u32, w: f32) {\n  if (c < dims.in_channels) {\n    partials[start + c] = w;\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn tile(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {\n  let first_turn = group.z * dims.turns_a_part;\n  let own = lane % 16u;\n  let output = lane / 16u * 8u;\n  var w = Sums();\n  for (var turn = first_turn; turn < min(first_turn + dims.turns_a_part, dims.turns); turn++) {\n    stage(turn, group, lane);\n    workgroupBarrier();\n    for (var i = 0u; i < QUADS; i++) {\n      w = multiply(w, output * PITCH + i, own * PITCH + i);\n    }\n    workgroupBarrier();\n  }\n  let o = group.y * SIDE + output;\n  let c = group.x * SIDE + own;\n  put(group.z, o, c, w[0]);\n  put(group.z, o + 1u, c, w[1]);\n  put(group.z, o + 2u, c, w[2]);\n  put(group.z, o + 3u, c, w[3]);\n  put(group.z, o + 4u, c, w[4]);\n  put(group.z, o + 5u, c, w[5]);\n  put(group.z, o + 6u, c, w[6]);\n  put(group.z, o + 7u, c, w[7]);\n}"
 ]
} as const satisfies ShaderFamily;
