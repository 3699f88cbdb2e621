// Generated from shaders/gradient_sums.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const gradient_sums = {
 "name": "gradient_sums",
 "hash": "57b9f7187039c8a2",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  }
 },
 "entries": {
  "accumulate": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    5,
    8,
    9,
    10,
    15
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "adding",
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
     "name": "state",
     "binding": 3,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "x",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "sum",
     "binding": 5,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "next_batch": {
   "workgroupSize": [
    1,
    1,
    1
   ],
   "chunks": [
    1,
    3,
    6,
    11,
    16
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "batches",
     "binding": 1,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "total",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "progress",
     "binding": 6,
     "type": "storage",
     "size": 20
    }
   ]
  },
  "locate": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    4,
    7,
    8,
    9,
    12,
    13,
    14,
    17
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "locating",
     "binding": 2,
     "type": "uniform",
     "size": 12,
     "fields": [
      {
       "name": "vectors",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "trips",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "ring",
       "type": "u32",
       "offset": 8
      }
     ]
    },
    {
     "name": "state",
     "binding": 3,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "applied",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "gradient_bits",
     "binding": 8,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "found",
     "binding": 9,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Adding {\n  count: u32,\n  scale: f32,\n}",
  "\n\nstruct Batches {\n  images: u32,\n  total: u32,\n}",
  "\n\nstruct Locating {\n  vectors: u32,\n  trips: u32,\n  ring: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> adding: Adding;",
  "\n@group(0) @binding(1) var<uniform> batches: Batches;",
  "\n@group(0) @binding(2) var<uniform> locating: Locating;",
  "\n@group(0) @binding(3) var<storage, read> state: StepState;",
  "\n@group(0) @binding(4) var<storage, read> x: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read_write> sum: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> progress: StepState;",
  "\n@group(0) @binding(7) var<storage, read> applied: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read> gradient_bits: array<vec4u>;",
  "\n@group(0) @binding(9) var<storage, read_write> found: array<atomic<u32>>;",
  "\n\n@compute @workgroup_size(WG)\nfn accumulate(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i >= adding.count) {\n    return;\n  }\n  var before = 0.0;\n  if (state.first_image > 0u) {\n    before = sum[i];\n  }\n  sum[i] = before + adding.scale * x[i];\n}",
  "\n\n@compute @workgroup_size(1)\nfn next_batch() {\n  progress.first_image = (progress.first_image + batches.images) % batches.total;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn locate(\n  @builtin(global_invocation_id) id: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n) {\n  let slot = state.step % locating.ring;\n  if (id.x == 0u) {\n    atomicStore(&found[(slot + 1u) % locating.ring], 0u);\n  }\n  if (applied[0] != 0.0) {\n    return;\n  }\n  var last = 0u;\n  for (var trip = 0u; trip < locating.trips; trip++) {\n    let i = trip * groups.x * WG + id.x;\n    if (i < locating.vectors) {\n      let bad = (gradient_bits[i] & vec4u(0x7f800000u)) == vec4u(0x7f800000u);\n      let at = select(vec4u(0u), vec4u(1u, 2u, 3u, 4u), bad);\n      let most = max(max(at.x, at.y), max(at.z, at.w));\n      if (most > 0u) {\n        last = 4u * i + most;\n      }\n    }\n  }\n  if (last > 0u) {\n    atomicMax(&found[slot], last);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
