// Generated from shaders/attention.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const attention = {
 "name": "attention",
 "hash": "51cfc9217af0a041",
 "settings": {
  "LANES": {
   "chunk": 9,
   "kind": "const",
   "value": "4u"
  },
  "BLOCKS": {
   "chunk": 10,
   "kind": "const",
   "value": "8u"
  }
 },
 "entries": {
  "forward_lanes": {
   "workgroupSize": [
    "LANES",
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
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
    35,
    36,
    37,
    38
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 16,
     "fields": [
      {
       "name": "tokens",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "scale",
       "type": "f32",
       "offset": 8
      },
      {
       "name": "sqrt_scale",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "row_a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "column_a",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "column_b",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "sum_b",
     "binding": 6,
     "type": "storage",
     "size": 4
    },
    {
     "name": "new_stats",
     "binding": 7,
     "type": "storage",
     "size": 8
    }
   ]
  }
 },
 "chunks": [
  "\n\nstruct Heads {\n  tokens: u32,\n  channels: u32,\n  scale: f32,\n  sqrt_scale: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Heads;",
  "\n@group(0) @binding(1) var<storage, read> row_a: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> column_a: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read> row_b: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> column_b: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read_write> sum_a: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> sum_b: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read_write> new_stats: array<vec2f>;",
  "\n\nconst LANES: u32 = 4u;",
  "\nconst BLOCKS: u32 = 8u;",
  "\n\nfn exp2_of(x: vec4f) -> vec4f {\n  let t = max(x, vec4f(-126.0));\n  let n = round(t);\n  let r = t - n;\n  var p = 1.53458120e-4 * r + 1.33999312e-3;\n  p = p * r + 9.61848896e-3;\n  p = p * r + 5.55032878e-2;\n  p = p * r + 0.240226469;\n  p = p * r + 0.693147206;\n  p = p * r + 1.0;\n  return p * bitcast<vec4f>((vec4i(n) + vec4i(127)) << vec4u(23u));\n}",
  "\n\nfn add_outer(sums: ptr<private, mat4x4f>, u: vec4f, v: vec4f) {\n  (*sums)[0] += v * u.x;\n  (*sums)[1] += v * u.y;\n  (*sums)[2] += v * u.z;\n  (*sums)[3] += v * u.w;\n}",
  "\n\nfn spread(x: f32) -> vec4f {\n  return vec4f(\n    subgroupBroadcast(x, 0u),\n    subgroupBroadcast(x, 1u),\n    subgroupBroadcast(x, 2u),\n    subgroupBroadcast(x, 3u),\n  );\n}",
  "\n\nvar<private> l0: mat4x4f;",
  "\nvar<private> l1: mat4x4f;",
  "\nvar<private> l2: mat4x4f;",
  "\nvar<private> l3: mat4x4f;",
  "\nvar<private> l4: mat4x4f;",
  "\nvar<private> l5: mat4x4f;",
  "\nvar<private> l6: mat4x4f;",
  "\nvar<private> l7: mat4x4f;",
  "\nvar<private> r0: mat4x4f;",
  "\nvar<private> r1: mat4x4f;",
  "\nvar<private> r2: mat4x4f;",
  "\nvar<private> r3: mat4x4f;",
  "\nvar<private> r4: mat4x4f;",
  "\nvar<private> r5: mat4x4f;",
  "\nvar<private> r6: mat4x4f;",
  "\nvar<private> r7: mat4x4f;",
  "\n\nstruct Place {\n  head: u32,\n  row: u32,\n  rows_l: vec4u,\n  rows_r: vec4u,\n  columns_lo: vec4u,\n  columns_hi: vec4u,\n}",
  "\n\nstruct Start {\n  columns_lo: vec4f,\n  columns_hi: vec4f,\n  rows_l: vec4f,\n  rows_r: vec4f,\n}",
  "\n\nfn products_a(place: Place, start: Start) {\n  l0 = mat4x4f();\n  l1 = mat4x4f();\n  l2 = mat4x4f();\n  l3 = mat4x4f();\n  l4 = mat4x4f();\n  l5 = mat4x4f();\n  l6 = mat4x4f();\n  l7 = mat4x4f();\n  r0 = mat4x4f();\n  r1 = mat4x4f();\n  r2 = mat4x4f();\n  r3 = mat4x4f();\n  r4 = mat4x4f();\n  r5 = mat4x4f();\n  r6 = mat4x4f();\n  r7 = mat4x4f();\n  let mask0 = spread(start.columns_lo.x);\n  let mask1 = spread(start.columns_lo.y);\n  let mask2 = spread(start.columns_lo.z);\n  let mask3 = spread(start.columns_lo.w);\n  let mask4 = spread(start.columns_hi.x);\n  let mask5 = spread(start.columns_hi.y);\n  let mask6 = spread(start.columns_hi.z);\n  let mask7 = spread(start.columns_hi.w);\n  let one = vec4f(1.0);\n  add_outer(&l0, mask0, one);\n  add_outer(&r0, mask0, one);\n  add_outer(&l1, mask1, one);\n  add_outer(&r1, mask1, one);\n  add_outer(&l2, mask2, one);\n  add_outer(&r2, mask2, one);\n  add_outer(&l3, mask3, one);\n  add_outer(&r3, mask3, one);\n  add_outer(&l4, mask4, one);\n  add_outer(&r4, mask4, one);\n  add_outer(&l5, mask5, one);\n  add_outer(&r5, mask5, one);\n  add_outer(&l6, mask6, one);\n  add_outer(&r6, mask6, one);\n  add_outer(&l7, mask7, one);\n  add_outer(&r7, mask7, one);\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let l = dims.scale * vec4f(row_a[at + place.rows_l.x], row_a[at + place.rows_l.y], row_a[at + place.rows_l.z], row_a[at + place.rows_l.w]);\n    let r = dims.scale * vec4f(row_a[at + place.rows_r.x], row_a[at + place.rows_r.y], row_a[at + place.rows_r.z], row_a[at + place.rows_r.w]);\n    let k0 = spread(column_a[at + place.columns_lo.x]);\n    add_outer(&l0, k0, l);\n    add_outer(&r0, k0, r);\n    let k1 = spread(column_a[at + place.columns_lo.y]);\n    add_outer(&l1, k1, l);\n    add_outer(&r1, k1, r);\n    let k2 = spread(column_a[at + place.columns_lo.z]);\n    add_outer(&l2, k2, l);\n    add_outer(&r2, k2, r);\n    let k3 = spread(column_a[at + place.columns_lo.w]);\n    add_outer(&l3, k3, l);\n    add_outer(&r3, k3, r);\n    if (BLOCKS > 4u) {\n      let k4 = spread(column_a[at + place.columns_hi.x]);\n      add_outer(&l4, k4, l);\n      add_outer(&r4, k4, r);\n      let k5 = spread(column_a[at + place.columns_hi.y]);\n      add_outer(&l5, k5, l);\n      add_outer(&r5, k5, r);\n      let k6 = spread(column_a[at + place.columns_hi.z]);\n      add_outer(&l6, k6, l);\n      add_outer(&r6, k6, r);\n      let k7 = spread(column_a[at + place.columns_hi.w]);\n      add_outer(&l7, k7, l);\n      add_outer(&r7, k7, r);\n    }\n  }\n}",
  "\n\nfn combine_b(place: Place, decay_l: vec4f, decay_r: vec4f, factor_l: vec4f, factor_r: vec4f, first: bool) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let v0 = spread(column_b[at + place.columns_lo.x]);\n    let v1 = spread(column_b[at + place.columns_lo.y]);\n    let v2 = spread(column_b[at + place.columns_lo.z]);\n    let v3 = spread(column_b[at + place.columns_lo.w]);\n    var l = l0 * v0 + l1 * v1 + l2 * v2 + l3 * v3;\n    var r = r0 * v0 + r1 * v1 + r2 * v2 + r3 * v3;\n    if (BLOCKS > 4u) {\n      let v4 = spread(column_b[at + place.columns_hi.x]);\n      let v5 = spread(column_b[at + place.columns_hi.y]);\n      let v6 = spread(column_b[at + place.columns_hi.z]);\n      let v7 = spread(column_b[at + place.columns_hi.w]);\n      l += l4 * v4 + l5 * v5 + l6 * v6 + l7 * v7;\n      r += r4 * v4 + r5 * v5 + r6 * v6 + r7 * v7;\n    }\n    let into = at + place.row;\n    l *= factor_l;\n    r *= factor_r;\n    if (place.row + 8u <= dims.tokens) {\n      if (!first) {\n        l += decay_l * vec4f(sum_b[into], sum_b[into + 1u], sum_b[into + 2u], sum_b[into + 3u]);\n        r += decay_r * vec4f(sum_b[into + 4u], sum_b[into + 5u], sum_b[into + 6u], sum_b[into + 7u]);\n      }\n      sum_b[into] = l.x;\n      sum_b[into + 1u] = l.y;\n      sum_b[into + 2u] = l.z;\n      sum_b[into + 3u] = l.w;\n      sum_b[into + 4u] = r.x;\n      sum_b[into + 5u] = r.y;\n      sum_b[into + 6u] = r.z;\n      sum_b[into + 7u] = r.w;\n    } else {\n      let values = array<vec4f, 2>(l, r);\n      let decays = array<vec4f, 2>(decay_l, decay_r);\n      for (var i = 0u; i < 8u; i++) {\n        if (place.row + i < dims.tokens) {\n          var value = values[i / 4u][i % 4u];\n          if (!first) {\n            value += decays[i / 4u][i % 4u] * sum_b[into + i];\n          }\n          sum_b[into + i] = value;\n        }\n      }\n    }\n  }\n}",
  "\n\nfn max4(m: mat4x4f) -> vec4f {\n  return max(max(m[0], m[1]), max(m[2], m[3]));\n}",
  "\n\nfn sum4(m: mat4x4f) -> vec4f {\n  return m[0] + m[1] + m[2] + m[3];\n}",
  "\n\nfn exp_minus(m: ptr<private, mat4x4f>, top: vec4f) {\n  (*m)[0] = exp2_of((*m)[0] - top);\n  (*m)[1] = exp2_of((*m)[1] - top);\n  (*m)[2] = exp2_of((*m)[2] - top);\n  (*m)[3] = exp2_of((*m)[3] - top);\n}",
  "\n\nfn columns(first: u32) -> vec4u {\n  return vec4u(first, first + 4u, first + 8u, first + 12u);\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn forward_lanes(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  let last = vec4u(dims.tokens - 1u);\n  let one_head = group.z * groups.y + group.y;\n  var place = Place();\n  place.head = one_head * dims.channels * dims.tokens;\n  place.row = (group.x * LANES + lane) * 8u;\n  place.rows_l = min(vec4u(place.row) + vec4u(0u, 1u, 2u, 3u), last);\n  place.rows_r = min(vec4u(place.row) + vec4u(4u, 5u, 6u, 7u), last);\n  var top_l = vec4f(-1e30);\n  var top_r = vec4f(-1e30);\n  var total_l = vec4f();\n  var total_r = vec4f();\n  let tiles = (dims.tokens + 4u * BLOCKS - 1u) / (4u * BLOCKS);\n  for (var tile = 0u; tile < tiles; tile++) {\n    let own_lo = columns(tile * 4u * BLOCKS + lane % 4u);\n    let own_hi = own_lo + vec4u(16u);\n    place.columns_lo = min(own_lo, last);\n    place.columns_hi = min(own_hi, last);\n    var start = Start();\n    start.columns_lo = select(vec4f(), vec4f(-1e30), own_lo > last);\n    start.columns_hi = select(vec4f(), vec4f(-1e30), own_hi > last);\n    products_a(place, start);\n\n    var new_l = max(top_l, max(max(max4(l0), max4(l1)), max(max4(l2), max4(l3))));\n    var new_r = max(top_r, max(max(max4(r0), max4(r1)), max(max4(r2), max4(r3))));\n    if (BLOCKS > 4u) {\n      new_l = max(new_l, max(max(max4(l4), max4(l5)), max(max4(l6), max4(l7))));\n      new_r = max(new_r, max(max(max4(r4), max4(r5)), max(max4(r6), max4(r7))));\n    }\n    var decay_l = exp2_of(top_l - new_l);\n    var decay_r = exp2_of(top_r - new_r);\n    top_l = new_l;\n    top_r = new_r;\n    exp_minus(&l0, new_l);\n    exp_minus(&l1, new_l);\n    exp_minus(&l2, new_l);\n    exp_minus(&l3, new_l);\n    exp_minus(&r0, new_r);\n    exp_minus(&r1, new_r);\n    exp_minus(&r2, new_r);\n    exp_minus(&r3, new_r);\n    total_l = total_l * decay_l + sum4(l0) + sum4(l1) + sum4(l2) + sum4(l3);\n    total_r = total_r * decay_r + sum4(r0) + sum4(r1) + sum4(r2) + sum4(r3);\n    if (BLOCKS > 4u) {\n      exp_minus(&l4, new_l);\n      exp_minus(&l5, new_l);\n      exp_minus(&l6, new_l);\n      exp_minus(&l7, new_l);\n      exp_minus(&r4, new_r);\n      exp_minus(&r5, new_r);\n      exp_minus(&r6, new_r);\n      exp_minus(&r7, new_r);\n      total_l += sum4(l4) + sum4(l5) + sum4(l6) + sum4(l7);\n      total_r += sum4(r4) + sum4(r5) + sum4(r6) + sum4(r7);\n    }\n    var factor_l = vec4f(1.0);\n    var factor_r = vec4f(1.0);\n    if (tile + 1u == tiles) {\n      factor_l = 1.0 / total_l;\n      factor_r = 1.0 / total_r;\n      decay_l *= factor_l;\n      decay_r *= factor_r;\n    }\n    combine_b(place, decay_l, decay_r, factor_l, factor_r, tile == 0u);\n  }\n  for (var i = 0u; i < 4u; i++) {\n    if (place.row + i < dims.tokens) {\n      new_stats[one_head * dims.tokens + place.row + i] = vec2f(top_l[i], 1.0 / total_l[i]);\n    }\n    if (place.row + 4u + i < dims.tokens) {\n      new_stats[one_head * dims.tokens + place.row + 4u + i] = vec2f(top_r[i], 1.0 / total_r[i]);\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
