// Generated from shaders/conv2d_tile.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_tile = {
 "name": "conv2d_tile",
 "hash": "fdee582821bb7e5b",
 "settings": {
  "elem": {
   "chunk": 0,
   "kind": "alias",
   "value": "f32"
  },
  "KERNEL": {
   "chunk": 1,
   "kind": "const",
   "value": "3u"
  },
  "DOUBLED": {
   "chunk": 2,
   "kind": "const",
   "value": "0u"
  },
  "COLUMNS": {
   "chunk": 3,
   "kind": "const",
   "value": "16u"
  },
  "ROWS": {
   "chunk": 4,
   "kind": "const",
   "value": "8u"
  },
  "IMAGES": {
   "chunk": 5,
   "kind": "const",
   "value": "1u"
  },
  "WG": {
   "chunk": 6,
   "kind": "const",
   "value": "128u"
  },
  "OUT": {
   "chunk": 7,
   "kind": "const",
   "value": "64u"
  },
  "TAPS": {
   "chunk": 8,
   "kind": "const",
   "value": "KERNEL * KERNEL"
  },
  "DEPTH": {
   "chunk": 9,
   "kind": "const",
   "value": "16u / KERNEL - KERNEL / 3u"
  },
  "PATCH_QUADS": {
   "chunk": 10,
   "kind": "const",
   "value": "COLUMNS / 4u + KERNEL / 3u"
  },
  "PATCH_ROWS": {
   "chunk": 11,
   "kind": "const",
   "value": "ROWS + KERNEL - 1u"
  },
  "PATCH": {
   "chunk": 12,
   "kind": "const",
   "value": "PATCH_ROWS * PATCH_QUADS"
  },
  "PATCHES": {
   "chunk": 13,
   "kind": "const",
   "value": "IMAGES * PATCH"
  },
  "PITCH": {
   "chunk": 14,
   "kind": "const",
   "value": "OUT / 4u + 1u"
  },
  "Patches": {
   "chunk": 29,
   "kind": "alias",
   "value": "array<vec4f, (DEPTH * PATCHES + WG - 1u) / WG>"
  },
  "Taps": {
   "chunk": 30,
   "kind": "alias",
   "value": "array<vec4f, (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG>"
  },
  "Line": {
   "chunk": 37,
   "kind": "alias",
   "value": "array<vec4f, 8>"
  }
 },
 "entries": {
  "tile": {
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
    55,
    56,
    57
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 92,
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
       "name": "out_tiles",
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
       "name": "turns",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "turns_a_part",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 88
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
  "part": {
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
    23,
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
    55,
    56,
    57
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 92,
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
       "name": "out_tiles",
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
       "name": "turns",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "turns_a_part",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 88
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
     "name": "part_sums",
     "binding": 7,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "finish": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    6,
    15,
    16,
    19,
    20,
    21,
    22,
    24,
    51,
    52,
    53,
    58
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 92,
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
       "name": "out_tiles",
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
       "name": "turns",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "turns_a_part",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "parts",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "rows_step",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "rows_first",
       "type": "u32",
       "offset": 88
      }
     ]
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
    },
    {
     "name": "all_sums",
     "binding": 8,
     "type": "read-only-storage",
     "size": 4
    }
   ]
  }
 },
 "chunks": [
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\n\nconst KERNEL: u32 = 3u;",
  "\nconst DOUBLED: u32 = 0u;",
  "\nconst COLUMNS: u32 = 16u;",
  "\nconst ROWS: u32 = 8u;",
  "\nconst IMAGES: u32 = 1u;",
  "\n\nconst WG: u32 = 128u;",
  "\nconst OUT: u32 = 64u;",
  "\nconst TAPS: u32 = KERNEL * KERNEL;",
  "\nconst DEPTH: u32 = 16u / KERNEL - KERNEL / 3u;",
  "\n\nconst PATCH_QUADS: u32 = COLUMNS / 4u + KERNEL / 3u;",
  "\nconst PATCH_ROWS: u32 = ROWS + KERNEL - 1u;",
  "\nconst PATCH: u32 = PATCH_ROWS * PATCH_QUADS;",
  "\nconst PATCHES: u32 = IMAGES * PATCH;",
  "\nconst PITCH: u32 = OUT / 4u + 1u;",
  "\n\nstruct Dims {\n  images: u32,\n  reads: u32,\n  writes: u32,\n  height: u32,\n  width: u32,\n  out_height: u32,\n  out_width: u32,\n  top: u32,\n  left: u32,\n  tiles_down: u32,\n  tiles_across: u32,\n  out_tiles: u32,\n  read_step: u32,\n  write_step: u32,\n  first_tap: u32,\n  tap_step: u32,\n  turns: u32,\n  turns_a_part: u32,\n  parts: u32,\n  has_bias: u32,\n  has_added: u32,\n  rows_step: u32,\n  rows_first: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> added: array<elem>;",
  "\n@group(0) @binding(6) var<storage, read_write> result: array<elem>;",
  "\n@group(0) @binding(7) var<storage, read_write> part_sums: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read> all_sums: array<f32>;",
  "\n\n\n\nvar<workgroup> patches: array<vec4f, DEPTH * PATCHES>;",
  "\nvar<workgroup> taps: array<vec4f, DEPTH * TAPS * PITCH>;",
  "\n\n\nstruct Place {\n  image: u32,\n  row: u32,\n  column: u32,\n  channel: u32,\n  part: u32,\n}",
  "\n\nfn place_of(group: vec3u, groups: vec3u) -> Place {\n  let index = group.y * groups.x + group.x;\n  let across = index % dims.tiles_across;\n  let down = index / dims.tiles_across % dims.tiles_down;\n  let image = index / dims.tiles_across / dims.tiles_down * IMAGES;\n  let channel = group.z % dims.out_tiles * OUT;\n  return Place(image, down * ROWS, across * COLUMNS, channel, group.z / dims.out_tiles);\n}",
  "\n\nalias Patches = array<vec4f, (DEPTH * PATCHES + WG - 1u) / WG>;",
  "\nalias Taps = array<vec4f, (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG>;",
  "\n\nfn load_patches(place: Place, first: u32, lane: u32) -> Patches {\n  var loaded: Patches;\n  for (var i = 0u; i < (DEPTH * PATCHES + WG - 1u) / WG; i++) {\n    let at = i * WG + lane;\n    let channel = first + at / PATCHES;\n    let image = place.image + at / PATCH % IMAGES;\n    let row = place.row + at / PATCH_QUADS % PATCH_ROWS;\n    let column = place.column + at % PATCH_QUADS * 4u;\n    loaded[i] = pixels_at(channel, image, row, column);\n  }\n  return loaded;\n}",
  "\n\nfn stage_patches(loaded: Patches, lane: u32) {\n  for (var i = 0u; i < (DEPTH * PATCHES + WG - 1u) / WG; i++) {\n    let at = i * WG + lane;\n    if (at < DEPTH * PATCHES) {\n      patches[at] = loaded[i];\n    }\n  }\n}",
  "\n\n\nfn pixels_at(channel: u32, image: u32, row: u32, column: u32) -> vec4f {\n  let columns = column + vec4u(0u, 1u, 2u, 3u);\n  let end = dims.left + dims.width;\n  let is_row = row >= dims.top && row < dims.top + dims.height;\n  if (channel >= dims.reads || image >= dims.images || !is_row) {\n    return vec4f();\n  }\n  let plane = (image * dims.reads + channel) * (dims.height >> DOUBLED);\n  let start = (plane + ((row - dims.top) >> DOUBLED)) * (dims.width >> DOUBLED);\n  let at = start + ((clamp(columns, vec4u(dims.left), vec4u(end - 1u)) - dims.left) >> vec4u(DOUBLED));\n  let pixels = vec4f(f32(source[at.x]), f32(source[at.y]), f32(source[at.z]), f32(source[at.w]));\n  return select(vec4f(), pixels, (columns >= vec4u(dims.left)) & (columns < vec4u(end)));\n}",
  "\n\n\nfn load_taps(place: Place, first: u32, lane: u32) -> Taps {\n  var loaded: Taps;\n  for (var i = 0u; i < (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG; i++) {\n    let at = i * WG + lane;\n    let tap = at % (DEPTH * TAPS);\n    let channel = first + tap / TAPS;\n    if (channel < dims.reads) {\n      loaded[i] = taps_at(dims.first_tap + channel * dims.read_step + tap % TAPS * dims.tap_step,\n        place.channel + at / (DEPTH * TAPS) * 4u);\n    }\n  }\n  return loaded;\n}",
  "\n\nfn stage_taps(loaded: Taps, lane: u32) {\n  for (var i = 0u; i < (DEPTH * TAPS * OUT / 4u + WG - 1u) / WG; i++) {\n    let at = i * WG + lane;\n    if (at < DEPTH * TAPS * OUT / 4u) {\n      taps[at % (DEPTH * TAPS) * PITCH + at / (DEPTH * TAPS)] = loaded[i];\n    }\n  }\n}",
  "\n\n\nfn taps_at(start: u32, channel: u32) -> vec4f {\n  let channels = min(channel + vec4u(0u, 1u, 2u, 3u), vec4u(dims.writes - 1u));\n  let at = start + channels * dims.write_step;\n  return vec4f(f32(weight[at.x]), f32(weight[at.y]), f32(weight[at.z]), f32(weight[at.w]));\n}",
  "\n\n\n\nalias Line = array<vec4f, 8>;",
  "\n\nstruct Sums {\n  upper: Line,\n  lower: Line,\n}",
  "\n\n\nstruct Row {\n  left: vec4f,\n  middle: vec4f,\n  right: vec4f,\n}",
  "\n\nfn row_at(i: u32) -> Row {\n  let a = patches[i];\n  let b = patches[i + 1u];\n  return Row(a, vec4f(a.yzw, b.x), vec4f(a.zw, b.xy));\n}",
  "\n\nfn multiply(sums: Sums, tap: u32, upper: vec4f, lower: vec4f) -> Sums {\n  let a = taps[tap];\n  let b = taps[tap + OUT / 8u];\n  return Sums(line(sums.upper, a, b, upper), line(sums.lower, a, b, lower));\n}",
  "\n\nfn line(y: Line, a: vec4f, b: vec4f, p: vec4f) -> Line {\n  return Line(\n    fma(vec4f(a.x), p, y[0]), fma(vec4f(a.y), p, y[1]), fma(vec4f(a.z), p, y[2]), fma(vec4f(a.w), p, y[3]),\n    fma(vec4f(b.x), p, y[4]), fma(vec4f(b.y), p, y[5]), fma(vec4f(b.z), p, y[6]), fma(vec4f(b.w), p, y[7]));\n}",
  "\n\nfn multiply_row(sums: Sums, tap: u32, upper: Row, lower: Row) -> Sums {\n  let left = multiply(sums, tap, upper.left, lower.left);\n  let middle = multiply(left, tap + PITCH, upper.middle, lower.middle);\n  return multiply(middle, tap + 2u * PITCH, upper.right, lower.right);\n}",
  "\n\nfn multiply_channel(sums: Sums, tap: u32, pixel: u32) -> Sums {\n  if (KERNEL == 1u) {\n    return multiply(sums, tap, patches[pixel], patches[pixel + PATCH_QUADS]);\n  }\n  let a = row_at(pixel);\n  let b = row_at(pixel + PATCH_QUADS);\n  let c = row_at(pixel + 2u * PATCH_QUADS);\n  let d = row_at(pixel + 3u * PATCH_QUADS);\n  let above = multiply_row(sums, tap, a, b);\n  let level = multiply_row(above, tap + 3u * PITCH, b, c);\n  return multiply_row(level, tap + 6u * PITCH, c, d);\n}",
  "\n\n\nfn sums_of(place: Place, lane: u32) -> Sums {\n  let spot = spot_of(lane);\n  let pixel = spot.x * PATCH + spot.y * PATCH_QUADS + spot.z / 4u;\n  let first_turn = place.part * dims.turns_a_part;\n  let end = min(first_turn + dims.turns_a_part, dims.turns);\n  var next_patches = load_patches(place, first_turn * DEPTH, lane);\n  var next_taps = load_taps(place, first_turn * DEPTH, lane);\n  var sums = Sums();\n  for (var turn = first_turn; turn < end; turn++) {\n    stage_patches(next_patches, lane);\n    stage_taps(next_taps, lane);\n    workgroupBarrier();\n    next_patches = load_patches(place, (turn + 1u) * DEPTH, lane);\n    next_taps = load_taps(place, (turn + 1u) * DEPTH, lane);\n    for (var k = 0u; k < DEPTH; k++) {\n      sums = multiply_channel(sums, k * TAPS * PITCH + lane % 8u, k * PATCHES + pixel);\n    }\n    workgroupBarrier();\n  }\n  return sums;\n}",
  "\n\n\nfn spot_of(lane: u32) -> vec3u {\n  let i = lane / 8u;\n  let quads = COLUMNS / 4u;\n  return vec3u(i / quads / (ROWS / 2u), i / quads % (ROWS / 2u) * 2u, i % quads * 4u);\n}",
  "\n\n\n\n\nstruct Spot {\n  image: u32,\n  at: u32,\n  columns: u32,\n  lines: u32,\n}",
  "\n\nfn spot_in(place: Place, lane: u32) -> Spot {\n  let spot = spot_of(lane) + vec3u(place.image, place.row, place.column);\n  let columns = min(4u, dims.out_width - min(spot.z, dims.out_width));\n  let is_real = spot.x < dims.images && columns > 0u;\n  let lines = select(0u, min(2u, dims.out_height - min(spot.y, dims.out_height)), is_real);\n  return Spot(min(spot.x, dims.images - 1u), spot.y * dims.out_width + spot.z, columns, lines);\n}",
  "\n\nfn put(spot: Spot, channel: u32, upper: vec4f, lower: vec4f) {\n  if (channel >= dims.writes) {\n    return;\n  }\n  let plane = spot.image * dims.writes + channel;\n  let level = level_of(spot.image, channel);\n  let at = plane * dims.out_height * dims.out_width + spot.at;\n  if (spot.lines > 0u) {\n    put_line(at, spot.columns, upper + level);\n  }\n  if (spot.lines > 1u) {\n    put_line(at + dims.out_width, spot.columns, lower + level);\n  }\n}",
  "\n\nfn put_line(at: u32, columns: u32, values: vec4f) {\n  put_one(at, values.x);\n  if (columns > 1u) {\n    put_one(at + 1u, values.y);\n  }\n  if (columns > 2u) {\n    put_one(at + 2u, values.z);\n  }\n  if (columns > 3u) {\n    put_one(at + 3u, values.w);\n  }\n}",
  "\n\nfn put_one(at: u32, value: f32) {\n  result[at] = elem(value + added_at(at));\n}",
  "\n\nfn added_at(at: u32) -> f32 {\n  if (dims.has_added == 1u) {\n    return f32(added[at]);\n  }\n  return 0.0;\n}",
  "\n\nfn level_of(n: u32, o: u32) -> f32 {\n  var level = 0.0;\n  if (dims.has_bias == 1u) {\n    level += bias[o];\n  }\n  if (dims.rows_step != 0u) {\n    level += rows[n * dims.rows_step + dims.rows_first + o];\n  }\n  return level;\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn tile(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let place = place_of(group, groups);\n  let y = sums_of(place, lane);\n  let spot = spot_in(place, lane);\n  let a = place.channel + lane % 8u * 4u;\n  let b = a + OUT / 2u;\n  put(spot, a, y.upper[0], y.lower[0]);\n  put(spot, a + 1u, y.upper[1], y.lower[1]);\n  put(spot, a + 2u, y.upper[2], y.lower[2]);\n  put(spot, a + 3u, y.upper[3], y.lower[3]);\n  put(spot, b, y.upper[4], y.lower[4]);\n  put(spot, b + 1u, y.upper[5], y.lower[5]);\n  put(spot, b + 2u, y.upper[6], y.lower[6]);\n  put(spot, b + 3u, y.upper[7], y.lower[7]);\n}",
  "\n\nfn keep(part: u32, spot: Spot, channel: u32, upper: vec4f, lower: vec4f) {\n  if (channel >= dims.writes) {\n    return;\n  }\n  let plane = (part * dims.images + spot.image) * dims.writes + channel;\n  let at = plane * dims.out_height * dims.out_width + spot.at;\n  if (spot.lines > 0u) {\n    keep_line(at, spot.columns, upper);\n  }\n  if (spot.lines > 1u) {\n    keep_line(at + dims.out_width, spot.columns, lower);\n  }\n}",
  "\n\nfn keep_line(at: u32, columns: u32, values: vec4f) {\n  part_sums[at] = values.x;\n  if (columns > 1u) {\n    part_sums[at + 1u] = values.y;\n  }\n  if (columns > 2u) {\n    part_sums[at + 2u] = values.z;\n  }\n  if (columns > 3u) {\n    part_sums[at + 3u] = values.w;\n  }\n}",
  "\n\n@compute @workgroup_size(WG)\nfn part(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let place = place_of(group, groups);\n  let y = sums_of(place, lane);\n  let spot = spot_in(place, lane);\n  let a = place.channel + lane % 8u * 4u;\n  let b = a + OUT / 2u;\n  keep(place.part, spot, a, y.upper[0], y.lower[0]);\n  keep(place.part, spot, a + 1u, y.upper[1], y.lower[1]);\n  keep(place.part, spot, a + 2u, y.upper[2], y.lower[2]);\n  keep(place.part, spot, a + 3u, y.upper[3], y.lower[3]);\n  keep(place.part, spot, b, y.upper[4], y.lower[4]);\n  keep(place.part, spot, b + 1u, y.upper[5], y.lower[5]);\n  keep(place.part, spot, b + 2u, y.upper[6], y.lower[6]);\n  keep(place.part, spot, b + 3u, y.upper[7], y.lower[7]);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn finish(\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) lane: u32,\n) {\n  let at = (group.y * groups.x + group.x) * WG + lane;\n  let pixels = dims.out_height * dims.out_width;\n  let count = dims.images * dims.writes * pixels;\n  if (at >= count) {\n    return;\n  }\n  var sum = 0.0;\n  for (var i = 0u; i < dims.parts; i++) {\n    sum += all_sums[i * count + at];\n  }\n  let plane = at / pixels;\n  put_one(at, sum + level_of(plane / dims.writes, plane % dims.writes));\n}"
 ]
} as const satisfies ShaderFamily;
