// Generated from shaders/adamw.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const adamw = {
 "name": "adamw",
 "hash": "68ce0508f4b16e16",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  },
  "VECTORS": {
   "chunk": 1,
   "kind": "const",
   "value": "4u"
  },
  "ROWS": {
   "chunk": 25,
   "kind": "const",
   "value": "16u"
  },
  "LANES": {
   "chunk": 26,
   "kind": "const",
   "value": "256u"
  }
 },
 "entries": {
  "norm": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    5,
    8,
    11,
    12,
    25,
    26,
    27,
    28,
    29,
    30
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "reduction",
     "binding": 0,
     "type": "uniform",
     "size": 8,
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
      }
     ]
    },
    {
     "name": "gradients",
     "binding": 3,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "squares",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "finish": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    2,
    4,
    6,
    9,
    13,
    14,
    15,
    16,
    17,
    25,
    26,
    27,
    28,
    29,
    31
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "finishing",
     "binding": 1,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "clip",
       "type": "f32",
       "offset": 0
      },
      {
       "name": "ring",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "squares_bits",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "per_image",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "progress",
     "binding": 7,
     "type": "storage",
     "size": 20
    },
    {
     "name": "history",
     "binding": 8,
     "type": "storage",
     "size": 16
    },
    {
     "name": "clip_factor",
     "binding": 9,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "update": {
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
    7,
    10,
    11,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    32
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 2,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "vectors",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "ring",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "gradients",
     "binding": 3,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "state",
     "binding": 10,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "schedule",
     "binding": 11,
     "type": "read-only-storage",
     "size": 28
    },
    {
     "name": "factor",
     "binding": 12,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "parameters",
     "binding": 13,
     "type": "storage",
     "size": 16
    },
    {
     "name": "exp_avg",
     "binding": 14,
     "type": "storage",
     "size": 16
    },
    {
     "name": "exp_avg_sq",
     "binding": 15,
     "type": "storage",
     "size": 16
    },
    {
     "name": "ema",
     "binding": 16,
     "type": "storage",
     "size": 16
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\nconst VECTORS: u32 = 4u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct ScheduleRow {\n  step_size: f32,\n  root_scale: f32,\n  decay: f32,\n  first_gain: f32,\n  second_gain: f32,\n  eps: f32,\n  ema_gain: f32,\n}",
  "\n\nstruct Record {\n  step: u32,\n  loss: f32,\n  gradient_norm: f32,\n  clip_factor: f32,\n}",
  "\n\nstruct Reduction {\n  vectors: u32,\n  trips: u32,\n}",
  "\n\nstruct Finish {\n  clip: f32,\n  ring: u32,\n}",
  "\n\nstruct Update {\n  vectors: u32,\n  ring: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> reduction: Reduction;",
  "\n@group(0) @binding(1) var<uniform> finishing: Finish;",
  "\n@group(0) @binding(2) var<uniform> dims: Update;",
  "\n@group(0) @binding(3) var<storage, read> gradients: array<vec4f>;",
  "\n@group(0) @binding(4) var<storage, read_write> squares: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> squares_bits: array<u32>;",
  "\n@group(0) @binding(6) var<storage, read> per_image: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read_write> progress: StepState;",
  "\n@group(0) @binding(8) var<storage, read_write> history: array<Record>;",
  "\n@group(0) @binding(9) var<storage, read_write> clip_factor: array<f32>;",
  "\n@group(0) @binding(10) var<storage, read> state: StepState;",
  "\n@group(0) @binding(11) var<storage, read> schedule: array<ScheduleRow>;",
  "\n@group(0) @binding(12) var<storage, read> factor: array<f32>;",
  "\n@group(0) @binding(13) var<storage, read_write> parameters: array<vec4f>;",
  "\n@group(0) @binding(14) var<storage, read_write> exp_avg: array<vec4f>;",
  "\n@group(0) @binding(15) var<storage, read_write> exp_avg_sq: array<vec4f>;",
  "\n@group(0) @binding(16) var<storage, read_write> ema: array<vec4f>;",
  "\n\nconst ROWS: u32 = 16u;",
  "\nconst LANES: u32 = 256u;",
  "\n\nvar<workgroup> partials: array<f32, LANES>;",
  "\nvar<workgroup> row_sums: array<f32, ROWS>;",
  "\n\n\n\nfn workgroup_sum(value: f32, lane: u32) -> f32 {\n  partials[lane] = value;\n  workgroupBarrier();\n  var sum = 0.0;\n  if (lane < ROWS) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += partials[lane * ROWS + k];\n    }\n    row_sums[lane] = sum;\n  }\n  workgroupBarrier();\n  sum = 0.0;\n  if (lane == 0u) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += row_sums[k];\n    }\n  }\n  return sum;\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn norm(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  var own = vec4f(0.0);\n  for (var trip = 0u; trip < reduction.trips; trip++) {\n    let i = (trip * groups.x + group.x) * LANES + lane;\n    if (i < reduction.vectors) {\n      let g = gradients[i];\n      own += g * g;\n    }\n  }\n  let total = workgroup_sum((own.x + own.y) + (own.z + own.w), lane);\n  if (lane == 0u) {\n    squares[group.x] = total;\n  }\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn finish(@builtin(local_invocation_index) lane: u32) {\n\n  let parts = arrayLength(&squares_bits);\n  let images = arrayLength(&per_image);\n  var own = 0.0;\n  var broken = 0.0;\n  var losses = 0.0;\n  for (var trip = 0u; trip < (parts + LANES - 1u) / LANES; trip++) {\n    let i = trip * LANES + lane;\n    if (i < parts) {\n      let bits = squares_bits[i];\n      own += bitcast<f32>(bits);\n      broken += f32((bits & 0x7f800000u) == 0x7f800000u);\n    }\n  }\n  for (var trip = 0u; trip < (images + LANES - 1u) / LANES; trip++) {\n    let i = trip * LANES + lane;\n    if (i < images) {\n      losses += per_image[i];\n    }\n  }\n  let all_squares = workgroup_sum(own, lane);\n  let all_broken = workgroup_sum(broken, lane);\n  let all_losses = workgroup_sum(losses, lane);\n\n  if (lane == 0u) {\n    let global_norm = sqrt(all_squares);\n    let clip = finishing.clip;\n    var applied = 1.0;\n    if (clip > 0.0) {\n      applied = clamp(clip / (global_norm + 1e-6), 1e-37, 1.0);\n    }\n    if (all_broken > 0.0 || all_squares > 1e38) {\n      applied = 0.0;\n      progress.skipped += 1u;\n    }\n    clip_factor[0] = applied;\n    let loss = all_losses / f32(images);\n    history[progress.step % finishing.ring] = Record(progress.step, loss, global_norm, applied);\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn update(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let applied = factor[0];\n  if (applied == 0.0) {\n    return;\n  }\n  let row = schedule[state.step % dims.ring];\n  let first = (group.y * groups.x + group.x) * VECTORS * WG + lane;\n  for (var k = 0u; k < VECTORS; k++) {\n    let i = first + k * WG;\n    if (i < dims.vectors) {\n\n      let g = applied * gradients[i];\n      var m = exp_avg[i];\n      var v = exp_avg_sq[i];\n      m += row.first_gain * (g - m);\n      v += row.second_gain * (g * g - v);\n      exp_avg[i] = m;\n      exp_avg_sq[i] = v;\n\n\n      var w = parameters[i];\n      w = w - row.decay * w - row.step_size * m / (sqrt(v) * row.root_scale + row.eps);\n      parameters[i] = w;\n      let average = ema[i];\n      ema[i] = average + row.ema_gain * (w - average);\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
