// Generated from shaders/conv2d_weight.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_weight = {
 "name": "conv2d_weight",
 "hash": "a1a4528e8d017728",
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
  "WG": {
   "chunk": 2,
   "kind": "const",
   "value": "64u"
  },
  "LANES": {
   "chunk": 3,
   "kind": "const",
   "value": "4u"
  },
  "A_TILE": {
   "chunk": 4,
   "kind": "const",
   "value": "8u"
  },
  "B_TILE": {
   "chunk": 5,
   "kind": "const",
   "value": "2u"
  },
  "STRIDE": {
   "chunk": 6,
   "kind": "const",
   "value": "1u"
  },
  "DOUBLED": {
   "chunk": 7,
   "kind": "const",
   "value": "0u"
  },
  "BOXED": {
   "chunk": 8,
   "kind": "const",
   "value": "0u"
  }
 },
 "entries": {
  "lanes": {
   "workgroupSize": [
    "LANES",
    1,
    1
   ],
   "chunks": [
    0,
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
    39
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 76,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "a_channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "b_channels",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "rows",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "columns",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "q_rows",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "q_columns",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "top",
       "type": "i32",
       "offset": 28
      },
      {
       "name": "left",
       "type": "i32",
       "offset": 32
      },
      {
       "name": "a_tiles",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "b_tiles",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "tiles",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "images_a_part",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "rows_a_part",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "row_parts",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "a_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "b_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "weights",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "is_reversed",
       "type": "u32",
       "offset": 72
      }
     ]
    },
    {
     "name": "p",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "q",
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
  },
  "plain": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    2,
    4,
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
    40,
    41,
    42
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 76,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "a_channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "b_channels",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "rows",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "columns",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "q_rows",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "q_columns",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "top",
       "type": "i32",
       "offset": 28
      },
      {
       "name": "left",
       "type": "i32",
       "offset": 32
      },
      {
       "name": "a_tiles",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "b_tiles",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "tiles",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "images_a_part",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "rows_a_part",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "row_parts",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "a_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "b_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "weights",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "is_reversed",
       "type": "u32",
       "offset": 72
      }
     ]
    },
    {
     "name": "p",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "q",
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
  "\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\n\nconst WG: u32 = 64u;",
  "\nconst LANES: u32 = 4u;",
  "\nconst A_TILE: u32 = 8u;",
  "\nconst B_TILE: u32 = 2u;",
  "\nconst STRIDE: u32 = 1u;",
  "\nconst DOUBLED: u32 = 0u;",
  "\nconst BOXED: u32 = 0u;",
  "\n\nstruct Dims {\n  images: u32,\n  a_channels: u32,\n  b_channels: u32,\n  rows: u32,\n  columns: u32,\n  q_rows: u32,\n  q_columns: u32,\n  top: i32,\n  left: i32,\n  a_tiles: u32,\n  b_tiles: u32,\n  tiles: u32,\n  images_a_part: u32,\n  rows_a_part: u32,\n  row_parts: u32,\n  a_step: u32,\n  b_step: u32,\n  weights: u32,\n  is_reversed: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> p: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> q: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> partials: array<f32>;",
  "\n\n\nstruct Run {\n  lo: vec4f,\n  hi: vec4f,\n}",
  "\n\n\nstruct Row {\n  lo: vec4f,\n  hi: vec4f,\n  end: vec2f,\n  odd_lo: vec4f,\n  odd_hi: vec4f,\n}",
  "\n\nstruct Rows {\n  above: Row,\n  middle: Row,\n  below: Row,\n  pending: Row,\n}",
  "\n\n\nstruct Task {\n  a: u32,\n  part: u32,\n  first_image: u32,\n  strips: u32,\n  first_row: u32,\n  last_row: u32,\n}",
  "\n\nfn task_of(a_tile: u32, part: u32) -> Task {\n  let first_image = part / dims.row_parts * dims.images_a_part;\n  let images = min(dims.images_a_part, dims.images - first_image);\n  let first_row = part % dims.row_parts * dims.rows_a_part;\n  let last_row = min(first_row + dims.rows_a_part, dims.rows);\n  let strips = images * ((dims.columns + 7u) / 8u);\n  return Task(a_tile * A_TILE, part, first_image, strips, first_row, last_row);\n}",
  "\n\n\nfn inside(position: i32, extent: u32) -> f32 {\n  return select(0.0, 1.0, u32(position) < extent);\n}",
  "\n\nfn inside4(first: i32, step: i32, extent: u32) -> vec4f {\n  return vec4f(\n    inside(first, extent),\n    inside(first + step, extent),\n    inside(first + 2 * step, extent),\n    inside(first + 3 * step, extent),\n  );\n}",
  "\n\n\nfn columns_inside(first: i32) -> Row {\n  let extent = dims.q_columns << DOUBLED;\n  let step = i32(STRIDE);\n  let end = first + 8 * step;\n  return Row(\n    inside4(first, step, extent),\n    inside4(first + 4 * step, step, extent),\n    vec2f(inside(end, extent), inside(end + 1, extent)),\n    inside4(first + 1, step, extent),\n    inside4(first + 9, step, extent),\n  );\n}",
  "\n\nfn pixel(start: u32, column: i32) -> f32 {\n  return f32(q[start + u32(column >> DOUBLED)]);\n}",
  "\n\nfn pixels(start: u32, column: i32) -> vec4f {\n  let step = i32(STRIDE);\n  return vec4f(\n    pixel(start, column),\n    pixel(start, column + step),\n    pixel(start, column + 2 * step),\n    pixel(start, column + 3 * step),\n  );\n}",
  "\n\n\nfn row_at(plane: u32, row: i32, first: i32, exists: Row) -> Row {\n  let extent = dims.q_rows << DOUBLED;\n  let here = inside(row, extent);\n  let start = plane + (u32(clamp(row, 0, i32(extent) - 1)) >> DOUBLED) * dims.q_columns;\n  let end_at = first + 8 * i32(STRIDE);\n  let lo = pixels(start, first) * (exists.lo * here);\n  let hi = pixels(start, first + 4 * i32(STRIDE)) * (exists.hi * here);\n  let end = vec2f(pixel(start, end_at), pixel(start, end_at + 1)) * (exists.end * here);\n  if (STRIDE == 1u) {\n    return Row(lo, hi, end, vec4f(), vec4f());\n  }\n  let odd_lo = pixels(start, first + 1) * (exists.odd_lo * here);\n  let odd_hi = pixels(start, first + 9) * (exists.odd_hi * here);\n  if (BOXED == 0u) {\n    return Row(lo, hi, end, odd_lo, odd_hi);\n  }\n  return Row(\n    lo + odd_lo,\n    hi + odd_hi,\n    vec2f(end.x + end.y, 0.0),\n    odd_lo + next(lo, hi.x),\n    odd_hi + next(hi, end.x),\n  );\n}",
  "\n\nfn next(four: vec4f, fifth: f32) -> vec4f {\n  return vec4f(four.yzw, fifth);\n}",
  "\n\nfn sum_of(a: Row, b: Row) -> Row {\n  return Row(a.lo + b.lo, a.hi + b.hi, a.end + b.end, a.odd_lo + b.odd_lo, a.odd_hi + b.odd_hi);\n}",
  "\n\n\nfn rows_before(plane: u32, i: u32, first: i32, exists: Row) -> Rows {\n  let row = i32(i * STRIDE) - dims.top;\n  var rows = Rows();\n  for (var u = 0; u < select(1, 2, STRIDE == 1u || BOXED == 1u); u++) {\n    let latest = row_at(plane, row + u, first, exists);\n    if (BOXED == 0u) {\n      rows = Rows(rows.middle, rows.below, latest, latest);\n    } else {\n      rows = Rows(latest, latest, sum_of(rows.pending, latest), latest);\n    }\n  }\n  return rows;\n}",
  "\n\n\nfn rows_of(i: u32, before: Rows, plane: u32, first: i32, exists: Row) -> Rows {\n  let row = i32(i * STRIDE) - dims.top;\n  let third = row_at(plane, row + 2, first, exists);\n  if (STRIDE == 1u) {\n    return Rows(before.middle, before.below, third, third);\n  }\n  if (BOXED == 0u) {\n    return Rows(before.below, row_at(plane, row + 1, first, exists), third, third);\n  }\n  let fourth = row_at(plane, row + 3, first, exists);\n  return Rows(before.below, sum_of(before.pending, third), sum_of(third, fourth), fourth);\n}",
  "\n\nfn product(run: Run, lo: vec4f, hi: vec4f) -> f32 {\n  return dot(run.lo, lo) + dot(run.hi, hi);\n}",
  "\n\nfn taps_of_row(run: Run, row: Row) -> vec3f {\n  let at_0 = product(run, row.lo, row.hi);\n  let one_on = product(run, next(row.lo, row.hi.x), next(row.hi, row.end.x));\n  if (STRIDE == 1u) {\n    let two_on = product(run, vec4f(row.lo.zw, row.hi.xy), vec4f(row.hi.zw, row.end));\n    return vec3f(at_0, one_on, two_on);\n  }\n  return vec3f(at_0, product(run, row.odd_lo, row.odd_hi), one_on);\n}",
  "\n\nfn taps(run: Run, rows: Rows) -> mat3x3f {\n  return mat3x3f(\n    taps_of_row(run, rows.above),\n    taps_of_row(run, rows.middle),\n    taps_of_row(run, rows.below),\n  );\n}",
  "\n\n\nfn add_taps(w: array<mat3x3f, 8>, runs: array<Run, 8>, rows: Rows) -> array<mat3x3f, 8> {\n  var sum = w;\n  sum[0] += taps(runs[0], rows);\n  if (A_TILE > 1u) {\n    sum[1] += taps(runs[1], rows);\n    sum[2] += taps(runs[2], rows);\n    sum[3] += taps(runs[3], rows);\n  }\n  if (A_TILE > 4u) {\n    sum[4] += taps(runs[4], rows);\n    sum[5] += taps(runs[5], rows);\n    sum[6] += taps(runs[6], rows);\n    sum[7] += taps(runs[7], rows);\n  }\n  return sum;\n}",
  "\n\nfn added(a: array<mat3x3f, 8>, b: array<mat3x3f, 8>) -> array<mat3x3f, 8> {\n  return array(\n    a[0] + b[0],\n    a[1] + b[1],\n    a[2] + b[2],\n    a[3] + b[3],\n    a[4] + b[4],\n    a[5] + b[5],\n    a[6] + b[6],\n    a[7] + b[7],\n  );\n}",
  "\n\n\nfn store(task: Task, b: u32, w: array<mat3x3f, 8>) {\n  var all = w;\n  let count = select(0u, min(A_TILE, dims.a_channels - task.a), b < dims.b_channels);\n  for (var k = 0u; k < count; k++) {\n    let e = task.part * dims.weights + (task.a + k) * dims.a_step + b * dims.b_step;\n    for (var tap = 0u; tap < 9u; tap++) {\n      partials[e + select(tap, 8u - tap, dims.is_reversed == 1u)] = all[k][tap / 3u][tap % 3u];\n    }\n  }\n}",
  "\n\nfn first_four(own: f32) -> vec4f {\n  return vec4f(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u),\n    subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));\n}",
  "\n\nfn last_four(own: f32) -> vec4f {\n  return vec4f(subgroupBroadcast(own, 4u), subgroupBroadcast(own, 5u),\n    subgroupBroadcast(own, 6u), subgroupBroadcast(own, 7u));\n}",
  "\n\n\nfn shared_run(at: u32, lane: u32, exists: vec2f) -> Run {\n  let own = f32(p[at + lane]) * exists.x;\n  if (LANES == 8u) {\n    return Run(first_four(own), last_four(own));\n  }\n  return Run(first_four(own), first_four(f32(p[at + 4u + lane]) * exists.y));\n}",
  "\n\n\nfn shared_runs(at: u32, lane: u32, exists: vec2f) -> array<Run, 8> {\n  let plane = dims.rows * dims.columns;\n  return array(\n    shared_run(at, lane, exists),\n    shared_run(at + plane, lane, exists),\n    shared_run(at + 2u * plane, lane, exists),\n    shared_run(at + 3u * plane, lane, exists),\n    shared_run(at + 4u * plane, lane, exists),\n    shared_run(at + 5u * plane, lane, exists),\n    shared_run(at + 6u * plane, lane, exists),\n    shared_run(at + 7u * plane, lane, exists),\n  );\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn lanes(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) local: u32,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  let index = min(group.y * groups.x + group.x, dims.tiles - 1u);\n  let task = task_of(index / dims.b_tiles % dims.a_tiles, index / dims.b_tiles / dims.a_tiles);\n  let b = (index % dims.b_tiles * LANES + local) * B_TILE;\n  let strips = (dims.columns + 7u) / 8u;\n  let q_plane = dims.q_rows * dims.q_columns;\n  var w = array<mat3x3f, 8>();\n  var other_w = array<mat3x3f, 8>();\n  for (var k = 0u; k < task.strips; k++) {\n    let n = task.first_image + k / strips;\n    let j = k % strips * 8u;\n    let p_start = (n * dims.a_channels + task.a) * dims.rows * dims.columns + j;\n    let q_start = (n * dims.b_channels + b) * q_plane;\n    let first = i32(j * STRIDE) - dims.left;\n    let own = vec2f(inside(i32(j + lane), dims.columns), inside(i32(j + lane + 4u), dims.columns));\n    let exists = columns_inside(first);\n    var rows = rows_before(q_start, task.first_row, first, exists);\n    var other_rows = rows;\n    if (B_TILE == 2u) {\n      other_rows = rows_before(q_start + q_plane, task.first_row, first, exists);\n    }\n    var strip = array<mat3x3f, 8>();\n    var other_strip = array<mat3x3f, 8>();\n    for (var i = task.first_row; i < task.last_row; i++) {\n      let runs = shared_runs(p_start + i * dims.columns, lane, own);\n      rows = rows_of(i, rows, q_start, first, exists);\n      strip = add_taps(strip, runs, rows);\n      if (B_TILE == 2u) {\n        other_rows = rows_of(i, other_rows, q_start + q_plane, first, exists);\n        other_strip = add_taps(other_strip, runs, other_rows);\n      }\n    }\n    w = added(w, strip);\n    other_w = added(other_w, other_strip);\n  }\n  store(task, b, w);\n  if (B_TILE == 2u) {\n    store(task, b + 1u, other_w);\n  }\n}",
  "\n\nfn plain_run(at: u32, exists: Run) -> Run {\n  return Run(\n    vec4f(elem4(p[at], p[at + 1u], p[at + 2u], p[at + 3u])) * exists.lo,\n    vec4f(elem4(p[at + 4u], p[at + 5u], p[at + 6u], p[at + 7u])) * exists.hi,\n  );\n}",
  "\n\nfn plain_runs(at: u32, exists: Run) -> array<Run, 8> {\n  let plane = dims.rows * dims.columns;\n  return array(\n    plain_run(at, exists),\n    plain_run(at + plane, exists),\n    plain_run(at + 2u * plane, exists),\n    plain_run(at + 3u * plane, exists),\n    plain_run(at + 4u * plane, exists),\n    plain_run(at + 5u * plane, exists),\n    plain_run(at + 6u * plane, exists),\n    plain_run(at + 7u * plane, exists),\n  );\n}",
  "\n\n@compute @workgroup_size(WG)\nfn plain(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) local: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + local;\n  if (index >= dims.tiles) {\n    return;\n  }\n  let task = task_of(index / dims.b_tiles % dims.a_tiles, index / dims.b_tiles / dims.a_tiles);\n  let b = index % dims.b_tiles;\n  let strips = (dims.columns + 7u) / 8u;\n  var w = array<mat3x3f, 8>();\n  for (var k = 0u; k < task.strips; k++) {\n    let n = task.first_image + k / strips;\n    let j = k % strips * 8u;\n    let p_start = (n * dims.a_channels + task.a) * dims.rows * dims.columns + j;\n    let q_start = (n * dims.b_channels + b) * dims.q_rows * dims.q_columns;\n    let first = i32(j * STRIDE) - dims.left;\n    let own = Run(inside4(i32(j), 1, dims.columns), inside4(i32(j + 4u), 1, dims.columns));\n    let exists = columns_inside(first);\n    var rows = rows_before(q_start, task.first_row, first, exists);\n    var strip = array<mat3x3f, 8>();\n    for (var i = task.first_row; i < task.last_row; i++) {\n      rows = rows_of(i, rows, q_start, first, exists);\n      strip = add_taps(strip, plain_runs(p_start + i * dims.columns, own), rows);\n    }\n    w = added(w, strip);\n  }\n  store(task, b, w);\n}"
 ]
} as const satisfies ShaderFamily;
