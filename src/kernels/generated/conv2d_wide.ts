// Generated from shaders/conv2d_wide.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_wide = {
 "name": "conv2d_wide",
 "hash": "ea20728b5334da86",
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
   "value": "array<vec4f, 8>"
  },
  "Block": {
   "chunk": 13,
   "kind": "alias",
   "value": "array<Tile, 4>"
  },
  "Taps": {
   "chunk": 14,
   "kind": "alias",
   "value": "array<f32, 9>"
  },
  "Row": {
   "chunk": 15,
   "kind": "alias",
   "value": "array<f32, 10>"
  },
  "Patch": {
   "chunk": 16,
   "kind": "alias",
   "value": "array<Row, 6>"
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
     "size": 80,
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
       "name": "tiles_down",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "tiles_across",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 76
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
  "\n\nstruct Dims {\n  images: u32,\n  reads: u32,\n  writes: u32,\n  height: u32,\n  width: u32,\n  out_height: u32,\n  out_width: u32,\n  top: u32,\n  left: u32,\n  tiles_down: u32,\n  tiles_across: u32,\n  read_step: u32,\n  write_step: u32,\n  first_tap: u32,\n  tap_step: u32,\n  blocks: u32,\n  four: u32,\n  has_bias: u32,\n  has_rows: u32,\n  has_added: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> added: array<elem>;",
  "\n@group(0) @binding(6) var<storage, read_write> result: array<elem>;",
  "\n\nalias Tile = array<vec4f, 8>;",
  "\nalias Block = array<Tile, 4>;",
  "\nalias Taps = array<f32, 9>;",
  "\n\n\n\nalias Row = array<f32, 10>;",
  "\nalias Patch = array<Row, 6>;",
  "\n\nstruct Line {\n  a: vec4u,\n  b: vec4u,\n  c: vec4u,\n  in_a: vec4f,\n  in_b: vec4f,\n  in_c: vec4f,\n}",
  "\n\nfn line(first: u32, zeros: u32, extent: u32, step: u32) -> Line {\n  let a = first + vec4u(0u, 1u, 2u, 3u);\n  let b = a + 4u;\n  let c = a + 8u;\n  let end = extent + zeros;\n  return Line(\n    spots(a, zeros, end) * step, spots(b, zeros, end) * step, spots(c, zeros, end) * step,\n    within(a, zeros, end), within(b, zeros, end), within(c, zeros, end));\n}",
  "\n\nfn spots(i: vec4u, zeros: u32, end: u32) -> vec4u {\n  return clamp(i, vec4u(zeros), vec4u(end - 1u)) - zeros;\n}",
  "\n\nfn within(i: vec4u, zeros: u32, end: u32) -> vec4f {\n  return select(vec4f(), vec4f(1.0), (i >= vec4u(zeros)) & (i < vec4u(end)));\n}",
  "\n\nfn patch_at(image: u32, down: Line, across: Line) -> Patch {\n  let a = image + down.a;\n  let b = image + down.b;\n  return Patch(\n    row_at(a.x, down.in_a.x, across), row_at(a.y, down.in_a.y, across),\n    row_at(a.z, down.in_a.z, across), row_at(a.w, down.in_a.w, across),\n    row_at(b.x, down.in_b.x, across), row_at(b.y, down.in_b.y, across));\n}",
  "\n\n\nfn row_at(i: u32, inside: f32, across: Line) -> Row {\n  let a = inside * across.in_a;\n  let b = inside * across.in_b;\n  let c = inside * across.in_c;\n  return Row(\n    f32(source[i + across.a.x]) * a.x, f32(source[i + across.a.y]) * a.y,\n    f32(source[i + across.a.z]) * a.z, f32(source[i + across.a.w]) * a.w,\n    f32(source[i + across.b.x]) * b.x, f32(source[i + across.b.y]) * b.y,\n    f32(source[i + across.b.z]) * b.z, f32(source[i + across.b.w]) * b.w,\n    f32(source[i + across.c.x]) * c.x, f32(source[i + across.c.y]) * c.y);\n}",
  "\n\n\nfn taps_at(i: u32, steps: vec4u) -> Taps {\n  let a = i + steps;\n  let b = a + steps.w + steps.y;\n  return Taps(\n    f32(weight[a.x]), f32(weight[a.y]), f32(weight[a.z]), f32(weight[a.w]),\n    f32(weight[b.x]), f32(weight[b.y]), f32(weight[b.z]), f32(weight[b.w]),\n    f32(weight[b.w + steps.y]));\n}",
  "\n\n\n\nfn tile(t: Tile, w: Taps, p: Patch) -> Tile {\n  return Tile(\n    left(t[0], w, p[0], p[1], p[2]), right(t[1], w, p[0], p[1], p[2]),\n    left(t[2], w, p[1], p[2], p[3]), right(t[3], w, p[1], p[2], p[3]),\n    left(t[4], w, p[2], p[3], p[4]), right(t[5], w, p[2], p[3], p[4]),\n    left(t[6], w, p[3], p[4], p[5]), right(t[7], w, p[3], p[4], p[5]));\n}",
  "\n\nfn left(t: vec4f, w: Taps, a: Row, b: Row, c: Row) -> vec4f {\n  return vec4f(\n    nine(t.x, w, a[0], a[1], a[2], b[0], b[1], b[2], c[0], c[1], c[2]),\n    nine(t.y, w, a[1], a[2], a[3], b[1], b[2], b[3], c[1], c[2], c[3]),\n    nine(t.z, w, a[2], a[3], a[4], b[2], b[3], b[4], c[2], c[3], c[4]),\n    nine(t.w, w, a[3], a[4], a[5], b[3], b[4], b[5], c[3], c[4], c[5]));\n}",
  "\n\nfn right(t: vec4f, w: Taps, a: Row, b: Row, c: Row) -> vec4f {\n  return vec4f(\n    nine(t.x, w, a[4], a[5], a[6], b[4], b[5], b[6], c[4], c[5], c[6]),\n    nine(t.y, w, a[5], a[6], a[7], b[5], b[6], b[7], c[5], c[6], c[7]),\n    nine(t.z, w, a[6], a[7], a[8], b[6], b[7], b[8], c[6], c[7], c[8]),\n    nine(t.w, w, a[7], a[8], a[9], b[7], b[8], b[9], c[7], c[8], c[9]));\n}",
  "\n\nfn nine(\n  sum: f32, w: Taps, a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32, i: f32,\n) -> f32 {\n  let above = fma(w[2], c, fma(w[1], b, fma(w[0], a, sum)));\n  let level = fma(w[5], f, fma(w[4], e, fma(w[3], d, above)));\n  return fma(w[8], i, fma(w[7], h, fma(w[6], g, level)));\n}",
  "\n\nfn shared_block(t: Block, w: Taps, p: Patch) -> Block {\n  let x = Taps(\n    quadSwapX(w[0]), quadSwapX(w[1]), quadSwapX(w[2]), quadSwapX(w[3]), quadSwapX(w[4]),\n    quadSwapX(w[5]), quadSwapX(w[6]), quadSwapX(w[7]), quadSwapX(w[8]));\n  let y = Taps(\n    quadSwapY(w[0]), quadSwapY(w[1]), quadSwapY(w[2]), quadSwapY(w[3]), quadSwapY(w[4]),\n    quadSwapY(w[5]), quadSwapY(w[6]), quadSwapY(w[7]), quadSwapY(w[8]));\n  let z = Taps(\n    quadSwapDiagonal(w[0]), quadSwapDiagonal(w[1]), quadSwapDiagonal(w[2]), quadSwapDiagonal(w[3]),\n    quadSwapDiagonal(w[4]), quadSwapDiagonal(w[5]), quadSwapDiagonal(w[6]), quadSwapDiagonal(w[7]),\n    quadSwapDiagonal(w[8]));\n  return Block(tile(t[0], w, p), tile(t[1], x, p), tile(t[2], y, p), tile(t[3], z, p));\n}",
  "\n\n\n\nstruct Lane {\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) index: u32,\n}",
  "\n\nstruct Place {\n  n: u32,\n  down: u32,\n  across: u32,\n  is_real: bool,\n}",
  "\n\nfn place_of(lane: Lane, d: Dims) -> Place {\n  let index = (lane.group.y * lane.groups.x + lane.group.x) * WG + lane.index;\n  let across = index % d.tiles_across;\n  let down = index / d.tiles_across % d.tiles_down;\n  let n = index / d.tiles_across / d.tiles_down;\n  return Place(min(n, d.images - 1u), down, across, n < d.images);\n}",
  "\n\nfn pick_block(a: Block, b: Block, c: Block, d: Block, i: u32) -> Block {\n  return Block(\n    pick(a[0], b[0], c[0], d[0], i), pick(a[1], b[1], c[1], d[1], i),\n    pick(a[2], b[2], c[2], d[2], i), pick(a[3], b[3], c[3], d[3], i));\n}",
  "\n\nfn pick(a: Tile, b: Tile, c: Tile, d: Tile, i: u32) -> Tile {\n  return Tile(\n    pick_line(a[0], b[0], c[0], d[0], i), pick_line(a[1], b[1], c[1], d[1], i),\n    pick_line(a[2], b[2], c[2], d[2], i), pick_line(a[3], b[3], c[3], d[3], i),\n    pick_line(a[4], b[4], c[4], d[4], i), pick_line(a[5], b[5], c[5], d[5], i),\n    pick_line(a[6], b[6], c[6], d[6], i), pick_line(a[7], b[7], c[7], d[7], i));\n}",
  "\n\nfn pick_line(a: vec4f, b: vec4f, c: vec4f, d: vec4f, i: u32) -> vec4f {\n  return select(select(a, b, i == 1u), select(c, d, i == 3u), i > 1u);\n}",
  "\n\n\nfn put_block(b: Block, place: Place, channel: u32, share: u32, d: Dims) {\n  let x = place.across * 8u + vec4u(0u, 1u, 2u, 3u);\n  let edge = vec4u(d.out_width - 1u);\n  for (var i = 0u; i < d.four; i++) {\n    let o = channel + (i ^ share);\n    if (o < d.writes) {\n      let level = level_of(place.n, o, d);\n      let t = pick(b[0], b[1], b[2], b[3], i);\n      for (var r = 0u; r < d.four; r++) {\n        let y = min(place.down * 4u + 3u - r, d.out_height - 1u);\n        let start = ((place.n * d.writes + o) * d.out_height + y) * d.out_width;\n        put_line(pick_line(t[7], t[5], t[3], t[1], r) + level, start + min(x + 4u, edge), d.has_added);\n        put_line(pick_line(t[6], t[4], t[2], t[0], r) + level, start + min(x, edge), d.has_added);\n      }\n    }\n  }\n}",
  "\n\nfn level_of(n: u32, o: u32, d: Dims) -> f32 {\n  var level = 0.0;\n  if (d.has_bias == 1u) {\n    level += bias[o];\n  }\n  if (d.has_rows == 1u) {\n    level += rows[n * d.writes + o];\n  }\n  return level;\n}",
  "\n\nfn put_line(values: vec4f, i: vec4u, has_added: u32) {\n  var sum = values;\n  if (has_added == 1u) {\n    sum += vec4f(elem4(added[i.x], added[i.y], added[i.z], added[i.w]));\n  }\n  result[i.w] = elem(sum.w);\n  result[i.z] = elem(sum.z);\n  result[i.y] = elem(sum.y);\n  result[i.x] = elem(sum.x);\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn quads(lane: Lane, @builtin(subgroup_invocation_id) id: u32) {\n  let dim = dims;\n  let place = place_of(lane, dim);\n  let down = line(place.down * 4u, dim.top, dim.height, dim.width);\n  let across = line(place.across * 8u, dim.left, dim.width, 1u);\n  let share = id & 3u;\n  let channel = lane.group.z * 4u * BLOCKS;\n  let last = vec4u(dim.writes - 1u);\n  var w = min(channel + share + vec4u(0u, 4u, 8u, 12u), last) * dim.write_step + dim.first_tap;\n  let s = dim.tap_step * vec4u(0u, 1u, 2u, 3u);\n  let pixels = dim.height * dim.width;\n  var image = place.n * dim.reads * pixels;\n  var a = Block();\n  var b = Block();\n  var c = Block();\n  var d = Block();\n  for (var k = 0u; k < dim.reads; k++) {\n    let p = patch_at(image, down, across);\n    a = shared_block(a, taps_at(w.x, s), p);\n    b = shared_block(b, taps_at(w.y, s), p);\n    if (BLOCKS > 2u) {\n      c = shared_block(c, taps_at(w.z, s), p);\n      d = shared_block(d, taps_at(w.w, s), p);\n    }\n    image += pixels;\n    w += dim.read_step;\n  }\n  if (!place.is_real) {\n    return;\n  }\n  for (var i = 0u; i < dim.blocks; i++) {\n    put_block(pick_block(a, b, c, d, i), place, channel + 4u * i, share, dim);\n  }\n}"
 ]
} as const satisfies ShaderFamily;
