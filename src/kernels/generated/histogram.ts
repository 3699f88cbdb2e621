// Generated from shaders/histogram.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const histogram = {
 "name": "histogram",
 "hash": "64e03bd4a6cce2d2",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  },
  "TURNS": {
   "chunk": 1,
   "kind": "const",
   "value": "64u"
  },
  "HALF": {
   "chunk": 2,
   "kind": "const",
   "value": "false"
  },
  "FIELDS": {
   "chunk": 3,
   "kind": "const",
   "value": "54u"
  },
  "LARGEST": {
   "chunk": 4,
   "kind": "const",
   "value": "52u"
  },
  "FIRST": {
   "chunk": 5,
   "kind": "const",
   "value": "53u"
  },
  "NONE": {
   "chunk": 6,
   "kind": "const",
   "value": "0xffffffffu"
  }
 },
 "entries": {
  "chunk": {
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
    13,
    14,
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
     "size": 8,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "groups",
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
     "name": "partial",
     "binding": 2,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "total": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    3,
    4,
    5,
    7,
    8,
    11,
    12,
    18,
    19
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
       "name": "groups",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "parts",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "counts",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\nconst TURNS: u32 = 64u;",
  "\nconst HALF: bool = false;",
  "\n\nconst FIELDS: u32 = 54u;",
  "\nconst LARGEST: u32 = 52u;",
  "\nconst FIRST: u32 = 53u;",
  "\nconst NONE: u32 = 0xffffffffu;",
  "\n\nstruct Dims {\n  count: u32,\n  groups: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> x: array<u32>;",
  "\n@group(0) @binding(2) var<storage, read_write> partial: array<u32>;",
  "\n\n@group(0) @binding(3) var<storage, read> parts: array<u32>;",
  "\n@group(0) @binding(4) var<storage, read_write> counts: array<u32>;",
  "\n\nvar<workgroup> of_lanes: array<u32, 3456>;",
  "\n\n\nfn widened(half: u32) -> u32 {\n  let sign = (half & 0x8000u) << 16u;\n  let exponent = (half >> 10u) & 31u;\n  let mantissa = half & 1023u;\n  if (exponent == 31u) {\n    return sign | 0x7f800000u | (mantissa << 13u);\n  }\n  if (exponent > 0u) {\n    return sign | ((exponent + 112u) << 23u) | (mantissa << 13u);\n  }\n  if (mantissa == 0u) {\n    return sign;\n  }\n  let top = firstLeadingBit(mantissa);\n  return sign | ((top + 103u) << 23u) | ((mantissa << (23u - top)) & 0x7fffffu);\n}",
  "\n\nfn bits_of(i: u32) -> u32 {\n  if (HALF) {\n    return widened((x[i / 2u] >> (16u * (i % 2u))) & 0xffffu);\n  }\n  return x[i];\n}",
  "\n\nfn bin_of(bits: u32) -> u32 {\n  let exponent = (bits >> 23u) & 255u;\n  if (exponent == 0u) {\n    return 0u;\n  }\n  if (exponent == 255u) {\n    return select(50u, 49u, (bits & 0x7fffffu) == 0u);\n  }\n  return u32(clamp(i32(exponent) - 95, 1, 48));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn chunk(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let g = group.y * groups.x + group.x;\n\n\n  var own: array<u32, FIELDS>;\n  own[FIRST] = NONE;\n  for (var k = 0u; k < TURNS; k++) {\n    let i = (g * TURNS + k) * WG + lane;\n    if (i < dims.count) {\n      let bits = bits_of(i);\n      let bin = bin_of(bits);\n      own[bin] += 1u;\n      if (bin >= 49u) {\n        own[FIRST] = min(own[FIRST], i);\n      } else {\n        own[LARGEST] = max(own[LARGEST], bits & 0x7fffffffu);\n        own[51] += select(0u, 1u, bin > 0u && (bits >> 31u) == 1u);\n      }\n    }\n  }\n  for (var f = 0u; f < FIELDS; f++) {\n    of_lanes[f * WG + lane] = own[f];\n  }\n  workgroupBarrier();\n\n\n  if (lane < FIELDS && g < dims.groups) {\n    var whole = of_lanes[lane * WG];\n    for (var k = 1u; k < WG; k++) {\n      whole = joined(lane, whole, of_lanes[lane * WG + k]);\n    }\n    partial[g * FIELDS + lane] = whole;\n  }\n}",
  "\n\nfn joined(field: u32, a: u32, b: u32) -> u32 {\n  if (field == LARGEST) {\n    return max(a, b);\n  }\n  if (field == FIRST) {\n    return min(a, b);\n  }\n  return a + b;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn total(@builtin(local_invocation_index) lane: u32) {\n  if (lane >= FIELDS) {\n    return;\n  }\n  var whole = parts[lane];\n  for (var g = 1u; g < dims.groups; g++) {\n    whole = joined(lane, whole, parts[g * FIELDS + lane]);\n  }\n  counts[lane] = whole;\n}"
 ]
} as const satisfies ShaderFamily;
