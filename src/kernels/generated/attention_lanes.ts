// Generated from shaders/attention_lanes.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const attention_lanes = {
 "name": "attention_lanes",
 "hash": "b798f481e9838038",
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
   "chunk": 15,
   "kind": "const",
   "value": "-1e30"
  },
  "LANES": {
   "chunk": 17,
   "kind": "const",
   "value": "4u"
  },
  "Tile": {
   "chunk": 19,
   "kind": "alias",
   "value": "array<Rows, 16>"
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
    7,
    8,
    12,
    13,
    15,
    16,
    17,
    18,
    19,
    20,
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
    42,
    43,
    44,
    47
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
     "name": "row_a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_a",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_b",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "sum_b",
     "binding": 9,
     "type": "storage",
     "size": 4
    },
    {
     "name": "new_stats",
     "binding": 10,
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
    9,
    11,
    14,
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
    44,
    45,
    46,
    48,
    49
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
     "name": "row_a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_a",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "row_b",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_b",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "y",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "stats",
     "binding": 6,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "sum_a",
     "binding": 8,
     "type": "storage",
     "size": 4
    },
    {
     "name": "new_means",
     "binding": 11,
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
    11,
    12,
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
    43,
    44,
    45,
    46,
    50
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
     "name": "row_a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_a",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "row_b",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "column_b",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "stats",
     "binding": 6,
     "type": "read-only-storage",
     "size": 8
    },
    {
     "name": "means",
     "binding": 7,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "sum_a",
     "binding": 8,
     "type": "storage",
     "size": 4
    },
    {
     "name": "sum_b",
     "binding": 9,
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
  "\n@group(0) @binding(1) var<storage, read> row_a: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> column_a: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> row_b: array<elem>;",
  "\n@group(0) @binding(4) var<storage, read> column_b: array<elem>;",
  "\n@group(0) @binding(5) var<storage, read> y: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read> stats: array<vec2f>;",
  "\n@group(0) @binding(7) var<storage, read> means: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read_write> sum_a: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read_write> sum_b: array<f32>;",
  "\n@group(0) @binding(10) var<storage, read_write> new_stats: array<vec2f>;",
  "\n@group(0) @binding(11) var<storage, read_write> new_means: array<f32>;",
  "\n\nconst LOWEST = -1e30;",
  "\n\n\nfn power_of_2(x: vec4f) -> vec4f {\n  let t = max(x, vec4f(-126.0));\n  let n = round(t);\n  let r = t - n;\n  var p = 1.53458120e-4 * r + 1.33999312e-3;\n  p = p * r + 9.61848896e-3;\n  p = p * r + 5.55032878e-2;\n  p = p * r + 0.240226469;\n  p = p * r + 0.693147206;\n  p = p * r + 1.0;\n  let exponent = bitcast<vec4u>(n + 12582912.0) << vec4u(23u);\n  return bitcast<vec4f>(bitcast<vec4u>(p) + exponent);\n}",
  "\n\nconst LANES: u32 = 4u;",
  "\n\nstruct Rows {\n  l: vec4f,\n  r: vec4f,\n}",
  "\n\n\n\nalias Tile = array<Rows, 16>;",
  "\n\nvar<private> powers: Tile;",
  "\nvar<private> slopes: Tile;",
  "\n\nstruct Place {\n  head: u32,\n  first: u32,\n  row: u32,\n  count: u32,\n  rows_l: vec4u,\n  rows_r: vec4u,\n  columns: vec4u,\n  weights: vec4f,\n}",
  "\n\nfn place_of(group: vec3u, groups: vec3u, lane: u32) -> Place {\n  let row = (group.x * LANES + lane) * 8u;\n  var place = Place();\n  place.first = (group.z * groups.y + group.y) * dims.tokens;\n  place.head = place.first * dims.channels;\n  place.row = row;\n  place.count = clamp(dims.tokens, row, row + 8u) - row;\n  place.rows_l = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(dims.tokens - 1u));\n  place.rows_r = min(vec4u(row + 4u, row + 5u, row + 6u, row + 7u), vec4u(dims.tokens - 1u));\n  return place;\n}",
  "\n\nfn at_tile(place: Place, tile: u32, lane: u32) -> Place {\n  let columns = vec4u(tile * 16u + lane % 4u) + vec4u(0u, 4u, 8u, 12u);\n  var moved = place;\n  moved.columns = min(columns, vec4u(dims.tokens - 1u));\n  moved.weights = select(vec4f(), vec4f(1.0), columns < vec4u(dims.tokens));\n  return moved;\n}",
  "\n\n\n\nfn spread(x: f32) -> vec4f {\n  return vec4f(x, quadSwapX(x), quadSwapY(x), quadSwapDiagonal(x));\n}",
  "\n\n\nfn start(sums: ptr<private, Tile>, columns: vec4f, rows: Rows) {\n  start_four(sums, 0u, spread(columns.x), rows);\n  start_four(sums, 4u, spread(columns.y), rows);\n  start_four(sums, 8u, spread(columns.z), rows);\n  start_four(sums, 12u, spread(columns.w), rows);\n}",
  "\n\nfn start_four(sums: ptr<private, Tile>, j: u32, columns: vec4f, rows: Rows) {\n  (*sums)[j] = added(rows, every(columns.x));\n  (*sums)[j + 1u] = added(rows, every(columns.y));\n  (*sums)[j + 2u] = added(rows, every(columns.z));\n  (*sums)[j + 3u] = added(rows, every(columns.w));\n}",
  "\n\n\nfn add_outer(sums: ptr<private, Tile>, j: u32, columns: vec4f, rows: Rows) {\n  (*sums)[j] = added((*sums)[j], scaled(rows, columns.x));\n  (*sums)[j + 1u] = added((*sums)[j + 1u], scaled(rows, columns.y));\n  (*sums)[j + 2u] = added((*sums)[j + 2u], scaled(rows, columns.z));\n  (*sums)[j + 3u] = added((*sums)[j + 3u], scaled(rows, columns.w));\n}",
  "\n\n\nfn combine(sums: ptr<private, Tile>, j: u32, columns: vec4f) -> Rows {\n  let half = added(scaled((*sums)[j], columns.x), scaled((*sums)[j + 1u], columns.y));\n  let rest = added(scaled((*sums)[j + 2u], columns.z), scaled((*sums)[j + 3u], columns.w));\n  return added(half, rest);\n}",
  "\n\nfn combine_all(sums: ptr<private, Tile>, own: vec4f) -> Rows {\n  let half = added(combine(sums, 0u, spread(own.x)), combine(sums, 4u, spread(own.y)));\n  let rest = added(combine(sums, 8u, spread(own.z)), combine(sums, 12u, spread(own.w)));\n  return added(half, rest);\n}",
  "\n\nfn every(x: f32) -> Rows {\n  return Rows(vec4f(x), vec4f(x));\n}",
  "\n\nfn one_of(rows: Rows, i: u32) -> f32 {\n  return select(rows.r, rows.l, i < 4u)[i % 4u];\n}",
  "\n\nfn added(a: Rows, b: Rows) -> Rows {\n  return Rows(a.l + b.l, a.r + b.r);\n}",
  "\n\nfn scaled(rows: Rows, x: f32) -> Rows {\n  return Rows(rows.l * x, rows.r * x);\n}",
  "\n\nfn multiplied(a: Rows, b: Rows) -> Rows {\n  return Rows(a.l * b.l, a.r * b.r);\n}",
  "\n\n\nfn multiply_a(place: Place) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let l = vec4u(at) + place.rows_l;\n    let r = vec4u(at) + place.rows_r;\n    let rows = Rows(\n      vec4f(elem4(row_a[l.x], row_a[l.y], row_a[l.z], row_a[l.w])) * dims.log2_scale,\n      vec4f(elem4(row_a[r.x], row_a[r.y], row_a[r.z], row_a[r.w])) * dims.log2_scale,\n    );\n    add_outer(&powers, 0u, spread(f32(column_a[at + place.columns.x])), rows);\n    add_outer(&powers, 4u, spread(f32(column_a[at + place.columns.y])), rows);\n    add_outer(&powers, 8u, spread(f32(column_a[at + place.columns.z])), rows);\n    add_outer(&powers, 12u, spread(f32(column_a[at + place.columns.w])), rows);\n  }\n}",
  "\n\n\nfn multiply_b(place: Place) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let l = vec4u(at) + place.rows_l;\n    let r = vec4u(at) + place.rows_r;\n    let rows = Rows(\n      vec4f(elem4(row_b[l.x], row_b[l.y], row_b[l.z], row_b[l.w])),\n      vec4f(elem4(row_b[r.x], row_b[r.y], row_b[r.z], row_b[r.w])),\n    );\n    add_outer(&slopes, 0u, spread(f32(column_b[at + place.columns.x])), rows);\n    add_outer(&slopes, 4u, spread(f32(column_b[at + place.columns.y])), rows);\n    add_outer(&slopes, 8u, spread(f32(column_b[at + place.columns.z])), rows);\n    add_outer(&slopes, 12u, spread(f32(column_b[at + place.columns.w])), rows);\n  }\n}",
  "\n\n\nfn combine_a(place: Place, factor: Rows, is_first: bool) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let k = vec4u(at) + place.columns;\n    let columns = vec4f(elem4(column_a[k.x], column_a[k.y], column_a[k.z], column_a[k.w]));\n    let own = place.weights * columns;\n    var rows = multiplied(factor, combine_all(&slopes, own));\n    if (!is_first) {\n      let l = vec4u(at) + place.rows_l;\n      let r = vec4u(at) + place.rows_r;\n      rows.l += vec4f(sum_a[l.x], sum_a[l.y], sum_a[l.z], sum_a[l.w]);\n      rows.r += vec4f(sum_a[r.x], sum_a[r.y], sum_a[r.z], sum_a[r.w]);\n    }\n    store_a(at + place.row, place.count, rows);\n  }\n}",
  "\n\nfn store_a(to: u32, count: u32, rows: Rows) {\n  if (count == 8u) {\n    sum_a[to] = rows.l.x;\n    sum_a[to + 1u] = rows.l.y;\n    sum_a[to + 2u] = rows.l.z;\n    sum_a[to + 3u] = rows.l.w;\n    sum_a[to + 4u] = rows.r.x;\n    sum_a[to + 5u] = rows.r.y;\n    sum_a[to + 6u] = rows.r.z;\n    sum_a[to + 7u] = rows.r.w;\n    return;\n  }\n  for (var i = 0u; i < count; i++) {\n    sum_a[to + i] = one_of(rows, i);\n  }\n}",
  "\n\n\nfn combine_b(place: Place, decay: Rows, factor: Rows, is_first: bool) {\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let k = vec4u(at) + place.columns;\n    let columns = vec4f(elem4(column_b[k.x], column_b[k.y], column_b[k.z], column_b[k.w]));\n    let own = place.weights * columns;\n    var rows = multiplied(factor, combine_all(&powers, own));\n    if (!is_first) {\n      let l = vec4u(at) + place.rows_l;\n      let r = vec4u(at) + place.rows_r;\n      rows.l += decay.l * vec4f(sum_b[l.x], sum_b[l.y], sum_b[l.z], sum_b[l.w]);\n      rows.r += decay.r * vec4f(sum_b[r.x], sum_b[r.y], sum_b[r.z], sum_b[r.w]);\n    }\n    store_b(at + place.row, place.count, rows);\n  }\n}",
  "\n\nfn store_b(to: u32, count: u32, rows: Rows) {\n  if (count == 8u) {\n    sum_b[to] = rows.l.x;\n    sum_b[to + 1u] = rows.l.y;\n    sum_b[to + 2u] = rows.l.z;\n    sum_b[to + 3u] = rows.l.w;\n    sum_b[to + 4u] = rows.r.x;\n    sum_b[to + 5u] = rows.r.y;\n    sum_b[to + 6u] = rows.r.z;\n    sum_b[to + 7u] = rows.r.w;\n    return;\n  }\n  for (var i = 0u; i < count; i++) {\n    sum_b[to + i] = one_of(rows, i);\n  }\n}",
  "\n\n\nfn larger(top: Rows, j: u32) -> Rows {\n  let l = max(max(powers[j].l, powers[j + 1u].l), max(powers[j + 2u].l, powers[j + 3u].l));\n  let r = max(max(powers[j].r, powers[j + 1u].r), max(powers[j + 2u].r, powers[j + 3u].r));\n  return Rows(max(top.l, l), max(top.r, r));\n}",
  "\n\nfn raised(rows: Rows, top: Rows) -> Rows {\n  return Rows(power_of_2(rows.l - top.l), power_of_2(rows.r - top.r));\n}",
  "\n\n\nfn raise(j: u32, top: Rows) -> Rows {\n  powers[j] = raised(powers[j], top);\n  powers[j + 1u] = raised(powers[j + 1u], top);\n  powers[j + 2u] = raised(powers[j + 2u], top);\n  powers[j + 3u] = raised(powers[j + 3u], top);\n  return added(added(powers[j], powers[j + 1u]), added(powers[j + 2u], powers[j + 3u]));\n}",
  "\n\n\nfn raise_both() {\n  raise_four(0u);\n  raise_four(4u);\n  raise_four(8u);\n  raise_four(12u);\n}",
  "\n\nfn raise_four(j: u32) {\n  raise(j, every(0.0));\n  slopes[j] = multiplied(slopes[j], powers[j]);\n  slopes[j + 1u] = multiplied(slopes[j + 1u], powers[j + 1u]);\n  slopes[j + 2u] = multiplied(slopes[j + 2u], powers[j + 2u]);\n  slopes[j + 3u] = multiplied(slopes[j + 3u], powers[j + 3u]);\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  let home = place_of(group, groups, lane);\n  var top = every(LOWEST);\n  var total = every(0.0);\n  let tiles = (dims.tokens + 15u) / 16u;\n  for (var tile = 0u; tile < tiles; tile++) {\n    let place = at_tile(home, tile, lane);\n    start(&powers, (1.0 - place.weights) * LOWEST, every(0.0));\n    multiply_a(place);\n\n\n    let before = top;\n    top = larger(larger(larger(larger(top, 0u), 4u), 8u), 12u);\n    var decay = Rows(power_of_2(before.l - top.l), power_of_2(before.r - top.r));\n\n    total = multiplied(total, decay);\n    total = added(total, added(raise(0u, top), raise(4u, top)));\n    total = added(total, added(raise(8u, top), raise(12u, top)));\n\n    var factor = every(1.0);\n    if (tile + 1u == tiles) {\n      factor = Rows(1.0 / total.l, 1.0 / total.r);\n      decay = multiplied(decay, factor);\n    }\n    combine_b(place, decay, factor, tile == 0u);\n  }\n  for (var i = 0u; i < home.count; i++) {\n    new_stats[home.first + home.row + i] = vec2f(one_of(top, i), 1.0 / one_of(total, i));\n  }\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn backward_query(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  let home = place_of(group, groups, lane);\n\n\n  let l = vec4u(home.first) + home.rows_l;\n  let r = vec4u(home.first) + home.rows_r;\n  let mean = means_of(home);\n  for (var i = 0u; i < home.count; i++) {\n    new_means[home.first + home.row + i] = one_of(mean, i);\n  }\n  let top = Rows(\n    vec4f(stats[l.x].x, stats[l.y].x, stats[l.z].x, stats[l.w].x),\n    vec4f(stats[r.x].x, stats[r.y].x, stats[r.z].x, stats[r.w].x),\n  );\n  let inverse = Rows(\n    vec4f(stats[l.x].y, stats[l.y].y, stats[l.z].y, stats[l.w].y),\n    vec4f(stats[r.x].y, stats[r.y].y, stats[r.z].y, stats[r.w].y),\n  );\n\n  for (var tile = 0u; tile < (dims.tokens + 15u) / 16u; tile++) {\n    let place = at_tile(home, tile, lane);\n    start(&powers, vec4f(), multiplied(every(-1.0), top));\n    multiply_a(place);\n    start(&slopes, vec4f(), multiplied(every(-1.0), mean));\n    multiply_b(place);\n    raise_both();\n    combine_a(place, multiplied(inverse, every(dims.scale)), tile == 0u);\n  }\n}",
  "\n\n\nfn means_of(place: Place) -> Rows {\n  var sum = every(0.0);\n  for (var c = 0u; c < dims.channels; c++) {\n    let at = place.head + c * dims.tokens;\n    let l = vec4u(at) + place.rows_l;\n    let r = vec4u(at) + place.rows_r;\n    sum.l += vec4f(elem4(row_b[l.x], row_b[l.y], row_b[l.z], row_b[l.w]))\n      * vec4f(y[l.x], y[l.y], y[l.z], y[l.w]);\n    sum.r += vec4f(elem4(row_b[r.x], row_b[r.y], row_b[r.z], row_b[r.w]))\n      * vec4f(y[r.x], y[r.y], y[r.z], y[r.w]);\n  }\n  return sum;\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn backward_key(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  let home = place_of(group, groups, lane);\n  for (var tile = 0u; tile < (dims.tokens + 15u) / 16u; tile++) {\n    var place = at_tile(home, tile, lane);\n    let k = vec4u(home.first) + place.columns;\n    let top = vec4f(stats[k.x].x, stats[k.y].x, stats[k.z].x, stats[k.w].x);\n    place.weights *= vec4f(stats[k.x].y, stats[k.y].y, stats[k.z].y, stats[k.w].y);\n\n    start(&powers, -top, every(0.0));\n    multiply_a(place);\n    start(&slopes, -vec4f(means[k.x], means[k.y], means[k.z], means[k.w]), every(0.0));\n    multiply_b(place);\n    raise_both();\n    combine_b(place, every(1.0), every(1.0), tile == 0u);\n    combine_a(place, every(dims.scale), tile == 0u);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
