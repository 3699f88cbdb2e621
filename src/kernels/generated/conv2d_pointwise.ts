// Generated from shaders/conv2d_pointwise.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_pointwise = {
 "name": "conv2d_pointwise",
 "hash": "f3a4e0bc4b59caf6",
 "settings": {
  "WG": {
   "chunk": 0,
   "kind": "const",
   "value": "16u"
  },
  "BLOCKS": {
   "chunk": 1,
   "kind": "const",
   "value": "4u"
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
       "name": "has_bias",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
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
     "size": 4
    },
    {
     "name": "result",
     "binding": 6,
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
    23,
    24,
    25,
    26,
    27,
    28,
    29,
    30,
    33
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
       "name": "has_bias",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 36
      }
     ]
    },
    {
     "name": "source",
     "binding": 1,
     "type": "read-only-storage",
     "size": 4
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4
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
     "size": 4
    },
    {
     "name": "result",
     "binding": 6,
     "type": "storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\nconst WG: u32 = 16u;",
  "\nconst BLOCKS: u32 = 4u;",
  "\n\nstruct Dims {\n  images: u32,\n  reads: u32,\n  writes: u32,\n  pixels: u32,\n  tiles: u32,\n  read_step: u32,\n  write_step: u32,\n  has_bias: u32,\n  has_rows: u32,\n  has_added: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> added: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> result: array<f32>;",
  "\n\nstruct Tile {\n  r0: vec4f,\n  r1: vec4f,\n  r2: vec4f,\n  r3: vec4f,\n}",
  "\n\nstruct Block {\n  a: Tile,\n  b: Tile,\n  c: Tile,\n  d: Tile,\n}",
  "\n\n\n\nstruct Pixels {\n  at: array<u32, 16>,\n}",
  "\n\nfn pixels_from(i: u32, count: u32) -> Pixels {\n  let e = count - 1u;\n  return Pixels(array<u32, 16>(\n    min(i, e), min(i + 1u, e), min(i + 2u, e), min(i + 3u, e), min(i + 4u, e), min(i + 5u, e),\n    min(i + 6u, e), min(i + 7u, e), min(i + 8u, e), min(i + 9u, e), min(i + 10u, e), min(i + 11u, e),\n    min(i + 12u, e), min(i + 13u, e), min(i + 14u, e), min(i + 15u, e)));\n}",
  "\n\nfn pixels_at(i: u32, p: Pixels) -> Tile {\n  let at = p.at;\n  return Tile(\n    vec4f(source[i + at[0]], source[i + at[1]], source[i + at[2]], source[i + at[3]]),\n    vec4f(source[i + at[4]], source[i + at[5]], source[i + at[6]], source[i + at[7]]),\n    vec4f(source[i + at[8]], source[i + at[9]], source[i + at[10]], source[i + at[11]]),\n    vec4f(source[i + at[12]], source[i + at[13]], source[i + at[14]], source[i + at[15]]));\n}",
  "\n\nstruct Group {\n  channels: vec4u,\n  inside: vec4f,\n}",
  "\n\nfn group_from(k: u32, reads: u32) -> Group {\n  let channels = k * 4u + vec4u(0u, 1u, 2u, 3u);\n  let inside = select(vec4f(), vec4f(1.0), channels < vec4u(reads));\n  return Group(min(channels, vec4u(reads - 1u)), inside);\n}",
  "\n\nfn taps_at(i: u32, g: Group, step: u32) -> vec4f {\n  let at = i + g.channels * step;\n  return vec4f(weight[at.x], weight[at.y], weight[at.z], weight[at.w]) * g.inside;\n}",
  "\n\nfn tile(t: Tile, w: vec4f, a: Tile, b: Tile, c: Tile, d: Tile) -> Tile {\n  return Tile(\n    line(t.r0, w, a.r0, b.r0, c.r0, d.r0), line(t.r1, w, a.r1, b.r1, c.r1, d.r1),\n    line(t.r2, w, a.r2, b.r2, c.r2, d.r2), line(t.r3, w, a.r3, b.r3, c.r3, d.r3));\n}",
  "\n\nfn line(t: vec4f, w: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> vec4f {\n  return vec4f(\n    fma(w.w, d.x, fma(w.z, c.x, fma(w.y, b.x, fma(w.x, a.x, t.x)))),\n    fma(w.w, d.y, fma(w.z, c.y, fma(w.y, b.y, fma(w.x, a.y, t.y)))),\n    fma(w.w, d.z, fma(w.z, c.z, fma(w.y, b.z, fma(w.x, a.z, t.z)))),\n    fma(w.w, d.w, fma(w.z, c.w, fma(w.y, b.w, fma(w.x, a.w, t.w)))));\n}",
  "\n\n\n\nstruct Place {\n  n: u32,\n  pixel: u32,\n  is_real: bool,\n}",
  "\n\nfn place_of(index: u32, d: Dims) -> Place {\n  let n = index / d.tiles;\n  return Place(min(n, d.images - 1u), index % d.tiles * 16u, n < d.images);\n}",
  "\n\nfn pick_block(a: Block, b: Block, c: Block, d: Block, i: u32) -> Block {\n  return Block(\n    pick(a.a, b.a, c.a, d.a, i), pick(a.b, b.b, c.b, d.b, i), pick(a.c, b.c, c.c, d.c, i), pick(a.d, b.d, c.d, d.d, i));\n}",
  "\n\nfn pick(a: Tile, b: Tile, c: Tile, d: Tile, i: u32) -> Tile {\n  return Tile(\n    pick_line(a.r0, b.r0, c.r0, d.r0, i), pick_line(a.r1, b.r1, c.r1, d.r1, i),\n    pick_line(a.r2, b.r2, c.r2, d.r2, i), pick_line(a.r3, b.r3, c.r3, d.r3, i));\n}",
  "\n\nfn pick_line(a: vec4f, b: vec4f, c: vec4f, d: vec4f, i: u32) -> vec4f {\n  return select(select(a, b, i == 1u), select(c, d, i == 3u), i > 1u);\n}",
  "\n\nfn put_block(b: Block, place: Place, channel: u32, share: u32, d: Dims) {\n  let p = place.pixel + vec4u(0u, 1u, 2u, 3u);\n  let end = vec4u(d.pixels - 1u);\n  for (var i = 0u; i < 4u; i++) {\n    let o = channel + (i ^ share);\n    if (o < d.writes) {\n      let at = (place.n * d.writes + o) * d.pixels;\n      let t = with_level(pick(b.a, b.b, b.c, b.d, i), level_of(place.n, o, d));\n      put_tile(\n        t, at + min(p, end), at + min(p + 4u, end), at + min(p + 8u, end), at + min(p + 12u, end), d.has_added);\n    }\n  }\n}",
  "\n\nfn with_level(t: Tile, level: f32) -> Tile {\n  return Tile(t.r0 + level, t.r1 + level, t.r2 + level, t.r3 + level);\n}",
  "\n\nfn level_of(n: u32, o: u32, d: Dims) -> f32 {\n  var level = 0.0;\n  if (d.has_bias == 1u) {\n    level += bias[o];\n  }\n  if (d.has_rows == 1u) {\n    level += rows[n * d.writes + o];\n  }\n  return level;\n}",
  "\n\n\nfn put_tile(tile: Tile, a: vec4u, b: vec4u, c: vec4u, d: vec4u, has_added: u32) {\n  var t = tile;\n  if (has_added == 1u) {\n    t = Tile(t.r0 + added_at(a), t.r1 + added_at(b), t.r2 + added_at(c), t.r3 + added_at(d));\n  }\n  put_line(t.r3, d);\n  put_line(t.r2, c);\n  put_line(t.r1, b);\n  put_line(t.r0, a);\n}",
  "\n\nfn added_at(i: vec4u) -> vec4f {\n  return vec4f(added[i.x], added[i.y], added[i.z], added[i.w]);\n}",
  "\n\nfn put_line(line: vec4f, i: vec4u) {\n  result[i.w] = line.w;\n  result[i.z] = line.z;\n  result[i.y] = line.y;\n  result[i.x] = line.x;\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn quads(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n  @builtin(subgroup_invocation_id) id: u32,\n) {\n  let dim = dims;\n  let place = place_of((group.y * groups.x + group.x) * WG + lane, dim);\n  let pixels = pixels_from(place.pixel, dim.pixels);\n  let share = id & 3u;\n  let channel = group.z * 4u * BLOCKS;\n  let last = dim.writes - 1u;\n  let wa = min(channel + share, last) * dim.write_step;\n  let wb = min(channel + share + 4u, last) * dim.write_step;\n  let wc = min(channel + share + 8u, last) * dim.write_step;\n  let wd = min(channel + share + 12u, last) * dim.write_step;\n  let s = dim.read_step;\n  let turns = (dim.reads + 3u) / 4u;\n  var a = Block();\n  var b = Block();\n  var c = Block();\n  var d = Block();\n  for (var k = 0u; k < turns; k++) {\n    let g = group_from(k, dim.reads);\n    let start = (place.n * dim.reads + g.channels) * dim.pixels;\n    let x = pixels_at(start.x, pixels);\n    let y = pixels_at(start.y, pixels);\n    let z = pixels_at(start.z, pixels);\n    let w = pixels_at(start.w, pixels);\n    a = shared_block(a, taps_at(wa, g, s), x, y, z, w);\n    if (BLOCKS > 1u) {\n      b = shared_block(b, taps_at(wb, g, s), x, y, z, w);\n    }\n    if (BLOCKS > 2u) {\n      c = shared_block(c, taps_at(wc, g, s), x, y, z, w);\n      d = shared_block(d, taps_at(wd, g, s), x, y, z, w);\n    }\n  }\n  if (!place.is_real) {\n    return;\n  }\n  for (var i = 0u; i < BLOCKS; i++) {\n    put_block(pick_block(a, b, c, d, i), place, channel + 4u * i, share, dim);\n  }\n}",
  "\n\nfn shared_block(t: Block, w: vec4f, a: Tile, b: Tile, c: Tile, d: Tile) -> Block {\n  return Block(\n    tile(t.a, w, a, b, c, d), tile(t.b, quadSwapX(w), a, b, c, d),\n    tile(t.c, quadSwapY(w), a, b, c, d), tile(t.d, quadSwapDiagonal(w), a, b, c, d));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn plain(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let dim = dims;\n  let place = place_of((group.y * groups.x + group.x) * WG + lane, dim);\n  let pixels = pixels_from(place.pixel, dim.pixels);\n  let channel = group.z * 4u;\n  let last = dim.writes - 1u;\n  let wa = channel * dim.write_step;\n  let wb = min(channel + 1u, last) * dim.write_step;\n  let wc = min(channel + 2u, last) * dim.write_step;\n  let wd = min(channel + 3u, last) * dim.write_step;\n  let s = dim.read_step;\n  let turns = (dim.reads + 3u) / 4u;\n  var t = Block();\n  for (var k = 0u; k < turns; k++) {\n    let g = group_from(k, dim.reads);\n    let start = (place.n * dim.reads + g.channels) * dim.pixels;\n    let x = pixels_at(start.x, pixels);\n    let y = pixels_at(start.y, pixels);\n    let z = pixels_at(start.z, pixels);\n    let w = pixels_at(start.w, pixels);\n    t = Block(\n      tile(t.a, taps_at(wa, g, s), x, y, z, w), tile(t.b, taps_at(wb, g, s), x, y, z, w),\n      tile(t.c, taps_at(wc, g, s), x, y, z, w), tile(t.d, taps_at(wd, g, s), x, y, z, w));\n  }\n  if (place.is_real) {\n    put_block(t, place, channel, 0u, dim);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
