// Generated from shaders/adamw.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const adamw = {
 "name": "adamw",
 "hash": "e6a738b8efbc9dde",
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
   "chunk": 27,
   "kind": "const",
   "value": "16u"
  },
  "LANES": {
   "chunk": 28,
   "kind": "const",
   "value": "256u"
  }
 },
 "entries": {
  "norm": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    6,
    9,
    12,
    13,
    32
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
    5,
    7,
    10,
    14,
    15,
    16,
    17,
    18,
    26,
    27,
    28,
    29,
    30,
    31,
    33,
    34
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "finishing",
     "binding": 1,
     "type": "uniform",
     "size": 12,
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
      },
      {
       "name": "growth_interval",
       "type": "f32",
       "offset": 8
      }
     ]
    },
    {
     "name": "squares_bits",
     "binding": 5,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "per_image_bits",
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
     "size": 20
    },
    {
     "name": "factor",
     "binding": 9,
     "type": "storage",
     "size": 4
    },
    {
     "name": "loss_scale",
     "binding": 17,
     "type": "storage",
     "size": 8
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
    8,
    11,
    12,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    35,
    36
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
     "size": 32
    },
    {
     "name": "applied",
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
  },
  "update_alone": {
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
    8,
    11,
    12,
    19,
    20,
    21,
    22,
    23,
    24,
    35,
    37
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
     "size": 32
    },
    {
     "name": "applied",
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
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\nconst VECTORS: u32 = 4u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct ScheduleRow {\n  step_size: f32,\n  root_scale: f32,\n  decay: f32,\n  first_gain: f32,\n  second_gain: f32,\n  eps: f32,\n  ema_gain: f32,\n  l2: f32,\n}",
  "\n\nstruct Record {\n  step: u32,\n  loss: f32,\n  gradient_norm: f32,\n  clip_factor: f32,\n  loss_scale: f32,\n}",
  "\n\nstruct LossScale {\n  scale: f32,\n  finite_steps: f32,\n}",
  "\n\nstruct Reduction {\n  vectors: u32,\n  trips: u32,\n}",
  "\n\nstruct Finish {\n  clip: f32,\n  ring: u32,\n  growth_interval: f32,\n}",
  "\n\nstruct Update {\n  vectors: u32,\n  ring: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> reduction: Reduction;",
  "\n@group(0) @binding(1) var<uniform> finishing: Finish;",
  "\n@group(0) @binding(2) var<uniform> dims: Update;",
  "\n@group(0) @binding(3) var<storage, read> gradients: array<vec4f>;",
  "\n@group(0) @binding(4) var<storage, read_write> squares: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> squares_bits: array<vec4u>;",
  "\n@group(0) @binding(6) var<storage, read> per_image_bits: array<u32>;",
  "\n@group(0) @binding(7) var<storage, read_write> progress: StepState;",
  "\n@group(0) @binding(8) var<storage, read_write> history: array<Record>;",
  "\n@group(0) @binding(9) var<storage, read_write> factor: array<f32>;",
  "\n@group(0) @binding(10) var<storage, read> state: StepState;",
  "\n@group(0) @binding(11) var<storage, read> schedule: array<ScheduleRow>;",
  "\n@group(0) @binding(12) var<storage, read> applied: array<f32>;",
  "\n@group(0) @binding(13) var<storage, read_write> parameters: array<vec4f>;",
  "\n@group(0) @binding(14) var<storage, read_write> exp_avg: array<vec4f>;",
  "\n@group(0) @binding(15) var<storage, read_write> exp_avg_sq: array<vec4f>;",
  "\n@group(0) @binding(16) var<storage, read_write> ema: array<vec4f>;",
  "\n@group(0) @binding(17) var<storage, read_write> loss_scale: LossScale;",
  "\n\nconst ROWS: u32 = 16u;",
  "\nconst LANES: u32 = 256u;",
  "\n\nvar<workgroup> partials: array<vec3f, LANES>;",
  "\nvar<workgroup> row_sums: array<vec3f, ROWS>;",
  "\n\n\n\nfn workgroup_sum(value: vec3f, lane: u32) -> vec3f {\n  partials[lane] = value;\n  workgroupBarrier();\n  var sum = vec3f(0.0);\n  if (lane < ROWS) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += partials[lane * ROWS + k];\n    }\n    row_sums[lane] = sum;\n  }\n  workgroupBarrier();\n  sum = vec3f(0.0);\n  if (lane == 0u) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += row_sums[k];\n    }\n  }\n  return sum;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn norm(\n  @builtin(global_invocation_id) id: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n) {\n  var own = vec4f(0.0);\n  for (var trip = 0u; trip < reduction.trips; trip++) {\n    let i = trip * groups.x * WG + id.x;\n    if (i < reduction.vectors) {\n      let g = gradients[i];\n      own += g * g;\n    }\n  }\n  squares[id.x] = (own.x + own.y) + (own.z + own.w);\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn finish(@builtin(local_invocation_index) lane: u32) {\n\n  let parts = arrayLength(&squares_bits);\n  let images = arrayLength(&per_image_bits);\n  var own = vec4f(0.0);\n  var broken = vec4u(0u);\n  for (var trip = 0u; trip < (parts + LANES - 1u) / LANES; trip++) {\n    let i = trip * LANES + lane;\n    if (i < parts) {\n      let bits = squares_bits[i];\n      own += bitcast<vec4f>(bits);\n      broken += select(vec4u(0u), vec4u(1u), (bits & vec4u(0x7f800000u)) == vec4u(0x7f800000u));\n    }\n  }\n  var losses = 0.0;\n  for (var trip = 0u; trip < (images + LANES - 1u) / LANES; trip++) {\n    let i = trip * LANES + lane;\n    if (i < images) {\n      let bits = per_image_bits[i];\n      losses += bitcast<f32>(bits);\n      broken.x += select(0u, 1u, (bits & 0x7f800000u) == 0x7f800000u);\n    }\n  }\n  let own_broken = f32(broken.x + broken.y + broken.z + broken.w);\n  let all = workgroup_sum(vec3f((own.x + own.y) + (own.z + own.w), own_broken, losses), lane);\n\n  if (lane == 0u) {\n    let scale = loss_scale.scale;\n    let gradient_norm = sqrt(all.x) / scale;\n    var clip_factor = 1.0;\n    if (finishing.clip > 0.0) {\n      clip_factor = clamp(finishing.clip / (gradient_norm + 1e-6), 1e-30, 1.0);\n    }\n    let is_finite = all.y == 0.0 && all.x <= 1e38;\n    if (!is_finite) {\n      clip_factor = 0.0;\n      progress.skipped += 1u;\n    }\n    factor[0] = clip_factor / scale;\n    let loss = all.z / f32(images);\n    let record = Record(progress.step, loss, gradient_norm, clip_factor, scale);\n    history[progress.step % finishing.ring] = record;\n    if (finishing.growth_interval > 0.0) {\n      loss_scale = next_scale(loss_scale, is_finite);\n    }\n  }\n}",
  "\n\nfn next_scale(now: LossScale, is_finite: bool) -> LossScale {\n  if (!is_finite) {\n    return LossScale(max(0.5 * now.scale, 1.0), 0.0);\n  }\n  if (now.finite_steps + 1.0 >= finishing.growth_interval) {\n    return LossScale(min(2.0 * now.scale, 0x1p40), 0.0);\n  }\n  return LossScale(now.scale, now.finite_steps + 1.0);\n}",
  "\n\n\nfn stepped(i: u32, row: ScheduleRow) -> vec4f {\n  var w = parameters[i];\n  let g = applied[0] * gradients[i] + row.l2 * w;\n  var m = exp_avg[i];\n  var v = exp_avg_sq[i];\n  m += row.first_gain * (g - m);\n  v += row.second_gain * (g * g - v);\n  exp_avg[i] = m;\n  exp_avg_sq[i] = v;\n  w = w - row.decay * w - row.step_size * m / (sqrt(v) * row.root_scale + row.eps);\n  parameters[i] = w;\n  return w;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn update(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  if (applied[0] == 0.0) {\n    return;\n  }\n  let row = schedule[state.step % dims.ring];\n  let first = (group.y * groups.x + group.x) * VECTORS * WG + lane;\n  for (var k = 0u; k < VECTORS; k++) {\n    let i = first + k * WG;\n    if (i < dims.vectors) {\n      let w = stepped(i, row);\n      let average = ema[i];\n      ema[i] = average + row.ema_gain * (w - average);\n    }\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn update_alone(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  if (applied[0] == 0.0) {\n    return;\n  }\n  let row = schedule[state.step % dims.ring];\n  let first = (group.y * groups.x + group.x) * VECTORS * WG + lane;\n  for (var k = 0u; k < VECTORS; k++) {\n    let i = first + k * WG;\n    if (i < dims.vectors) {\n      _ = stepped(i, row);\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
