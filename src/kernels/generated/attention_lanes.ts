// Generated from shaders/attention_lanes.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const attention_lanes = {
 "name": "attention_lanes",
 "hash": "3f2d40fa7c7441ce",
 "settings": {
  "elem": {
   "chunk": 0,
   "kind": "alias",
   "value": "f32"
  },
  "elem4": {
   "chunk": 1,
   "kind": "alias",
   "value": "vec4<elem>"
  },
  "LOWEST": {
   "chunk": 13,
   "kind": "const",
   "value": "-1e30"
  },
  "LANES": {
   "chunk": 15,
   "kind": "const",
   "value": "4u"
  },
  "Q": {
   "chunk": 21,
   "kind": "const",
   "value": "0u"
  },
  "K": {
   "chunk": 22,
   "kind": "const",
   "value": "1u"
  },
  "V": {
   "chunk": 23,
   "kind": "const",
   "value": "2u"
  }
 },
 "entries": {
  "forward": {
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
    4,
    5,
    6,
    7,
    10,
    11,
    13,
    14,
    15,
    16,
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
    40,
    41,
    42
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
       "name": "log2_scale",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "qkv",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_b",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "sums",
     "binding": 7,
     "type": "storage",
     "size": 4
    },
    {
     "name": "new_stats",
     "binding": 8,
     "type": "storage",
     "size": 8
    }
   ]
  },
  "backward_query": {
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
    4,
    5,
    6,
    7,
    8,
    10,
    12,
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
    38,
    39,
    43,
    44
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
       "name": "log2_scale",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "qkv",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "row_b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_b",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "y",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "stats",
     "binding": 5,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "sums",
     "binding": 7,
     "type": "storage",
     "size": 4
    },
    {
     "name": "new_means",
     "binding": 9,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "backward_key": {
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
    4,
    5,
    6,
    7,
    8,
    9,
    10,
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
    38,
    39,
    40,
    41,
    45
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
       "name": "log2_scale",
       "type": "f32",
       "offset": 12
      }
     ]
    },
    {
     "name": "qkv",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "row_b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_b",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "stats",
     "binding": 5,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "means",
     "binding": 6,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "sums",
     "binding": 7,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\n\nstruct Heads {\n  tokens: u32,\n  channels: u32,\n  scale: f32,\n  log2_scale: f32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Heads;",
  "\n@group(0) @binding(1) var<storage, read> qkv: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> row_b: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> column_b: array<elem>;",
  "\n@group(0) @binding(4) var<storage, read> y: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> stats: array<vec2f>;",
  "\n@group(0) @binding(6) var<storage, read> means: array<f32>;",
  "\n@group(0) @binding(7) var<storage, read_write> sums: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read_write> new_stats: array<vec2f>;",
  "\n@group(0) @binding(9) var<storage, read_write> new_means: array<f32>;",
  "\n\nconst LOWEST = -1e30;",
  "\n\n\nfn power_of_2(x: vec4f) -> vec4f {\n  let t = max(x, vec4f(-126.0));\n  let n = round(t);\n  let r = t - n;\n  var p = 1.53458120e-4 * r + 1.33999312e-3;\n  p = p * r + 9.61848896e-3;\n  p = p * r + 5.55032878e-2;\n  p = p * r + 0.240226469;\n  p = p * r + 0.693147206;\n  p = p * r + 1.0;\n  let exponent = bitcast<vec4u>(n + 12582912.0) << vec4u(23u);\n  return bitcast<vec4f>(bitcast<vec4u>(p) + exponent);\n}",
  "\n\nconst LANES: u32 = 4u;",
  "\n\n\nvar<private> powers: array<vec4f, 32>;",
  "\nvar<private> slopes: array<vec4f, 32>;",
  "\n\nstruct Rows {\n  l: vec4f,\n  r: vec4f,\n}",
  "\n\nstruct Place {\n  head: u32,\n  row_a: u32,\n  column_a: u32,\n  row_b: u32,\n  column_b: u32,\n  sum_a: u32,\n  sum_b: u32,\n  first: u32,\n  row: u32,\n  count: u32,\n  rows_l: vec4u,\n  rows_r: vec4u,\n  columns: vec4u,\n  weights: vec4f,\n}",
  "\n\nfn place_of(group: vec3u, groups: vec3u, lane: u32) -> Place {\n  let row = (group.x * LANES + lane) * 8u;\n  var place = Place();\n  place.first = (group.z * groups.y + group.y) * dims.tokens;\n  place.head = place.first * dims.channels;\n  place.row = row;\n  place.count = clamp(dims.tokens, row, row + 8u) - row;\n  place.rows_l = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(dims.tokens - 1u));\n  place.rows_r = min(vec4u(row + 4u, row + 5u, row + 6u, row + 7u), vec4u(dims.tokens - 1u));\n  return place;\n}",
  "\n\nconst Q: u32 = 0u;",
  "\nconst K: u32 = 1u;",
  "\nconst V: u32 = 2u;",
  "\n\n\nfn operand(role: u32, group: vec3u, groups: vec3u) -> u32 {\n  let all = groups.y * dims.channels * dims.tokens;\n  return (3u * group.z + role) * all + group.y * dims.channels * dims.tokens;\n}",
  "\n\nfn at_tile(place: Place, tile: u32, lane: u32) -> Place {\n  let columns = vec4u(tile * 16u + lane % 4u) + vec4u(0u, 4u, 8u, 12u);\n  var moved = place;\n  moved.columns = min(columns, vec4u(dims.tokens - 1u));\n  moved.weights = select(vec4f(), vec4f(1.0), columns < vec4u(dims.tokens));\n  return moved;\n}",
  "\n\n\nfn spread(x: f32) -> vec4f {\n  return vec4f(\n    subgroupBroadcast(x, 0u),\n    subgroupBroadcast(x, 1u),\n    subgroupBroadcast(x, 2u),\n    subgroupBroadcast(x, 3u),\n  );\n}",
  "\n\n\nfn start(sums: ptr<private, array<vec4f, 32>>, columns: vec4f, rows: Rows) {\n  start_four(sums, 0u, spread(columns.x), rows);\n  start_four(sums, 8u, spread(columns.y), rows);\n  start_four(sums, 16u, spread(columns.z), rows);\n  start_four(sums, 24u, spread(columns.w), rows);\n}",
  "\n\nfn start_four(sums: ptr<private, array<vec4f, 32>>, j: u32, columns: vec4f, rows: Rows) {\n  (*sums)[j] = rows.l + columns.x;\n  (*sums)[j + 1u] = rows.r + columns.x;\n  (*sums)[j + 2u] = rows.l + columns.y;\n  (*sums)[j + 3u] = rows.r + columns.y;\n  (*sums)[j + 4u] = rows.l + columns.z;\n  (*sums)[j + 5u] = rows.r + columns.z;\n  (*sums)[j + 6u] = rows.l + columns.w;\n  (*sums)[j + 7u] = rows.r + columns.w;\n}",
  "\n\n\nfn add_outer(sums: ptr<private, array<vec4f, 32>>, j: u32, columns: vec4f, rows: Rows) {\n  (*sums)[j] += rows.l * columns.x;\n  (*sums)[j + 1u] += rows.r * columns.x;\n  (*sums)[j + 2u] += rows.l * columns.y;\n  (*sums)[j + 3u] += rows.r * columns.y;\n  (*sums)[j + 4u] += rows.l * columns.z;\n  (*sums)[j + 5u] += rows.r * columns.z;\n  (*sums)[j + 6u] += rows.l * columns.w;\n  (*sums)[j + 7u] += rows.r * columns.w;\n}",
  "\n\n\nfn combine(sums: ptr<private, array<vec4f, 32>>, j: u32, columns: vec4f) -> Rows {\n  return Rows(\n    (*sums)[j] * columns.x + (*sums)[j + 2u] * columns.y\n      + (*sums)[j + 4u] * columns.z + (*sums)[j + 6u] * columns.w,\n    (*sums)[j + 1u] * columns.x + (*sums)[j + 3u] * columns.y\n      + (*sums)[j + 5u] * columns.z + (*sums)[j + 7u] * columns.w,\n  );\n}",
  "\n\nfn combine_all(sums: ptr<private, array<vec4f, 32>>, own: vec4f) -> Rows {\n  let half = added(combine(sums, 0u, spread(own.x)), combine(sums, 8u, spread(own.y)));\n  let rest = added(combine(sums, 16u, spread(own.z)), combine(sums, 24u, spread(own.w)));\n  return added(half, rest);\n}",
  "\n\nfn every(x: f32) -> Rows {\n  return Rows(vec4f(x), vec4f(x));\n}",
  "\n\nfn one_of(rows: Rows, i: u32) -> f32 {\n  return select(rows.r, rows.l, i < 4u)[i % 4u];\n}",
  "\n\nfn added(a: Rows, b: Rows) -> Rows {\n  return Rows(a.l + b.l, a.r + b.r);\n}",
  "\n\nfn multiplied(a: Rows, b: Rows) -> Rows {\n  return Rows(a.l * b.l, a.r * b.r);\n}",
  "\n\n\nfn multiply_a(place: Place) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let row = vec4u(place.row_a + c * dims.tokens);\n    let column = place.column_a + c * dims.tokens;\n    let l = row + place.rows_l;\n    let r = row + place.rows_r;\n    let rows = Rows(\n      vec4f(elem4(qkv[l.x], qkv[l.y], qkv[l.z], qkv[l.w])) * dims.log2_scale,\n      vec4f(elem4(qkv[r.x], qkv[r.y], qkv[r.z], qkv[r.w])) * dims.log2_scale,\n    );\n    add_outer(&powers, 0u, spread(f32(qkv[column + place.columns.x])), rows);\n    add_outer(&powers, 8u, spread(f32(qkv[column + place.columns.y])), rows);\n    add_outer(&powers, 16u, spread(f32(qkv[column + place.columns.z])), rows);\n    add_outer(&powers, 24u, spread(f32(qkv[column + place.columns.w])), rows);\n  }\n}",
  "\n\n\nfn multiply_b(place: Place) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let row = vec4u(place.row_b + c * dims.tokens);\n    let column = place.column_b + c * dims.tokens;\n    let l = row + place.rows_l;\n    let r = row + place.rows_r;\n    let rows = Rows(\n      vec4f(elem4(row_b[l.x], row_b[l.y], row_b[l.z], row_b[l.w])),\n      vec4f(elem4(row_b[r.x], row_b[r.y], row_b[r.z], row_b[r.w])),\n    );\n    add_outer(&slopes, 0u, spread(f32(column_b[column + place.columns.x])), rows);\n    add_outer(&slopes, 8u, spread(f32(column_b[column + place.columns.y])), rows);\n    add_outer(&slopes, 16u, spread(f32(column_b[column + place.columns.z])), rows);\n    add_outer(&slopes, 24u, spread(f32(column_b[column + place.columns.w])), rows);\n  }\n}",
  "\n\n\nfn combine_a(place: Place, factor: Rows, is_first: bool) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.sum_a + c * dims.tokens;\n    let k = vec4u(place.column_a + c * dims.tokens) + place.columns;\n    let columns = vec4f(elem4(qkv[k.x], qkv[k.y], qkv[k.z], qkv[k.w]));\n    let own = place.weights * columns;\n    var rows = multiplied(factor, combine_all(&slopes, own));\n    if (!is_first) {\n      let l = vec4u(at) + place.rows_l;\n      let r = vec4u(at) + place.rows_r;\n      rows.l += vec4f(sums[l.x], sums[l.y], sums[l.z], sums[l.w]);\n      rows.r += vec4f(sums[r.x], sums[r.y], sums[r.z], sums[r.w]);\n    }\n    store_a(at + place.row, place.count, rows);\n  }\n}",
  "\n\nfn store_a(to: u32, count: u32, rows: Rows) {\n  if (count == 8u) {\n    sums[to] = rows.l.x;\n    sums[to + 1u] = rows.l.y;\n    sums[to + 2u] = rows.l.z;\n    sums[to + 3u] = rows.l.w;\n    sums[to + 4u] = rows.r.x;\n    sums[to + 5u] = rows.r.y;\n    sums[to + 6u] = rows.r.z;\n    sums[to + 7u] = rows.r.w;\n    return;\n  }\n  for (var i = 0u; i < count; i++) {\n    sums[to + i] = one_of(rows, i);\n  }\n}",
  "\n\n\nfn combine_b(place: Place, decay: Rows, factor: Rows, is_first: bool) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.sum_b + c * dims.tokens;\n    let k = vec4u(place.column_b + c * dims.tokens) + place.columns;\n    let columns = vec4f(elem4(column_b[k.x], column_b[k.y], column_b[k.z], column_b[k.w]));\n    let own = place.weights * columns;\n    var rows = multiplied(factor, combine_all(&powers, own));\n    if (!is_first) {\n      let l = vec4u(at) + place.rows_l;\n      let r = vec4u(at) + place.rows_r;\n      rows.l += decay.l * vec4f(sums[l.x], sums[l.y], sums[l.z], sums[l.w]);\n      rows.r += decay.r * vec4f(sums[r.x], sums[r.y], sums[r.z], sums[r.w]);\n    }\n    store_b(at + place.row, place.count, rows);\n  }\n}",
  "\n\nfn store_b(to: u32, count: u32, rows: Rows) {\n  if (count == 8u) {\n    sums[to] = rows.l.x;\n    sums[to + 1u] = rows.l.y;\n    sums[to + 2u] = rows.l.z;\n    sums[to + 3u] = rows.l.w;\n    sums[to + 4u] = rows.r.x;\n    sums[to + 5u] = rows.r.y;\n    sums[to + 6u] = rows.r.z;\n    sums[to + 7u] = rows.r.w;\n    return;\n  }\n  for (var i = 0u; i < count; i++) {\n    sums[to + i] = one_of(rows, i);\n  }\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  var home = place_of(group, groups, lane);\n  home.row_a = operand(Q, group, groups);\n  home.column_a = operand(K, group, groups);\n  home.column_b = operand(V, group, groups);\n  home.sum_b = home.head;\n  var top = every(LOWEST);\n  var total = every(0.0);\n  let tiles = (dims.tokens + 15u) / 16u;\n  for (var tile = 0u; tile < tiles; tile++) {\n    let place = at_tile(home, tile, lane);\n    start(&powers, (1.0 - place.weights) * LOWEST, every(0.0));\n    multiply_a(place);\n\n\n    let before = top;\n    for (var j = 0u; j < 16u; j++) {\n      top = Rows(max(top.l, powers[2u * j]), max(top.r, powers[2u * j + 1u]));\n    }\n    var decay = Rows(power_of_2(before.l - top.l), power_of_2(before.r - top.r));\n\n    total = multiplied(total, decay);\n    for (var j = 0u; j < 16u; j++) {\n      let l = power_of_2(powers[2u * j] - top.l);\n      let r = power_of_2(powers[2u * j + 1u] - top.r);\n      powers[2u * j] = l;\n      powers[2u * j + 1u] = r;\n      total = added(total, Rows(l, r));\n    }\n\n    var factor = every(1.0);\n    if (tile + 1u == tiles) {\n      factor = Rows(1.0 / total.l, 1.0 / total.r);\n      decay = multiplied(decay, factor);\n    }\n    combine_b(place, decay, factor, tile == 0u);\n  }\n  for (var i = 0u; i < home.count; i++) {\n    new_stats[home.first + home.row + i] = vec2f(one_of(top, i), 1.0 / one_of(total, i));\n  }\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn backward_query(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  var home = place_of(group, groups, lane);\n  home.row_a = operand(Q, group, groups);\n  home.column_a = operand(K, group, groups);\n  home.row_b = home.head;\n  home.column_b = operand(V, group, groups);\n  home.sum_a = operand(Q, group, groups);\n\n\n  let l = vec4u(home.first) + home.rows_l;\n  let r = vec4u(home.first) + home.rows_r;\n  let mean = means_of(home);\n  for (var i = 0u; i < home.count; i++) {\n    new_means[home.first + home.row + i] = one_of(mean, i);\n  }\n  let top = Rows(\n    vec4f(stats[l.x].x, stats[l.y].x, stats[l.z].x, stats[l.w].x),\n    vec4f(stats[r.x].x, stats[r.y].x, stats[r.z].x, stats[r.w].x),\n  );\n  let inverse = Rows(\n    vec4f(stats[l.x].y, stats[l.y].y, stats[l.z].y, stats[l.w].y),\n    vec4f(stats[r.x].y, stats[r.y].y, stats[r.z].y, stats[r.w].y),\n  );\n\n  for (var tile = 0u; tile < (dims.tokens + 15u) / 16u; tile++) {\n    let place = at_tile(home, tile, lane);\n    start(&powers, vec4f(), multiplied(every(-1.0), top));\n    multiply_a(place);\n    start(&slopes, vec4f(), multiplied(every(-1.0), mean));\n    multiply_b(place);\n    for (var j = 0u; j < 32u; j++) {\n      slopes[j] *= power_of_2(powers[j]);\n    }\n    combine_a(place, multiplied(inverse, every(dims.scale)), tile == 0u);\n  }\n}",
  "\n\n\nfn means_of(place: Place) -> Rows {\n  var sum = every(0.0);\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let l = vec4u(at) + place.rows_l;\n    let r = vec4u(at) + place.rows_r;\n    sum.l += vec4f(elem4(row_b[l.x], row_b[l.y], row_b[l.z], row_b[l.w]))\n      * vec4f(y[l.x], y[l.y], y[l.z], y[l.w]);\n    sum.r += vec4f(elem4(row_b[r.x], row_b[r.y], row_b[r.z], row_b[r.w]))\n      * vec4f(y[r.x], y[r.y], y[r.z], y[r.w]);\n  }\n  return sum;\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn backward_key(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  var home = place_of(group, groups, lane);\n  home.row_a = operand(K, group, groups);\n  home.column_a = operand(Q, group, groups);\n  home.row_b = operand(V, group, groups);\n  home.column_b = home.head;\n  home.sum_a = operand(K, group, groups);\n  home.sum_b = operand(V, group, groups);\n  for (var tile = 0u; tile < (dims.tokens + 15u) / 16u; tile++) {\n    var place = at_tile(home, tile, lane);\n    let k = vec4u(home.first) + place.columns;\n    let top = vec4f(stats[k.x].x, stats[k.y].x, stats[k.z].x, stats[k.w].x);\n    place.weights *= vec4f(stats[k.x].y, stats[k.y].y, stats[k.z].y, stats[k.w].y);\n\n    start(&powers, -top, every(0.0));\n    multiply_a(place);\n    start(&slopes, -vec4f(means[k.x], means[k.y], means[k.z], means[k.w]), every(0.0));\n    multiply_b(place);\n    for (var j = 0u; j < 32u; j++) {\n      let power = power_of_2(powers[j]);\n      powers[j] = power;\n      slopes[j] *= power;\n    }\n    combine_b(place, every(1.0), every(1.0), tile == 0u);\n    combine_a(place, every(dims.scale), tile == 0u);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
