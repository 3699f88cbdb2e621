// Generated from shaders/conv2d.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d = {
 "name": "conv2d",
 "hash": "976963c95079836f",
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
  },
  "SAME": {
   "chunk": 2,
   "kind": "const",
   "value": "0u"
  },
  "STRIDED": {
   "chunk": 3,
   "kind": "const",
   "value": "1u"
  },
  "PARITY": {
   "chunk": 4,
   "kind": "const",
   "value": "2u"
  },
  "DOUBLED": {
   "chunk": 5,
   "kind": "const",
   "value": "3u"
  },
  "HALVED": {
   "chunk": 6,
   "kind": "const",
   "value": "4u"
  },
  "KIND": {
   "chunk": 7,
   "kind": "const",
   "value": "0u"
  },
  "ODD_DOWN": {
   "chunk": 8,
   "kind": "const",
   "value": "false"
  },
  "ODD_ACROSS": {
   "chunk": 9,
   "kind": "const",
   "value": "false"
  },
  "Row": {
   "chunk": 21,
   "kind": "alias",
   "value": "array<f32, 10>"
  },
  "Patch": {
   "chunk": 22,
   "kind": "alias",
   "value": "array<Row, 10>"
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
    39,
    40,
    41,
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    50,
    51,
    52,
    53,
    54,
    55
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
       "name": "height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "out_height",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "out_width",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "top",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "left",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "tiles_down",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "tiles_across",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 72
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
    39,
    40,
    41,
    42,
    43,
    44,
    46,
    47,
    48,
    49,
    50,
    51,
    52,
    53,
    56
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
       "name": "height",
       "type": "u32",
       "offset": 12
      },
      {
       "name": "width",
       "type": "u32",
       "offset": 16
      },
      {
       "name": "out_height",
       "type": "u32",
       "offset": 20
      },
      {
       "name": "out_width",
       "type": "u32",
       "offset": 24
      },
      {
       "name": "top",
       "type": "u32",
       "offset": 28
      },
      {
       "name": "left",
       "type": "u32",
       "offset": 32
      },
      {
       "name": "step",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "tiles_down",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "tiles_across",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 72
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
  "\n\nconst SAME: u32 = 0u;",
  "\nconst STRIDED: u32 = 1u;",
  "\nconst PARITY: u32 = 2u;",
  "\nconst DOUBLED: u32 = 3u;",
  "\nconst HALVED: u32 = 4u;",
  "\nconst KIND: u32 = 0u;",
  "\nconst ODD_DOWN: bool = false;",
  "\nconst ODD_ACROSS: bool = false;",
  "\n\nstruct Dims {\n  images: u32,\n  reads: u32,\n  writes: u32,\n  height: u32,\n  width: u32,\n  out_height: u32,\n  out_width: u32,\n  top: u32,\n  left: u32,\n  step: u32,\n  tiles_down: u32,\n  tiles_across: u32,\n  read_step: u32,\n  write_step: u32,\n  first_tap: u32,\n  tap_step: u32,\n  has_bias: u32,\n  has_rows: u32,\n  has_added: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<f32>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<f32>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> added: array<f32>;",
  "\n@group(0) @binding(6) var<storage, read_write> result: array<f32>;",
  "\n\nstruct Tile {\n  r0: vec4f,\n  r1: vec4f,\n  r2: vec4f,\n  r3: vec4f,\n}",
  "\n\nstruct Block {\n  a: Tile,\n  b: Tile,\n  c: Tile,\n  d: Tile,\n}",
  "\n\nstruct Taps {\n  t0: f32,\n  t1: f32,\n  t2: f32,\n  t3: f32,\n  t4: f32,\n  t5: f32,\n  t6: f32,\n  t7: f32,\n  t8: f32,\n}",
  "\n\n\n\nalias Row = array<f32, 10>;",
  "\nalias Patch = array<Row, 10>;",
  "\n\nstruct Line {\n  at: array<u32, 10>,\n  inside: Row,\n}",
  "\n\nfn line(i: u32, zeros: u32, extent: u32, step: u32) -> Line {\n  let e = extent + zeros;\n  return Line(\n    array<u32, 10>(\n      spot(i, zeros, e) * step, spot(i + 1u, zeros, e) * step, spot(i + 2u, zeros, e) * step,\n      spot(i + 3u, zeros, e) * step, spot(i + 4u, zeros, e) * step, spot(i + 5u, zeros, e) * step,\n      spot(i + 6u, zeros, e) * step, spot(i + 7u, zeros, e) * step, spot(i + 8u, zeros, e) * step,\n      spot(i + 9u, zeros, e) * step),\n    Row(\n      within(i, zeros, e), within(i + 1u, zeros, e), within(i + 2u, zeros, e), within(i + 3u, zeros, e),\n      within(i + 4u, zeros, e), within(i + 5u, zeros, e), within(i + 6u, zeros, e), within(i + 7u, zeros, e),\n      within(i + 8u, zeros, e), within(i + 9u, zeros, e)));\n}",
  "\n\nfn spot(i: u32, zeros: u32, end: u32) -> u32 {\n  return clamp(i, zeros, end - 1u) - zeros;\n}",
  "\n\nfn within(i: u32, zeros: u32, end: u32) -> f32 {\n  return select(0.0, 1.0, (i >= zeros) & (i < end));\n}",
  "\n\nfn patch_at(image: u32, down: Line, across: Line) -> Patch {\n  let i = down.at;\n  let m = down.inside;\n  return Patch(\n    row_at(image + i[0], m[0], across), row_at(image + i[1], m[1], across), row_at(image + i[2], m[2], across),\n    row_at(image + i[3], m[3], across), row_at(image + i[4], m[4], across), row_at(image + i[5], m[5], across),\n    row_at(image + i[6], m[6], across), row_at(image + i[7], m[7], across), row_at(image + i[8], m[8], across),\n    row_at(image + i[9], m[9], across));\n}",
  "\n\n\nfn row_at(i: u32, m: f32, across: Line) -> Row {\n  let at = across.at;\n  let k = across.inside;\n  return Row(\n    source[i + at[0]] * (m * k[0]), source[i + at[1]] * (m * k[1]), source[i + at[2]] * (m * k[2]),\n    source[i + at[3]] * (m * k[3]), source[i + at[4]] * (m * k[4]), source[i + at[5]] * (m * k[5]),\n    source[i + at[6]] * (m * k[6]), source[i + at[7]] * (m * k[7]), source[i + at[8]] * (m * k[8]),\n    source[i + at[9]] * (m * k[9]));\n}",
  "\n\nfn taps_at(i: u32, s: u32) -> Taps {\n  let a = i + s;\n  let b = a + s;\n  let c = b + s;\n  let d = c + s;\n  let e = d + s;\n  let f = e + s;\n  let g = f + s;\n  return Taps(\n    weight[i], weight[a], weight[b], weight[c], weight[d], weight[e], weight[f], weight[g], weight[g + s]);\n}",
  "\n\n\n\nfn tile(t: Tile, w: Taps, p: Patch) -> Tile {\n  var y = t;\n  if (KIND == SAME) {\n    y = Tile(\n      same(t.r0, w, p[0], p[1], p[2]), same(t.r1, w, p[1], p[2], p[3]),\n      same(t.r2, w, p[2], p[3], p[4]), same(t.r3, w, p[3], p[4], p[5]));\n  } else if (KIND == STRIDED) {\n    y = Tile(\n      strided(t.r0, w, p[0], p[1], p[2]), strided(t.r1, w, p[2], p[3], p[4]),\n      strided(t.r2, w, p[4], p[5], p[6]), strided(t.r3, w, p[6], p[7], p[8]));\n  } else if ((KIND == PARITY) & ODD_DOWN) {\n    y = Tile(\n      odd_row(t.r0, w, p[0]), even_row(t.r1, w, p[0], p[1]), odd_row(t.r2, w, p[1]), even_row(t.r3, w, p[1], p[2]));\n  } else if (KIND == PARITY) {\n    y = Tile(\n      even_row(t.r0, w, p[0], p[1]), odd_row(t.r1, w, p[1]), even_row(t.r2, w, p[1], p[2]), odd_row(t.r3, w, p[2]));\n  } else if (KIND == DOUBLED) {\n    let f = folded(w);\n    y = Tile(\n      doubled(t.r0, f.above, f.level, p[0], p[1]), doubled(t.r1, f.beside, f.below, p[1], p[2]),\n      doubled(t.r2, f.above, f.level, p[1], p[2]), doubled(t.r3, f.beside, f.below, p[2], p[3]));\n  } else {\n    let f = folded(w);\n    y = Tile(\n      halved(t.r0, f, p[0], p[1], p[2], p[3]), halved(t.r1, f, p[2], p[3], p[4], p[5]),\n      halved(t.r2, f, p[4], p[5], p[6], p[7]), halved(t.r3, f, p[6], p[7], p[8], p[9]));\n  }\n  return y;\n}",
  "\n\nfn same(t: vec4f, w: Taps, a: Row, b: Row, c: Row) -> vec4f {\n  return vec4f(\n    nine(t.x, w, a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]),\n    nine(t.y, w, a[1], a[2], a[3], b[1], b[2], b[3], c[1], c[2], c[3]),\n    nine(t.z, w, a[2], a[3], a[4], b[2], b[3], b[4], c[2], c[3], c[4]),\n    nine(t.w, w, a[3], a[4], a[5], b[3], b[4], b[5], c[3], c[4], c[5]));\n}",
  "\n\nfn strided(t: vec4f, w: Taps, a: Row, b: Row, c: Row) -> vec4f {\n  return vec4f(\n    nine(t.x, w, a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]),\n    nine(t.y, w, a[2], a[3], a[4], b[2], b[3], b[4], c[2], c[3], c[4]),\n    nine(t.z, w, a[4], a[5], a[6], b[4], b[5], b[6], c[4], c[5], c[6]),\n    nine(t.w, w, a[6], a[7], a[8], b[6], b[7], b[8], c[6], c[7], c[8]));\n}",
  "\n\nfn nine(\n  sum: f32, w: Taps, a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32, i: f32,\n) -> f32 {\n  let above = fma(w.t2, c, fma(w.t1, b, fma(w.t0, a, sum)));\n  let level = fma(w.t5, f, fma(w.t4, e, fma(w.t3, d, above)));\n  return fma(w.t8, i, fma(w.t7, h, fma(w.t6, g, level)));\n}",
  "\n\n\n\nfn even_row(t: vec4f, w: Taps, a: Row, b: Row) -> vec4f {\n  if (ODD_ACROSS) {\n    return vec4f(\n      fma(w.t1, b[0], fma(w.t7, a[0], t.x)), corners(t.y, w, a[0], a[1], b[0], b[1]),\n      fma(w.t1, b[1], fma(w.t7, a[1], t.z)), corners(t.w, w, a[1], a[2], b[1], b[2]));\n  }\n  return vec4f(\n    corners(t.x, w, a[0], a[1], b[0], b[1]), fma(w.t1, b[1], fma(w.t7, a[1], t.y)),\n    corners(t.z, w, a[1], a[2], b[1], b[2]), fma(w.t1, b[2], fma(w.t7, a[2], t.w)));\n}",
  "\n\nfn odd_row(t: vec4f, w: Taps, a: Row) -> vec4f {\n  if (ODD_ACROSS) {\n    return vec4f(\n      fma(w.t4, a[0], t.x), fma(w.t3, a[1], fma(w.t5, a[0], t.y)),\n      fma(w.t4, a[1], t.z), fma(w.t3, a[2], fma(w.t5, a[1], t.w)));\n  }\n  return vec4f(\n    fma(w.t3, a[1], fma(w.t5, a[0], t.x)), fma(w.t4, a[1], t.y),\n    fma(w.t3, a[2], fma(w.t5, a[1], t.z)), fma(w.t4, a[2], t.w));\n}",
  "\n\nfn corners(sum: f32, w: Taps, a: f32, b: f32, c: f32, d: f32) -> f32 {\n  return fma(w.t0, d, fma(w.t2, c, fma(w.t6, b, fma(w.t8, a, sum))));\n}",
  "\n\n\n\nstruct Folded {\n  above: vec4f,\n  level: vec4f,\n  beside: vec4f,\n  below: vec4f,\n}",
  "\n\nfn folded(w: Taps) -> Folded {\n  let a = vec3f(w.t0, w.t1, w.t2);\n  let b = vec3f(w.t3, w.t4, w.t5);\n  let c = vec3f(w.t6, w.t7, w.t8);\n  return Folded(folded_row(a), folded_row(b + c), folded_row(a + b), folded_row(c));\n}",
  "\n\nfn folded_row(w: vec3f) -> vec4f {\n  return vec4f(w.x, w.y + w.z, w.x + w.y, w.z);\n}",
  "\n\nfn doubled(t: vec4f, f: vec4f, g: vec4f, a: Row, b: Row) -> vec4f {\n  return vec4f(\n    fma(g.y, b[1], fma(g.x, b[0], fma(f.y, a[1], fma(f.x, a[0], t.x)))),\n    fma(g.w, b[2], fma(g.z, b[1], fma(f.w, a[2], fma(f.z, a[1], t.y)))),\n    fma(g.y, b[2], fma(g.x, b[1], fma(f.y, a[2], fma(f.x, a[1], t.z)))),\n    fma(g.w, b[3], fma(g.z, b[2], fma(f.w, a[3], fma(f.z, a[2], t.w)))));\n}",
  "\n\nfn halved(t: vec4f, f: Folded, a: Row, b: Row, c: Row, d: Row) -> vec4f {\n  return halved_row(halved_row(halved_row(halved_row(t, f.below, a), f.level, b), f.beside, c), f.above, d);\n}",
  "\n\nfn halved_row(t: vec4f, f: vec4f, a: Row) -> vec4f {\n  return vec4f(\n    fma(f.x, a[3], fma(f.z, a[2], fma(f.y, a[1], fma(f.w, a[0], t.x)))),\n    fma(f.x, a[5], fma(f.z, a[4], fma(f.y, a[3], fma(f.w, a[2], t.y)))),\n    fma(f.x, a[7], fma(f.z, a[6], fma(f.y, a[5], fma(f.w, a[4], t.z)))),\n    fma(f.x, a[9], fma(f.z, a[8], fma(f.y, a[7], fma(f.w, a[6], t.w)))));\n}",
  "\n\n\n\nstruct Place {\n  n: u32,\n  down: u32,\n  across: u32,\n  is_real: bool,\n}",
  "\n\nfn place_of(index: u32, d: Dims) -> Place {\n  let across = index % d.tiles_across;\n  let down = index / d.tiles_across % d.tiles_down;\n  let n = index / d.tiles_across / d.tiles_down;\n  return Place(min(n, d.images - 1u), down, across, n < d.images);\n}",
  "\n\nfn pick_block(a: Block, b: Block, c: Block, d: Block, i: u32) -> Block {\n  return Block(\n    pick(a.a, b.a, c.a, d.a, i), pick(a.b, b.b, c.b, d.b, i), pick(a.c, b.c, c.c, d.c, i), pick(a.d, b.d, c.d, d.d, i));\n}",
  "\n\nfn pick(a: Tile, b: Tile, c: Tile, d: Tile, i: u32) -> Tile {\n  return Tile(\n    pick_line(a.r0, b.r0, c.r0, d.r0, i), pick_line(a.r1, b.r1, c.r1, d.r1, i),\n    pick_line(a.r2, b.r2, c.r2, d.r2, i), pick_line(a.r3, b.r3, c.r3, d.r3, i));\n}",
  "\n\nfn pick_line(a: vec4f, b: vec4f, c: vec4f, d: vec4f, i: u32) -> vec4f {\n  return select(select(a, b, i == 1u), select(c, d, i == 3u), i > 1u);\n}",
  "\n\nfn put_block(b: Block, place: Place, channel: u32, share: u32, d: Dims) {\n  let x = min(place.across * 4u + vec4u(0u, 1u, 2u, 3u), vec4u(d.out_width - 1u));\n  let y = min(place.down * 4u + vec4u(0u, 1u, 2u, 3u), vec4u(d.out_height - 1u)) * d.out_width;\n  for (var i = 0u; i < 4u; i++) {\n    let o = channel + (i ^ share);\n    if (o < d.writes) {\n      let at = (place.n * d.writes + o) * d.out_height * d.out_width + x;\n      let t = with_level(pick(b.a, b.b, b.c, b.d, i), level_of(place.n, o, d));\n      put_tile(t, at + y.x, at + y.y, at + y.z, at + y.w, d.has_added);\n    }\n  }\n}",
  "\n\nfn with_level(t: Tile, level: f32) -> Tile {\n  return Tile(t.r0 + level, t.r1 + level, t.r2 + level, t.r3 + level);\n}",
  "\n\nfn level_of(n: u32, o: u32, d: Dims) -> f32 {\n  var level = 0.0;\n  if (d.has_bias == 1u) {\n    level += bias[o];\n  }\n  if (d.has_rows == 1u) {\n    level += rows[n * d.writes + o];\n  }\n  return level;\n}",
  "\n\n\nfn put_tile(tile: Tile, a: vec4u, b: vec4u, c: vec4u, d: vec4u, has_added: u32) {\n  var t = tile;\n  if (has_added == 1u) {\n    t = Tile(t.r0 + added_at(a), t.r1 + added_at(b), t.r2 + added_at(c), t.r3 + added_at(d));\n  }\n  put_line(t.r3, d);\n  put_line(t.r2, c);\n  put_line(t.r1, b);\n  put_line(t.r0, a);\n}",
  "\n\nfn added_at(i: vec4u) -> vec4f {\n  return vec4f(added[i.x], added[i.y], added[i.z], added[i.w]);\n}",
  "\n\nfn put_line(line: vec4f, i: vec4u) {\n  result[i.w] = line.w;\n  result[i.z] = line.z;\n  result[i.y] = line.y;\n  result[i.x] = line.x;\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn quads(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n  @builtin(subgroup_invocation_id) id: u32,\n) {\n  let dim = dims;\n  let place = place_of((group.y * groups.x + group.x) * WG + lane, dim);\n  let down = line(place.down * dim.step, dim.top, dim.height, dim.width);\n  let across = line(place.across * dim.step, dim.left, dim.width, 1u);\n  let share = id & 3u;\n  let channel = group.z * 4u * BLOCKS;\n  let last = dim.writes - 1u;\n  var wa = min(channel + share, last) * dim.write_step + dim.first_tap;\n  var wb = min(channel + share + 4u, last) * dim.write_step + dim.first_tap;\n  var wc = min(channel + share + 8u, last) * dim.write_step + dim.first_tap;\n  var wd = min(channel + share + 12u, last) * dim.write_step + dim.first_tap;\n  let pixels = dim.height * dim.width;\n  var image = place.n * dim.reads * pixels;\n  var a = Block();\n  var b = Block();\n  var c = Block();\n  var d = Block();\n  for (var k = 0u; k < dim.reads; k++) {\n    let p = patch_at(image, down, across);\n    a = shared_block(a, taps_at(wa, dim.tap_step), p);\n    if (BLOCKS > 1u) {\n      b = shared_block(b, taps_at(wb, dim.tap_step), p);\n    }\n    if (BLOCKS > 2u) {\n      c = shared_block(c, taps_at(wc, dim.tap_step), p);\n      d = shared_block(d, taps_at(wd, dim.tap_step), p);\n    }\n    image += pixels;\n    wa += dim.read_step;\n    wb += dim.read_step;\n    wc += dim.read_step;\n    wd += dim.read_step;\n  }\n  if (!place.is_real) {\n    return;\n  }\n  for (var i = 0u; i < BLOCKS; i++) {\n    put_block(pick_block(a, b, c, d, i), place, channel + 4u * i, share, dim);\n  }\n}",
  "\n\nfn shared_block(t: Block, w: Taps, p: Patch) -> Block {\n  let x = Taps(\n    quadSwapX(w.t0), quadSwapX(w.t1), quadSwapX(w.t2), quadSwapX(w.t3), quadSwapX(w.t4),\n    quadSwapX(w.t5), quadSwapX(w.t6), quadSwapX(w.t7), quadSwapX(w.t8));\n  let y = Taps(\n    quadSwapY(w.t0), quadSwapY(w.t1), quadSwapY(w.t2), quadSwapY(w.t3), quadSwapY(w.t4),\n    quadSwapY(w.t5), quadSwapY(w.t6), quadSwapY(w.t7), quadSwapY(w.t8));\n  let z = Taps(\n    quadSwapDiagonal(w.t0), quadSwapDiagonal(w.t1), quadSwapDiagonal(w.t2),\n    quadSwapDiagonal(w.t3), quadSwapDiagonal(w.t4), quadSwapDiagonal(w.t5),\n    quadSwapDiagonal(w.t6), quadSwapDiagonal(w.t7), quadSwapDiagonal(w.t8));\n  return Block(tile(t.a, w, p), tile(t.b, x, p), tile(t.c, y, p), tile(t.d, z, p));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn plain(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let dim = dims;\n  let place = place_of((group.y * groups.x + group.x) * WG + lane, dim);\n  let down = line(place.down * dim.step, dim.top, dim.height, dim.width);\n  let across = line(place.across * dim.step, dim.left, dim.width, 1u);\n  let channel = group.z * 4u;\n  let last = dim.writes - 1u;\n  let s = dim.tap_step;\n  let wa = channel * dim.write_step + dim.first_tap;\n  let wb = min(channel + 1u, last) * dim.write_step + dim.first_tap;\n  let wc = min(channel + 2u, last) * dim.write_step + dim.first_tap;\n  let wd = min(channel + 3u, last) * dim.write_step + dim.first_tap;\n  let pixels = dim.height * dim.width;\n  var image = place.n * dim.reads * pixels;\n  var w = 0u;\n  var t = Block();\n  for (var k = 0u; k < dim.reads; k++) {\n    let p = patch_at(image, down, across);\n    t = Block(\n      tile(t.a, taps_at(w + wa, s), p), tile(t.b, taps_at(w + wb, s), p),\n      tile(t.c, taps_at(w + wc, s), p), tile(t.d, taps_at(w + wd, s), p));\n    image += pixels;\n    w += dim.read_step;\n  }\n  if (place.is_real) {\n    put_block(t, place, channel, 0u, dim);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
