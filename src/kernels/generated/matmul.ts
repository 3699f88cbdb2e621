// Generated from shaders/matmul.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const matmul = {
 "name": "matmul",
 "hash": "1b35eb89e352612e",
 "settings": {
  "TILE": {
   "chunk": 10,
   "kind": "const",
   "value": "64u"
  },
  "STEPS": {
   "chunk": 11,
   "kind": "const",
   "value": "1024u / TILE"
  },
  "QUADS": {
   "chunk": 12,
   "kind": "const",
   "value": "TILE / 4u"
  },
  "PITCH": {
   "chunk": 13,
   "kind": "const",
   "value": "QUADS + 1u"
  },
  "Brought": {
   "chunk": 16,
   "kind": "alias",
   "value": "array<vec4f, STEPS * QUADS / 64u>"
  },
  "LANES": {
   "chunk": 28,
   "kind": "const",
   "value": "4u"
  },
  "BLOCKS": {
   "chunk": 29,
   "kind": "const",
   "value": "8u"
  }
 },
 "entries": {
  "forward_tile": {
   "workgroupSize": [
    64,
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
    8,
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
    25
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 40,
     "fields": [
      {
       "name": "m",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "n",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "k",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a_m",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "a_k",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "b_k",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "b_n",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "adds",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "addend_m",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "sums_rows",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "addend",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "c",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "backward_input_tile": {
   "workgroupSize": [
    64,
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
    8,
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
    26
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 40,
     "fields": [
      {
       "name": "m",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "n",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "k",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a_m",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "a_k",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "b_k",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "b_n",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "adds",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "addend_m",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "sums_rows",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "addend",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "c",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "backward_weight_tile": {
   "workgroupSize": [
    64,
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
    27
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 40,
     "fields": [
      {
       "name": "m",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "n",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "k",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a_m",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "a_k",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "b_k",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "b_n",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "adds",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "addend_m",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "sums_rows",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "addend",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "c",
     "binding": 4,
     "type": "storage",
     "size": 4
    },
    {
     "name": "dbias",
     "binding": 5,
     "type": "storage",
     "size": 4
    }
   ]
  },
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
    4,
    5,
    7,
    8,
    28,
    29,
    30,
    31,
    32
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 40,
     "fields": [
      {
       "name": "m",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "n",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "k",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a_m",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "a_k",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "b_k",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "b_n",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "adds",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "addend_m",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "sums_rows",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "addend",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "c",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "backward_input_lanes": {
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
    28,
    29,
    30,
    31,
    33
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 40,
     "fields": [
      {
       "name": "m",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "n",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "k",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a_m",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "a_k",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "b_k",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "b_n",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "adds",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "addend_m",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "sums_rows",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "addend",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "c",
     "binding": 4,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "backward_weight_lanes": {
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
    28,
    29,
    30,
    31,
    34
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 40,
     "fields": [
      {
       "name": "m",
       "type": "u32",
       "offset": 0
      },
      {
       "name": "n",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "k",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "a_m",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "a_k",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "b_k",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "b_n",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "adds",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "addend_m",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "sums_rows",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "a",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "b",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "addend",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "c",
     "binding": 4,
     "type": "storage",
     "size": 4
    },
    {
     "name": "dbias",
     "binding": 5,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\nstruct Product {\n  m: u32,\n  n: u32,\n  k: u32,\n  a_m: u32,\n  a_k: u32,\n  b_k: u32,\n  b_n: u32,\n  adds: u32,\n  addend_m: u32,\n  sums_rows: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Product;",
  "\n@group(0) @binding(1) var<storage, read> a: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> b: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read> addend: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read_write> c: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read_write> dbias: array<f32>;",
  "\n\n\nfn add_outer(sums: ptr<function, mat4x4f>, u: vec4f, v: vec4f) {\n  (*sums)[0] += v * u.x;\n  (*sums)[1] += v * u.y;\n  (*sums)[2] += v * u.z;\n  (*sums)[3] += v * u.w;\n}",
  "\n\n\nfn store(row: u32, column: u32, sums: vec4f) {\n  if (row >= dims.m || column >= dims.n) {\n    return;\n  }\n  let at = row * dims.n + column;\n  let count = min(dims.n - column, 4u);\n  var values = sums;\n  if (dims.adds != 0u) {\n    let source = row * dims.addend_m + column;\n    for (var i = 0u; i < count; i++) {\n      values[i] += addend[source + i];\n    }\n  }\n  if (count == 4u) {\n    c[at] = values.x;\n    c[at + 1u] = values.y;\n    c[at + 2u] = values.z;\n    c[at + 3u] = values.w;\n    return;\n  }\n  for (var i = 0u; i < count; i++) {\n    c[at + i] = values[i];\n  }\n}",
  "\n\n\nfn store_dbias(first: u32, rows: u32, lane: vec2u) {\n  for (var i = 0u; i < rows / lane.y; i++) {\n    let row = first + i * lane.y + lane.x;\n    if (row < dims.m) {\n      var sum = 0.0;\n      for (var k = 0u; k < dims.k; k++) {\n        sum += a[row * dims.a_m + k * dims.a_k];\n      }\n      dbias[row] = sum;\n    }\n  }\n}",
  "\n\n\n\nconst TILE: u32 = 64u;",
  "\nconst STEPS: u32 = 1024u / TILE;",
  "\nconst QUADS: u32 = TILE / 4u;",
  "\nconst PITCH: u32 = QUADS + 1u;",
  "\n\nvar<workgroup> tile_a: array<vec4f, STEPS * PITCH>;",
  "\nvar<workgroup> tile_b: array<vec4f, STEPS * PITCH>;",
  "\n\nalias Brought = array<vec4f, STEPS * QUADS / 64u>;",
  "\n\n\nfn brought(at: u32, stride_k: u32) -> vec2u {\n  return select(vec2u(at / QUADS, at % QUADS), vec2u(at % STEPS, at / STEPS), stride_k == 1u);\n}",
  "\n\nfn load_a(first_m: u32, first_k: u32, lane: u32) -> Brought {\n  var loaded: Brought;\n  for (var i = 0u; i < STEPS * QUADS / 64u; i++) {\n    let place = brought(i * 64u + lane, dims.a_k);\n    let k = first_k + place.x;\n    let m = first_m + place.y * 4u + vec4u(0u, 1u, 2u, 3u);\n    let at = min(m, vec4u(dims.m - 1u)) * dims.a_m + min(k, dims.k - 1u) * dims.a_k;\n    let is_in = (m < vec4u(dims.m)) & vec4<bool>(k < dims.k);\n    loaded[i] = select(vec4f(), vec4f(a[at.x], a[at.y], a[at.z], a[at.w]), is_in);\n  }\n  return loaded;\n}",
  "\n\nfn load_b(first_n: u32, first_k: u32, lane: u32) -> Brought {\n  var loaded: Brought;\n  for (var i = 0u; i < STEPS * QUADS / 64u; i++) {\n    let place = brought(i * 64u + lane, dims.b_k);\n    let k = first_k + place.x;\n    let n = first_n + place.y * 4u + vec4u(0u, 1u, 2u, 3u);\n    let at = min(n, vec4u(dims.n - 1u)) * dims.b_n + min(k, dims.k - 1u) * dims.b_k;\n    let is_in = (n < vec4u(dims.n)) & vec4<bool>(k < dims.k);\n    loaded[i] = select(vec4f(), vec4f(b[at.x], b[at.y], b[at.z], b[at.w]), is_in);\n  }\n  return loaded;\n}",
  "\n\n\nstruct Corners {\n  near: mat4x4f,\n  right: mat4x4f,\n  below: mat4x4f,\n  far: mat4x4f,\n}",
  "\n\nfn outer(sums: mat4x4f, u: vec4f, v: vec4f) -> mat4x4f {\n  return mat4x4f(\n    fma(vec4f(u.x), v, sums[0]), fma(vec4f(u.y), v, sums[1]),\n    fma(vec4f(u.z), v, sums[2]), fma(vec4f(u.w), v, sums[3]));\n}",
  "\n\nfn add_step(c: Corners, u: u32, v: u32) -> Corners {\n  let up = tile_a[u];\n  if (TILE == 32u) {\n    return Corners(outer(c.near, up, tile_b[v]), c.right, c.below, c.far);\n  }\n  let down = tile_a[u + QUADS / 2u];\n  let left = tile_b[v];\n  let right = tile_b[v + QUADS / 2u];\n  return Corners(\n    outer(c.near, up, left), outer(c.right, up, right),\n    outer(c.below, down, left), outer(c.far, down, right));\n}",
  "\n\nfn store_corner(row: u32, column: u32, sums: mat4x4f) {\n  store(row, column, sums[0]);\n  store(row + 1u, column, sums[1]);\n  store(row + 2u, column, sums[2]);\n  store(row + 3u, column, sums[3]);\n}",
  "\n\n\n\nfn multiply_tile(group: vec3u, lane: u32) {\n  let first = group.yx * TILE;\n  let own = vec2u(lane / 8u, lane % 8u);\n  var next_a = load_a(first.x, 0u, lane);\n  var next_b = load_b(first.y, 0u, lane);\n  var c = Corners();\n  for (var turn = 0u; turn < (dims.k + STEPS - 1u) / STEPS; turn++) {\n    for (var i = 0u; i < STEPS * QUADS / 64u; i++) {\n      let in_a = brought(i * 64u + lane, dims.a_k);\n      let in_b = brought(i * 64u + lane, dims.b_k);\n      tile_a[in_a.x * PITCH + in_a.y] = next_a[i];\n      tile_b[in_b.x * PITCH + in_b.y] = next_b[i];\n    }\n    workgroupBarrier();\n    next_a = load_a(first.x, (turn + 1u) * STEPS, lane);\n    next_b = load_b(first.y, (turn + 1u) * STEPS, lane);\n    for (var step = 0u; step < STEPS; step++) {\n      c = add_step(c, step * PITCH + own.x, step * PITCH + own.y);\n    }\n    workgroupBarrier();\n  }\n  let row = first.x + own.x * 4u;\n  let column = first.y + own.y * 4u;\n  store_corner(row, column, c.near);\n  if (TILE == 64u) {\n    store_corner(row, column + 32u, c.right);\n    store_corner(row + 32u, column, c.below);\n    store_corner(row + 32u, column + 32u, c.far);\n  }\n}",
  "\n\n@compute @workgroup_size(64)\nfn forward_tile(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  multiply_tile(group, lane);\n}",
  "\n\n@compute @workgroup_size(64)\nfn backward_input_tile(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  multiply_tile(group, lane);\n}",
  "\n\n@compute @workgroup_size(64)\nfn backward_weight_tile(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  multiply_tile(group, lane);\n  if (dims.sums_rows != 0u && group.x == 0u && lane < TILE) {\n    store_dbias(group.y * TILE, TILE, vec2u(lane, TILE));\n  }\n}",
  "\n\n\n\nconst LANES: u32 = 4u;",
  "\nconst BLOCKS: u32 = 8u;",
  "\n\n\nfn spread(x: f32) -> vec4f {\n  return vec4f(\n    subgroupBroadcast(x, 0u),\n    subgroupBroadcast(x, 1u),\n    subgroupBroadcast(x, 2u),\n    subgroupBroadcast(x, 3u),\n  );\n}",
  "\n\n\nfn multiply_lanes(group: vec3u, lane: u32) {\n  let row = group.y * 4u * BLOCKS;\n  let column = (group.x * LANES + lane) * 8u;\n  let own_row = row + lane % 4u;\n\n  let last = dims.m - 1u;\n  let row0 = min(own_row, last) * dims.a_m;\n  let row1 = min(own_row + 4u, last) * dims.a_m;\n  let row2 = min(own_row + 8u, last) * dims.a_m;\n  let row3 = min(own_row + 12u, last) * dims.a_m;\n  let row4 = min(own_row + 16u, last) * dims.a_m;\n  let row5 = min(own_row + 20u, last) * dims.a_m;\n  let row6 = min(own_row + 24u, last) * dims.a_m;\n  let row7 = min(own_row + 28u, last) * dims.a_m;\n\n  let left = min(vec4u(column) + vec4u(0u, 1u, 2u, 3u), vec4u(dims.n - 1u)) * dims.b_n;\n  let right = min(vec4u(column) + vec4u(4u, 5u, 6u, 7u), vec4u(dims.n - 1u)) * dims.b_n;\n\n  var l0 = mat4x4f();\n  var l1 = mat4x4f();\n  var l2 = mat4x4f();\n  var l3 = mat4x4f();\n  var l4 = mat4x4f();\n  var l5 = mat4x4f();\n  var l6 = mat4x4f();\n  var l7 = mat4x4f();\n  var r0 = mat4x4f();\n  var r1 = mat4x4f();\n  var r2 = mat4x4f();\n  var r3 = mat4x4f();\n  var r4 = mat4x4f();\n  var r5 = mat4x4f();\n  var r6 = mat4x4f();\n  var r7 = mat4x4f();\n  for (var k = 0u; k < dims.k; k++) {\n    let in_a = k * dims.a_k;\n    let in_b = k * dims.b_k;\n    let b_l = vec4f(b[in_b + left.x], b[in_b + left.y], b[in_b + left.z], b[in_b + left.w]);\n    let b_r = vec4f(b[in_b + right.x], b[in_b + right.y], b[in_b + right.z], b[in_b + right.w]);\n    let a0 = spread(a[in_a + row0]);\n    add_outer(&l0, a0, b_l);\n    add_outer(&r0, a0, b_r);\n    let a1 = spread(a[in_a + row1]);\n    add_outer(&l1, a1, b_l);\n    add_outer(&r1, a1, b_r);\n    if (BLOCKS > 2u) {\n      let a2 = spread(a[in_a + row2]);\n      add_outer(&l2, a2, b_l);\n      add_outer(&r2, a2, b_r);\n      let a3 = spread(a[in_a + row3]);\n      add_outer(&l3, a3, b_l);\n      add_outer(&r3, a3, b_r);\n      let a4 = spread(a[in_a + row4]);\n      add_outer(&l4, a4, b_l);\n      add_outer(&r4, a4, b_r);\n      let a5 = spread(a[in_a + row5]);\n      add_outer(&l5, a5, b_l);\n      add_outer(&r5, a5, b_r);\n      let a6 = spread(a[in_a + row6]);\n      add_outer(&l6, a6, b_l);\n      add_outer(&r6, a6, b_r);\n      let a7 = spread(a[in_a + row7]);\n      add_outer(&l7, a7, b_l);\n      add_outer(&r7, a7, b_r);\n    }\n  }\n\n  var left_sums = array<mat4x4f, 8>(l0, l1, l2, l3, l4, l5, l6, l7);\n  var right_sums = array<mat4x4f, 8>(r0, r1, r2, r3, r4, r5, r6, r7);\n  for (var i = 0u; i < min(4u * BLOCKS, dims.m - row); i++) {\n    store(row + i, column, left_sums[i / 4u][i % 4u]);\n    store(row + i, column + 4u, right_sums[i / 4u][i % 4u]);\n  }\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn forward_lanes(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  multiply_lanes(group, lane);\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn backward_input_lanes(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  multiply_lanes(group, lane);\n}",
  "\n\n@compute @workgroup_size(LANES)\nfn backward_weight_lanes(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(subgroup_invocation_id) lane: u32,\n) {\n  multiply_lanes(group, lane);\n  if (dims.sums_rows != 0u && group.x == 0u) {\n    store_dbias(group.y * 4u * BLOCKS, 4u * BLOCKS, vec2u(lane, LANES));\n  }\n}"
 ]
} as const satisfies ShaderFamily;
