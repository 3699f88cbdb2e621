// Generated from shaders/derivation.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const derivation = {
 "name": "derivation",
 "hash": "f51af49bc38baedf",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "64u"
  },
  "ROWS": {
   "chunk": 19,
   "kind": "const",
   "value": "16u"
  },
  "LANES": {
   "chunk": 20,
   "kind": "const",
   "value": "256u"
  }
 },
 "entries": {
  "walk": {
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
    5,
    7,
    8,
    10,
    11,
    14,
    16
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 4,
     "fields": [
      {
       "name": "count",
       "type": "u32",
       "offset": 0
      }
     ]
    },
    {
     "name": "state",
     "binding": 2,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "steps",
     "binding": 3,
     "type": "read-only-storage",
     "size": 36
    },
    {
     "name": "previous",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "z",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "next",
     "binding": 9,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "sums": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    1,
    2,
    4,
    6,
    7,
    8,
    9,
    10,
    12,
    13,
    15,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "image",
     "binding": 1,
     "type": "uniform",
     "size": 8,
     "fields": [
      {
       "name": "size",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "stride",
       "type": "u32",
       "offset": 4
      }
     ]
    },
    {
     "name": "state",
     "binding": 2,
     "type": "read-only-storage",
     "size": 20
    },
    {
     "name": "steps",
     "binding": 3,
     "type": "read-only-storage",
     "size": 36
    },
    {
     "name": "x0",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "previous",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "xt",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "output",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "results",
     "binding": 10,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nconst WG: u32 = 64u;",
  "\n\nstruct StepState {\n  step: u32,\n  seed_low: u32,\n  seed_high: u32,\n  skipped: u32,\n  first_image: u32,\n}",
  "\n\nstruct Step {\n  signal: f32,\n  spread: f32,\n  step_rest: f32,\n  jump_rest: f32,\n  coef_x0: f32,\n  coef_rest: f32,\n  from_x: f32,\n  from_output: f32,\n  clip: f32,\n}",
  "\n\nstruct Walk {\n  count: u32,\n}",
  "\n\nstruct Image {\n  size: u32,\n  stride: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Walk;",
  "\n@group(0) @binding(1) var<uniform> image: Image;",
  "\n@group(0) @binding(2) var<storage, read> state: StepState;",
  "\n@group(0) @binding(3) var<storage, read> steps: array<Step>;",
  "\n@group(0) @binding(4) var<storage, read> x0: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> previous: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read> z: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read> xt: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read> output: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read_write> next: array<f32>;",
  "\n@group(0) @binding(10) var<storage, read_write> results: array<f32>;",
  "\n\n@compute @workgroup_size(WG)\nfn walk(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let i = (group.y * groups.x + group.x) * WG + lane;\n  if (i < dims.count) {\n    let step = steps[state.step];\n    next[i] = step.signal * previous[i] + step.spread * z[i];\n  }\n}",
  "\n\nstruct Sums {\n  first: vec4f,\n  second: vec4f,\n}",
  "\n\n\nfn squares(n: u32, i: u32, step: Step) -> Sums {\n  let at = n * image.size + i;\n  let clean = x0[at];\n  let before = previous[at];\n  let x = xt[at];\n  let predicted = step.from_x * x + step.from_output * output[n * image.stride + i];\n  let x0_hat = clamp(predicted, -step.clip, step.clip);\n\n  let moved = before - x;\n  let rest = step.coef_rest * x;\n  let differences = vec4f(\n    step.step_rest * before - moved,\n    moved + (step.coef_x0 * (x - clean) + rest),\n    (x - clean) + step.jump_rest * clean,\n    moved + (step.coef_x0 * (x - x0_hat) + rest),\n  );\n  let others = vec4f(step.coef_x0 * (clean - x0_hat), x, clean, 0.0);\n  return Sums(differences * differences, others * others);\n}",
  "\n\nconst ROWS: u32 = 16u;",
  "\nconst LANES: u32 = 256u;",
  "\n\nvar<workgroup> partials: array<vec4f, LANES>;",
  "\nvar<workgroup> row_sums: array<vec4f, ROWS>;",
  "\n\n\n\nfn workgroup_sum(value: vec4f, lane: u32) -> vec4f {\n  partials[lane] = value;\n  workgroupBarrier();\n  var sum = vec4f(0.0);\n  if (lane < ROWS) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += partials[lane * ROWS + k];\n    }\n    row_sums[lane] = sum;\n  }\n  workgroupBarrier();\n  sum = vec4f(0.0);\n  if (lane == 0u) {\n    for (var k = 0u; k < ROWS; k++) {\n      sum += row_sums[k];\n    }\n  }\n  return sum;\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn sums(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let n = group.x;\n  let step = steps[state.step];\n  let trips = (image.size + LANES - 1u) / LANES;\n  var first = vec4f(0.0);\n  var second = vec4f(0.0);\n  for (var trip = 0u; trip < trips; trip++) {\n    let i = trip * LANES + lane;\n    if (i < image.size) {\n      let part = squares(n, i, step);\n      first += part.first;\n      second += part.second;\n    }\n  }\n  first = workgroup_sum(first, lane);\n  second = workgroup_sum(second, lane);\n  if (lane == 0u) {\n    let at = 7u * (state.step * groups.x + n);\n    for (var k = 0u; k < 4u; k++) {\n      results[at + k] = first[k];\n    }\n    for (var k = 0u; k < 3u; k++) {\n      results[at + 4u + k] = second[k];\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
