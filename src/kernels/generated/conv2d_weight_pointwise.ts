// Generated from shaders/conv2d_weight_pointwise.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_weight_pointwise = {
 "name": "conv2d_weight_pointwise",
 "hash": "2236abeef7ec05b8",
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
  "QUADS": {
   "chunk": 4,
   "kind": "const",
   "value": "2u"
  },
  "STRIDE": {
   "chunk": 5,
   "kind": "const",
   "value": "1u"
  },
  "DOUBLED": {
   "chunk": 6,
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
    29
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 52,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "in_channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "out_channels",
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
       "name": "x_rows",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "x_columns",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "out_tiles",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "in_tiles",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "tiles",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "images_a_part",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "rows_a_part",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "row_parts",
       "type": "u32",
       "offset": 48
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
    30,
    31,
    32
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 52,
     "fields": [
      {
       "name": "images",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "in_channels",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "out_channels",
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
       "name": "x_rows",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "x_columns",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "out_tiles",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "in_tiles",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "tiles",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "images_a_part",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "rows_a_part",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "row_parts",
       "type": "u32",
       "offset": 48
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
  "\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\n\nconst WG: u32 = 64u;",
  "\nconst LANES: u32 = 4u;",
  "\nconst QUADS: u32 = 2u;",
  "\nconst STRIDE: u32 = 1u;",
  "\nconst DOUBLED: u32 = 0u;",
  "\n\nstruct Dims {\n  images: u32,\n  in_channels: u32,\n  out_channels: u32,\n  rows: u32,\n  columns: u32,\n  x_rows: u32,\n  x_columns: u32,\n  out_tiles: u32,\n  in_tiles: u32,\n  tiles: u32,\n  images_a_part: u32,\n  rows_a_part: u32,\n  row_parts: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> dy: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> x: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> partials: array<f32>;",
  "\n\n\nstruct Run {\n  lo: vec4f,\n  hi: vec4f,\n}",
  "\n\n\nstruct Task {\n  o: u32,\n  part: u32,\n  first_image: u32,\n  strips: u32,\n  first_row: u32,\n  last_row: u32,\n}",
  "\n\nfn task_of(out_tile: u32, part: u32) -> Task {\n  let first_image = part / dims.row_parts * dims.images_a_part;\n  let images = min(dims.images_a_part, dims.images - first_image);\n  let first_row = part % dims.row_parts * dims.rows_a_part;\n  let last_row = min(first_row + dims.rows_a_part, dims.rows);\n  let strips = images * ((dims.columns + 7u) / 8u);\n  return Task(out_tile * 8u, part, first_image, strips, first_row, last_row);\n}",
  "\n\nfn inside(position: u32, extent: u32) -> f32 {\n  return select(0.0, 1.0, position < extent);\n}",
  "\n\nfn inside4(first: u32) -> vec4f {\n  return vec4f(\n    inside(first, dims.columns),\n    inside(first + 1u, dims.columns),\n    inside(first + 2u, dims.columns),\n    inside(first + 3u, dims.columns),\n  );\n}",
  "\n\n\nfn pixels(start: u32, column: u32) -> vec4f {\n  return vec4f(\n    f32(x[start + (column >> DOUBLED)]),\n    f32(x[start + ((column + STRIDE) >> DOUBLED)]),\n    f32(x[start + ((column + 2u * STRIDE) >> DOUBLED)]),\n    f32(x[start + ((column + 3u * STRIDE) >> DOUBLED)]),\n  );\n}",
  "\n\nfn run_of_x(start: u32, column: u32) -> Run {\n  return Run(pixels(start, column), pixels(start, column + 4u * STRIDE));\n}",
  "\n\nfn four_runs(start: u32, column: u32) -> array<Run, 4> {\n  let plane = dims.x_rows * dims.x_columns;\n  return array(\n    run_of_x(start, column),\n    run_of_x(start + plane, column),\n    run_of_x(start + 2u * plane, column),\n    run_of_x(start + 3u * plane, column),\n  );\n}",
  "\n\nfn product(a: Run, b: Run) -> f32 {\n  return dot(a.lo, b.lo) + dot(a.hi, b.hi);\n}",
  "\n\nfn products(a: Run, b: array<Run, 4>) -> vec4f {\n  return vec4f(product(a, b[0]), product(a, b[1]), product(a, b[2]), product(a, b[3]));\n}",
  "\n\nfn add_products(w: array<vec4f, 8>, a: array<Run, 8>, b: array<Run, 4>) -> array<vec4f, 8> {\n  return array(\n    w[0] + products(a[0], b),\n    w[1] + products(a[1], b),\n    w[2] + products(a[2], b),\n    w[3] + products(a[3], b),\n    w[4] + products(a[4], b),\n    w[5] + products(a[5], b),\n    w[6] + products(a[6], b),\n    w[7] + products(a[7], b),\n  );\n}",
  "\n\nfn added(a: array<vec4f, 8>, b: array<vec4f, 8>) -> array<vec4f, 8> {\n  return array(\n    a[0] + b[0],\n    a[1] + b[1],\n    a[2] + b[2],\n    a[3] + b[3],\n    a[4] + b[4],\n    a[5] + b[5],\n    a[6] + b[6],\n    a[7] + b[7],\n  );\n}",
  "\n\nfn store(task: Task, c: u32, w: array<vec4f, 8>) {\n  var all = w;\n  let count = min(8u, dims.out_channels - task.o);\n  let channels = min(4u, max(dims.in_channels, c) - c);\n  for (var k = 0u; k < count; k++) {\n    let row = (task.part * dims.out_channels + task.o + k) * dims.in_channels + c;\n    for (var i = 0u; i < channels; i++) {\n      partials[row + i] = all[k][i];\n    }\n  }\n}",
  "\n\nfn first_four(own: f32) -> vec4f {\n  return vec4f(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u),\n    subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));\n}",
  "\n\nfn last_four(own: f32) -> vec4f {\n  return vec4f(subgroupBroadcast(own, 4u), subgroupBroadcast(own, 5u),\n    subgroupBroadcast(own, 6u), subgroupBroadcast(own, 7u));\n}",
  "\n\n\nfn shared_run(at: u32, lane: u32, exists: vec2f) -> Run {\n  let own = f32(dy[at + lane]) * exists.x;\n  if (LANES == 8u) {\n    return Run(first_four(own), last_four(own));\n  }\n  return Run(first_four(own), first_four(f32(dy[at + 4u + lane]) * exists.y));\n}",
  "\n\nfn shared_runs(at: u32, lane: u32, exists: vec2f) -> array<Run, 8> {\n  let plane = dims.rows * dims.columns;\n  return array(\n    shared_run(at, lane, exists),\n    shared_run(at + plane, lane, exists),\n    shared_run(at + 2u * plane, lane, exists),\n    shared_run(at + 3u * plane, lane, exists),\n    shared_run(at + 4u * plane, lane, exists),\n    shared_run(at + 5u * plane, lane, exists),\n    shared_run(at + 6u * plane, lane, exists),\n    shared_run(at + 7u * plane, lane, exists),\n  );\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn lanes(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) local: u32,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  let index = min(group.y * groups.x + group.x, dims.tiles - 1u);\n  let task = task_of(\n    index / dims.in_tiles % dims.out_tiles,\n    index / dims.in_tiles / dims.out_tiles,\n  );\n  let c = (index % dims.in_tiles * LANES + local) * 4u * QUADS;\n  let strips = (dims.columns + 7u) / 8u;\n  let x_plane = dims.x_rows * dims.x_columns;\n  var w = array<vec4f, 8>();\n  var other_w = array<vec4f, 8>();\n  for (var k = 0u; k < task.strips; k++) {\n    let n = task.first_image + k / strips;\n    let j = k % strips * 8u;\n    let y_start = (n * dims.out_channels + task.o) * dims.rows * dims.columns + j;\n    let x_start = (n * dims.in_channels + c) * x_plane;\n    let own = vec2f(inside(j + lane, dims.columns), inside(j + lane + 4u, dims.columns));\n    var strip = array<vec4f, 8>();\n    var other_strip = array<vec4f, 8>();\n    for (var i = task.first_row; i < task.last_row; i++) {\n      let runs = shared_runs(y_start + i * dims.columns, lane, own);\n      let row = x_start + ((i * STRIDE) >> DOUBLED) * dims.x_columns;\n      strip = add_products(strip, runs, four_runs(row, j * STRIDE));\n      if (QUADS == 2u) {\n        other_strip = add_products(other_strip, runs, four_runs(row + 4u * x_plane, j * STRIDE));\n      }\n    }\n    w = added(w, strip);\n    other_w = added(other_w, other_strip);\n  }\n  store(task, c, w);\n  if (QUADS == 2u) {\n    store(task, c + 4u, other_w);\n  }\n}",
  "\n\nfn plain_run(at: u32, exists: Run) -> Run {\n  return Run(\n    vec4f(elem4(dy[at], dy[at + 1u], dy[at + 2u], dy[at + 3u])) * exists.lo,\n    vec4f(elem4(dy[at + 4u], dy[at + 5u], dy[at + 6u], dy[at + 7u])) * exists.hi,\n  );\n}",
  "\n\nfn plain_runs(at: u32, exists: Run) -> array<Run, 8> {\n  let plane = dims.rows * dims.columns;\n  return array(\n    plain_run(at, exists),\n    plain_run(at + plane, exists),\n    plain_run(at + 2u * plane, exists),\n    plain_run(at + 3u * plane, exists),\n    plain_run(at + 4u * plane, exists),\n    plain_run(at + 5u * plane, exists),\n    plain_run(at + 6u * plane, exists),\n    plain_run(at + 7u * plane, exists),\n  );\n}",
  "\n\n@compute @workgroup_size(WG)\nfn plain(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) local: u32,\n) {\n  let index = (group.y * groups.x + group.x) * WG + local;\n  if (index >= dims.tiles) {\n    return;\n  }\n  let task = task_of(\n    index / dims.in_tiles % dims.out_tiles,\n    index / dims.in_tiles / dims.out_tiles,\n  );\n  let c = index % dims.in_tiles * 4u;\n  let strips = (dims.columns + 7u) / 8u;\n  var w = array<vec4f, 8>();\n  for (var k = 0u; k < task.strips; k++) {\n    let n = task.first_image + k / strips;\n    let j = k % strips * 8u;\n    let y_start = (n * dims.out_channels + task.o) * dims.rows * dims.columns + j;\n    let x_start = (n * dims.in_channels + c) * dims.x_rows * dims.x_columns;\n    let own = Run(inside4(j), inside4(j + 4u));\n    var strip = array<vec4f, 8>();\n    for (var i = task.first_row; i < task.last_row; i++) {\n      let row = x_start + ((i * STRIDE) >> DOUBLED) * dims.x_columns;\n      strip = add_products(\n        strip,\n        plain_runs(y_start + i * dims.columns, own),\n        four_runs(row, j * STRIDE),\n      );\n    }\n    w = added(w, strip);\n  }\n  store(task, c, w);\n}"
 ]
} as const satisfies ShaderFamily;
