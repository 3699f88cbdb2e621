// Generated from shaders/conv2d_pointwise.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_pointwise = {
 "name": "conv2d_pointwise",
 "hash": "57f9db16ae38429a",
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
   "value": "16u"
  },
  "BLOCKS": {
   "chunk": 3,
   "kind": "const",
   "value": "4u"
  },
  "Tile": {
   "chunk": 12,
   "kind": "alias",
   "value": "array<vec4f, 4>"
  },
  "Block": {
   "chunk": 13,
   "kind": "alias",
   "value": "array<Tile, 4>"
  },
  "Patch": {
   "chunk": 14,
   "kind": "alias",
   "value": "array<Tile, 4>"
  },
  "Spots": {
   "chunk": 15,
   "kind": "alias",
   "value": "array<vec4u, 4>"
  }
 },
 "entries": {
  "quads": {
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
    34
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
       "name": "reads",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "writes",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "tiles",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 48
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "bias",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "rows",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "added",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "result",
     "binding": 6,
     "type": "storage",
     "size": 4,
     "elem": true
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
    28,
    29,
    30,
    31,
    32,
    35
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
       "name": "reads",
       "type": "u32",
       "offset": 4
      },
      {
       "name": "writes",
       "type": "u32",
       "offset": 8
      },
      {
       "name": "pixels",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "tiles",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 48
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "bias",
     "binding": 3,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "rows",
     "binding": 4,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "added",
     "binding": 5,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "result",
     "binding": 6,
     "type": "storage",
     "size": 4,
     "elem": true
    }
   ]
  }
 },
 "chunks": [
  "\n\nalias elem = f32;",
  "\nalias elem4 = vec4<elem>;",
  "\n\nconst WG: u32 = 16u;",
  "\nconst BLOCKS: u32 = 4u;",
  "\n\nstruct Dims {\n  images: u32,\n  reads: u32,\n  writes: u32,\n  pixels: u32,\n  tiles: u32,\n  read_step: u32,\n  write_step: u32,\n  blocks: u32,\n  four: u32,\n  has_bias: u32,\n  has_added: u32,\n  rows_step: u32,\n  rows_first: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> added: array<elem>;",
  "\n@group(0) @binding(6) var<storage, read_write> result: array<elem>;",
  "\n\nalias Tile = array<vec4f, 4>;",
  "\nalias Block = array<Tile, 4>;",
  "\nalias Patch = array<Tile, 4>;",
  "\n\n\n\nalias Spots = array<vec4u, 4>;",
  "\n\nfn spots_from(first: u32, pixels: u32) -> Spots {\n  let i = first + vec4u(0u, 1u, 2u, 3u);\n  let end = vec4u(pixels - 1u);\n  return Spots(min(i, end), min(i + 4u, end), min(i + 8u, end), min(i + 12u, end));\n}",
  "\n\nfn pixels_at(image: u32, at: Spots) -> Tile {\n  return Tile(four_at(image + at[0]), four_at(image + at[1]), four_at(image + at[2]), four_at(image + at[3]));\n}",
  "\n\nfn four_at(i: vec4u) -> vec4f {\n  return vec4f(elem4(source[i.x], source[i.y], source[i.z], source[i.w]));\n}",
  "\n\nstruct Group {\n  channels: vec4u,\n  inside: vec4f,\n}",
  "\n\nfn group_from(k: u32, reads: u32) -> Group {\n  let channels = k * 4u + vec4u(0u, 1u, 2u, 3u);\n  let inside = select(vec4f(), vec4f(1.0), channels < vec4u(reads));\n  return Group(min(channels, vec4u(reads - 1u)), inside);\n}",
  "\n\nfn taps_at(i: u32, g: Group, step: u32) -> vec4f {\n  let at = i + g.channels * step;\n  return vec4f(elem4(weight[at.x], weight[at.y], weight[at.z], weight[at.w])) * g.inside;\n}",
  "\n\n\n\nfn tile(t: Tile, w: vec4f, p: Patch) -> Tile {\n  return Tile(\n    line(t[0], w, p[0][0], p[1][0], p[2][0], p[3][0]), line(t[1], w, p[0][1], p[1][1], p[2][1], p[3][1]),\n    line(t[2], w, p[0][2], p[1][2], p[2][2], p[3][2]), line(t[3], w, p[0][3], p[1][3], p[2][3], p[3][3]));\n}",
  "\n\nfn line(t: vec4f, w: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> vec4f {\n  return vec4f(\n    fma(w.w, d.x, fma(w.z, c.x, fma(w.y, b.x, fma(w.x, a.x, t.x)))),\n    fma(w.w, d.y, fma(w.z, c.y, fma(w.y, b.y, fma(w.x, a.y, t.y)))),\n    fma(w.w, d.z, fma(w.z, c.z, fma(w.y, b.z, fma(w.x, a.z, t.z)))),\n    fma(w.w, d.w, fma(w.z, c.w, fma(w.y, b.w, fma(w.x, a.w, t.w)))));\n}",
  "\n\n\n\nstruct Lane {\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) index: u32,\n}",
  "\n\nstruct Place {\n  n: u32,\n  pixel: u32,\n  is_real: bool,\n}",
  "\n\nfn place_of(lane: Lane, d: Dims) -> Place {\n  let index = (lane.group.y * lane.groups.x + lane.group.x) * WG + lane.index;\n  let n = index / d.tiles;\n  return Place(min(n, d.images - 1u), index % d.tiles * 16u, n < d.images);\n}",
  "\n\nfn pick_block(a: Block, b: Block, c: Block, d: Block, i: u32) -> Block {\n  return Block(\n    pick(a[0], b[0], c[0], d[0], i), pick(a[1], b[1], c[1], d[1], i),\n    pick(a[2], b[2], c[2], d[2], i), pick(a[3], b[3], c[3], d[3], i));\n}",
  "\n\nfn pick(a: Tile, b: Tile, c: Tile, d: Tile, i: u32) -> Tile {\n  return Tile(\n    pick_line(a[0], b[0], c[0], d[0], i), pick_line(a[1], b[1], c[1], d[1], i),\n    pick_line(a[2], b[2], c[2], d[2], i), pick_line(a[3], b[3], c[3], d[3], i));\n}",
  "\n\nfn pick_line(a: vec4f, b: vec4f, c: vec4f, d: vec4f, i: u32) -> vec4f {\n  return select(select(a, b, i == 1u), select(c, d, i == 3u), i > 1u);\n}",
  "\n\n\nfn put_block(b: Block, place: Place, channel: u32, share: u32, d: Dims) {\n  let p = place.pixel + vec4u(12u, 13u, 14u, 15u);\n  for (var i = 0u; i < d.four; i++) {\n    let o = channel + (i ^ share);\n    if (o < d.writes) {\n      let level = level_of(place.n, o, d);\n      let t = pick(b[0], b[1], b[2], b[3], i);\n      for (var r = 0u; r < d.four; r++) {\n        let at = (place.n * d.writes + o) * d.pixels + min(p - 4u * r, vec4u(d.pixels - 1u));\n        put_line(pick_line(t[3], t[2], t[1], t[0], r) + level, at, d.has_added);\n      }\n    }\n  }\n}",
  "\n\nfn level_of(n: u32, o: u32, d: Dims) -> f32 {\n  var level = 0.0;\n  if (d.has_bias == 1u) {\n    level += bias[o];\n  }\n  if (d.rows_step != 0u) {\n    level += rows[n * d.rows_step + d.rows_first + o];\n  }\n  return level;\n}",
  "\n\nfn put_line(values: vec4f, i: vec4u, has_added: u32) {\n  var sum = values;\n  if (has_added == 1u) {\n    sum += vec4f(elem4(added[i.x], added[i.y], added[i.z], added[i.w]));\n  }\n  result[i.w] = elem(sum.w);\n  result[i.z] = elem(sum.z);\n  result[i.y] = elem(sum.y);\n  result[i.x] = elem(sum.x);\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn quads(lane: Lane, @builtin(subgroup_invocation_id) id: u32) {\n  let dim = dims;\n  let place = place_of(lane, dim);\n  let at = spots_from(place.pixel, dim.pixels);\n  let share = id & 3u;\n  let channel = lane.group.z * 4u * BLOCKS;\n  let last = vec4u(dim.writes - 1u);\n  let w = min(channel + share + vec4u(0u, 4u, 8u, 12u), last) * dim.write_step;\n  let s = dim.read_step;\n  let turns = (dim.reads + 3u) / 4u;\n  var a = Block();\n  var b = Block();\n  var c = Block();\n  var d = Block();\n  for (var k = 0u; k < turns; k++) {\n    let g = group_from(k, dim.reads);\n    let image = (place.n * dim.reads + g.channels) * dim.pixels;\n    let p = Patch(\n      pixels_at(image.x, at), pixels_at(image.y, at), pixels_at(image.z, at), pixels_at(image.w, at));\n    a = shared_block(a, taps_at(w.x, g, s), p);\n    if (BLOCKS > 1u) {\n      b = shared_block(b, taps_at(w.y, g, s), p);\n    }\n    if (BLOCKS > 2u) {\n      c = shared_block(c, taps_at(w.z, g, s), p);\n      d = shared_block(d, taps_at(w.w, g, s), p);\n    }\n  }\n  if (!place.is_real) {\n    return;\n  }\n  for (var i = 0u; i < dim.blocks; i++) {\n    put_block(pick_block(a, b, c, d, i), place, channel + 4u * i, share, dim);\n  }\n}",
  "\n\nfn shared_block(t: Block, w: vec4f, p: Patch) -> Block {\n  return Block(\n    tile(t[0], w, p), tile(t[1], quadSwapX(w), p),\n    tile(t[2], quadSwapY(w), p), tile(t[3], quadSwapDiagonal(w), p));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn plain(lane: Lane) {\n  let dim = dims;\n  let place = place_of(lane, dim);\n  let at = spots_from(place.pixel, dim.pixels);\n  let channel = lane.group.z * 4u;\n  let last = vec4u(dim.writes - 1u);\n  let w = min(channel + vec4u(0u, 1u, 2u, 3u), last) * dim.write_step;\n  let s = dim.read_step;\n  let turns = (dim.reads + 3u) / 4u;\n  var t = Block();\n  for (var k = 0u; k < turns; k++) {\n    let g = group_from(k, dim.reads);\n    let image = (place.n * dim.reads + g.channels) * dim.pixels;\n    let p = Patch(\n      pixels_at(image.x, at), pixels_at(image.y, at), pixels_at(image.z, at), pixels_at(image.w, at));\n    t = Block(\n      tile(t[0], taps_at(w.x, g, s), p), tile(t[1], taps_at(w.y, g, s), p),\n      tile(t[2], taps_at(w.z, g, s), p), tile(t[3], taps_at(w.w, g, s), p));\n  }\n  if (place.is_real) {\n    put_block(t, place, channel, 0u, dim);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
