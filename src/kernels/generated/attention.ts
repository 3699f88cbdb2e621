// Generated from shaders/attention.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const attention = {
 "name": "attention",
 "hash": "eb57286e621d4c26",
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
  "STEPS": {
   "chunk": 15,
   "kind": "const",
   "value": "32u"
  },
  "PITCH": {
   "chunk": 16,
   "kind": "const",
   "value": "9u"
  },
  "Q": {
   "chunk": 26,
   "kind": "const",
   "value": "0u"
  },
  "K": {
   "chunk": 27,
   "kind": "const",
   "value": "1u"
  },
  "V": {
   "chunk": 28,
   "kind": "const",
   "value": "2u"
  }
 },
 "entries": {
  "forward": {
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
    7,
    10,
    11,
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
    38,
    39,
    42,
    43,
    44,
    45,
    46,
    47,
    49,
    50,
    51
   ],
   "subgroups": false,
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
    35,
    36,
    37,
    38,
    39,
    40,
    41,
    44,
    46,
    47,
    48,
    50,
    52
   ],
   "subgroups": false,
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
    35,
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    43,
    47,
    48,
    49,
    53
   ],
   "subgroups": false,
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
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
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
  "\n\n\n\nconst STEPS: u32 = 32u;",
  "\nconst PITCH: u32 = 9u;",
  "\n\nvar<workgroup> row_tile: array<vec4f, STEPS * PITCH>;",
  "\nvar<workgroup> column_tile: array<vec4f, STEPS * PITCH>;",
  "\nvar<workgroup> power_tile: array<vec4f, 32u * PITCH>;",
  "\nvar<workgroup> shared_rows: array<vec4f, 8u * PITCH>;",
  "\nvar<workgroup> weights: array<vec4f, 8>;",
  "\nvar<workgroup> decays: array<vec4f, 8>;",
  "\nvar<workgroup> factors: array<vec4f, 8>;",
  "\n\nstruct Place {\n  head: u32,\n  row_a: u32,\n  column_a: u32,\n  row_b: u32,\n  column_b: u32,\n  sum_a: u32,\n  sum_b: u32,\n  first: u32,\n  row: u32,\n  column: u32,\n  y: u32,\n  x: u32,\n}",
  "\n\nfn place_of(group: vec3u, groups: vec3u, lane: u32) -> Place {\n  var place = Place();\n  place.first = (group.z * groups.y + group.y) * dims.tokens;\n  place.head = place.first * dims.channels;\n  place.row = group.x * 32u;\n  place.y = lane / 8u;\n  place.x = lane % 8u;\n  return place;\n}",
  "\n\nconst Q: u32 = 0u;",
  "\nconst K: u32 = 1u;",
  "\nconst V: u32 = 2u;",
  "\n\n\nfn operand(role: u32, group: vec3u, groups: vec3u) -> u32 {\n  let all = groups.y * dims.channels * dims.tokens;\n  return (3u * group.z + role) * all + group.y * dims.channels * dims.tokens;\n}",
  "\n\nfn quad(first: u32) -> vec4u {\n  return vec4u(first, first + 1u, first + 2u, first + 3u);\n}",
  "\n\n\nfn tokens(first: u32) -> vec4u {\n  return min(quad(first), vec4u(dims.tokens - 1u));\n}",
  "\n\nfn is_token(first: u32) -> vec4f {\n  return select(vec4f(), vec4f(1.0), quad(first) < vec4u(dims.tokens));\n}",
  "\n\n\nfn at_channel(first: u32, channel: u32) -> vec4u {\n  return vec4u(first + min(channel, dims.channels - 1u) * dims.tokens);\n}",
  "\n\nfn max_of(m: mat4x4f) -> vec4f {\n  return max(max(m[0], m[1]), max(m[2], m[3]));\n}",
  "\n\n\nfn add_outer(sums: mat4x4f, first: u32, place: Place) -> mat4x4f {\n  var m = sums;\n  for (var step = 0u; step < min(STEPS, dims.channels - first); step++) {\n    let u = row_tile[step * PITCH + place.y];\n    let v = column_tile[step * PITCH + place.x];\n    m[0] += u * v.x;\n    m[1] += u * v.y;\n    m[2] += u * v.z;\n    m[3] += u * v.w;\n  }\n  return m;\n}",
  "\n\n\n\nfn multiply_a(start: mat4x4f, place: Place) -> mat4x4f {\n  var m = start;\n  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {\n    let first = chunk * STEPS;\n    workgroupBarrier();\n    for (var part = 0u; part < STEPS / 8u; part++) {\n      let step = part * 8u + place.y;\n      let i = at_channel(place.row_a, first + step) + tokens(place.row + 4u * place.x);\n      let j = at_channel(place.column_a, first + step) + tokens(place.column + 4u * place.x);\n      row_tile[step * PITCH + place.x] =\n        vec4f(elem4(qkv[i.x], qkv[i.y], qkv[i.z], qkv[i.w])) * dims.log2_scale;\n      column_tile[step * PITCH + place.x] =\n        vec4f(elem4(qkv[j.x], qkv[j.y], qkv[j.z], qkv[j.w]));\n    }\n    workgroupBarrier();\n    m = add_outer(m, first, place);\n  }\n  return m;\n}",
  "\n\n\nfn multiply_b(start: mat4x4f, place: Place) -> mat4x4f {\n  var m = start;\n  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {\n    let first = chunk * STEPS;\n    workgroupBarrier();\n    for (var part = 0u; part < STEPS / 8u; part++) {\n      let step = part * 8u + place.y;\n      let i = at_channel(place.row_b, first + step) + tokens(place.row + 4u * place.x);\n      let j = at_channel(place.column_b, first + step) + tokens(place.column + 4u * place.x);\n      row_tile[step * PITCH + place.x] =\n        vec4f(elem4(row_b[i.x], row_b[i.y], row_b[i.z], row_b[i.w]));\n      column_tile[step * PITCH + place.x] =\n        vec4f(elem4(column_b[j.x], column_b[j.y], column_b[j.z], column_b[j.w]));\n    }\n    workgroupBarrier();\n    m = add_outer(m, first, place);\n  }\n  return m;\n}",
  "\n\n\nfn show(m: mat4x4f, place: Place) {\n  workgroupBarrier();\n  power_tile[(4u * place.x) * PITCH + place.y] = m[0];\n  power_tile[(4u * place.x + 1u) * PITCH + place.y] = m[1];\n  power_tile[(4u * place.x + 2u) * PITCH + place.y] = m[2];\n  power_tile[(4u * place.x + 3u) * PITCH + place.y] = m[3];\n}",
  "\n\n\nfn sum_columns(place: Place, step: u32) -> vec4f {\n  var sum = vec4f();\n  for (var j = 0u; j < min(8u, (dims.tokens - place.column + 3u) / 4u); j++) {\n    let v = column_tile[step * PITCH + j];\n    sum += power_tile[(4u * j) * PITCH + place.x] * v.x;\n    sum += power_tile[(4u * j + 1u) * PITCH + place.x] * v.y;\n    sum += power_tile[(4u * j + 2u) * PITCH + place.x] * v.z;\n    sum += power_tile[(4u * j + 3u) * PITCH + place.x] * v.w;\n  }\n  return sum;\n}",
  "\n\n\nfn combine_a(place: Place) {\n  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {\n    let first = chunk * STEPS;\n    workgroupBarrier();\n    for (var part = 0u; part < STEPS / 8u; part++) {\n      let step = part * 8u + place.y;\n      let j = at_channel(place.column_a, first + step) + tokens(place.column + 4u * place.x);\n      column_tile[step * PITCH + place.x] = weights[place.x]\n        * vec4f(elem4(qkv[j.x], qkv[j.y], qkv[j.z], qkv[j.w]));\n    }\n    workgroupBarrier();\n    for (var part = 0u; part < STEPS / 8u; part++) {\n      let step = part * 8u + place.y;\n      add_to_a(place, first + step, sum_columns(place, step) * factors[place.x]);\n    }\n  }\n}",
  "\n\nfn add_to_a(place: Place, channel: u32, sum: vec4f) {\n  let row = place.row + 4u * place.x;\n  let first = at_channel(place.sum_a, channel).x + row;\n  for (var i = 0u; i < 4u; i++) {\n    if (channel < dims.channels && row + i < dims.tokens) {\n      let before = select(sums[first + i], 0.0, place.column == 0u);\n      sums[first + i] = before + sum[i];\n    }\n  }\n}",
  "\n\n\nfn combine_b(place: Place) {\n  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {\n    let first = chunk * STEPS;\n    workgroupBarrier();\n    for (var part = 0u; part < STEPS / 8u; part++) {\n      let step = part * 8u + place.y;\n      let j = at_channel(place.column_b, first + step) + tokens(place.column + 4u * place.x);\n      column_tile[step * PITCH + place.x] = weights[place.x]\n        * vec4f(elem4(column_b[j.x], column_b[j.y], column_b[j.z], column_b[j.w]));\n    }\n    workgroupBarrier();\n    for (var part = 0u; part < STEPS / 8u; part++) {\n      let step = part * 8u + place.y;\n      add_to_b(place, first + step, sum_columns(place, step) * factors[place.x]);\n    }\n  }\n}",
  "\n\nfn add_to_b(place: Place, channel: u32, sum: vec4f) {\n  let row = place.row + 4u * place.x;\n  let first = at_channel(place.sum_b, channel).x + row;\n  let decay = decays[place.x];\n  for (var i = 0u; i < 4u; i++) {\n    if (channel < dims.channels && row + i < dims.tokens) {\n      let before = select(sums[first + i], 0.0, place.column == 0u);\n      sums[first + i] = decay[i] * before + sum[i];\n    }\n  }\n}",
  "\n\n\nfn share_rows(rows: vec4f, at: u32, by: u32) {\n  workgroupBarrier();\n  shared_rows[by * PITCH + at] = rows;\n  workgroupBarrier();\n}",
  "\n\nfn largest_shared(at: u32) -> vec4f {\n  var largest = shared_rows[at];\n  for (var by = 1u; by < 8u; by++) {\n    largest = max(largest, shared_rows[by * PITCH + at]);\n  }\n  return largest;\n}",
  "\n\nfn sum_shared(at: u32) -> vec4f {\n  var sum = shared_rows[at];\n  for (var by = 1u; by < 8u; by++) {\n    sum += shared_rows[by * PITCH + at];\n  }\n  return sum;\n}",
  "\n\nfn power(m: mat4x4f) -> mat4x4f {\n  return mat4x4f(power_of_2(m[0]), power_of_2(m[1]), power_of_2(m[2]), power_of_2(m[3]));\n}",
  "\n\nfn times(a: mat4x4f, b: mat4x4f) -> mat4x4f {\n  return mat4x4f(a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]);\n}",
  "\n\n\nfn by_columns(x: vec4f) -> mat4x4f {\n  return mat4x4f(vec4f(x.x), vec4f(x.y), vec4f(x.z), vec4f(x.w));\n}",
  "\n\nfn by_rows(x: vec4f) -> mat4x4f {\n  return mat4x4f(x, x, x, x);\n}",
  "\n\n@compute @workgroup_size(64)\nfn forward(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  var place = place_of(group, groups, lane);\n  place.row_a = operand(Q, group, groups);\n  place.column_a = operand(K, group, groups);\n  place.column_b = operand(V, group, groups);\n  place.sum_b = place.head;\n  var top = vec4f(LOWEST);\n  var total = vec4f();\n  var all_total = vec4f();\n  let tiles = (dims.tokens + 31u) / 32u;\n  for (var tile = 0u; tile < tiles; tile++) {\n    place.column = tile * 32u;\n    let outside = (1.0 - is_token(place.column + 4u * place.x)) * LOWEST;\n    var p = multiply_a(by_columns(outside), place);\n\n\n    share_rows(max_of(p), place.y, place.x);\n    let new_top = max(top, largest_shared(place.y));\n    let decay = power_of_2(top - new_top);\n    top = new_top;\n\n    p = power(p - by_rows(top));\n    total = total * decay + p[0] + p[1] + p[2] + p[3];\n    var factor = vec4f(1.0);\n    if (tile + 1u == tiles) {\n      share_rows(total, place.y, place.x);\n      all_total = sum_shared(place.y);\n      factor = 1.0 / all_total;\n    }\n\n    show(p, place);\n    if (place.x == 0u) {\n      decays[place.y] = decay * factor;\n      factors[place.y] = factor;\n      weights[place.y] = is_token(place.column + 4u * place.y);\n    }\n    combine_b(place);\n  }\n  if (place.x < 4u && place.row + 4u * place.y + place.x < dims.tokens) {\n    let at = place.first + place.row + 4u * place.y + place.x;\n    new_stats[at] = vec2f(top[place.x], 1.0 / all_total[place.x]);\n  }\n}",
  "\n\n@compute @workgroup_size(64)\nfn backward_query(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  var place = place_of(group, groups, lane);\n  place.row_a = operand(Q, group, groups);\n  place.column_a = operand(K, group, groups);\n  place.row_b = place.head;\n  place.column_b = operand(V, group, groups);\n  place.sum_a = operand(Q, group, groups);\n\n\n  var part = vec4f();\n  for (var chunk = 0u; chunk < (dims.channels + 7u) / 8u; chunk++) {\n    let channel = chunk * 8u + place.y;\n    let i = at_channel(place.head, channel) + tokens(place.row + 4u * place.x);\n    if (channel < dims.channels) {\n      part += vec4f(elem4(row_b[i.x], row_b[i.y], row_b[i.z], row_b[i.w]))\n        * vec4f(y[i.x], y[i.y], y[i.z], y[i.w]);\n    }\n  }\n  share_rows(part, place.x, place.y);\n  let mean = sum_shared(place.y);\n  if (place.x < 4u && place.row + 4u * place.y + place.x < dims.tokens) {\n    new_means[place.first + place.row + 4u * place.y + place.x] = mean[place.x];\n  }\n\n\n  let i = vec4u(place.first) + tokens(place.row + 4u * place.y);\n  let top = vec4f(stats[i.x].x, stats[i.y].x, stats[i.z].x, stats[i.w].x);\n  if (place.x == 0u) {\n    let inverse = vec4f(stats[i.x].y, stats[i.y].y, stats[i.z].y, stats[i.w].y);\n    factors[place.y] = inverse * dims.scale;\n  }\n\n  for (var tile = 0u; tile < (dims.tokens + 31u) / 32u; tile++) {\n    place.column = tile * 32u;\n    let p = power(multiply_a(by_rows(-top), place));\n    let slopes = multiply_b(by_rows(-mean), place);\n    show(times(p, slopes), place);\n    if (place.x == 0u) {\n      weights[place.y] = is_token(place.column + 4u * place.y);\n    }\n    combine_a(place);\n  }\n}",
  "\n\n@compute @workgroup_size(64)\nfn backward_key(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  var place = place_of(group, groups, lane);\n  place.row_a = operand(K, group, groups);\n  place.column_a = operand(Q, group, groups);\n  place.row_b = operand(V, group, groups);\n  place.column_b = place.head;\n  place.sum_a = operand(K, group, groups);\n  place.sum_b = operand(V, group, groups);\n  for (var tile = 0u; tile < (dims.tokens + 31u) / 32u; tile++) {\n    place.column = tile * 32u;\n    let j = vec4u(place.first) + tokens(place.column + 4u * place.x);\n    let top = vec4f(stats[j.x].x, stats[j.y].x, stats[j.z].x, stats[j.w].x);\n    let mean = vec4f(means[j.x], means[j.y], means[j.z], means[j.w]);\n    let inverse = vec4f(stats[j.x].y, stats[j.y].y, stats[j.z].y, stats[j.w].y);\n\n    let p = power(multiply_a(by_columns(-top), place));\n    let slopes = multiply_b(by_columns(-mean), place);\n    show(p, place);\n    if (place.y == 0u) {\n      weights[place.x] = inverse * is_token(place.column + 4u * place.x);\n      decays[place.x] = vec4f(1.0);\n      factors[place.x] = vec4f(1.0);\n    }\n    combine_b(place);\n\n    show(times(p, slopes), place);\n    if (place.y == 0u) {\n      factors[place.x] = vec4f(dims.scale);\n    }\n    combine_a(place);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
