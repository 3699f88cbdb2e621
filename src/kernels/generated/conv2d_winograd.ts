// Generated from shaders/conv2d_winograd.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_winograd = {
 "name": "conv2d_winograd",
 "hash": "11bd8f101560f26e",
 "settings": {
  "elem": {
   "chunk": 0,
   "kind": "alias",
   "value": "f32"
  },
  "WG": {
   "chunk": 1,
   "kind": "const",
   "value": "64u"
  },
  "BLOCKS": {
   "chunk": 2,
   "kind": "const",
   "value": "8u"
  },
  "DEPTH": {
   "chunk": 27,
   "kind": "const",
   "value": "8u"
  },
  "TILES": {
   "chunk": 28,
   "kind": "const",
   "value": "32u"
  },
  "OUT": {
   "chunk": 29,
   "kind": "const",
   "value": "16u"
  },
  "Eight": {
   "chunk": 32,
   "kind": "alias",
   "value": "array<vec4f, 8>"
  },
  "Tile": {
   "chunk": 39,
   "kind": "alias",
   "value": "array<vec4f, 2>"
  },
  "Block": {
   "chunk": 40,
   "kind": "alias",
   "value": "array<Tile, 4>"
  },
  "Patch": {
   "chunk": 41,
   "kind": "alias",
   "value": "array<Tile, 4>"
  },
  "Corners": {
   "chunk": 42,
   "kind": "alias",
   "value": "array<Block, 4>"
  }
 },
 "entries": {
  "transform_weight": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    3,
    4,
    6,
    11,
    17,
    18,
    19,
    20,
    21
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 104,
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
       "name": "tiles",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "padded_reads",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "padded_writes",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "padded_tiles",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "turns",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "places",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 88
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 92
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 96
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 100
      }
     ]
    },
    {
     "name": "weight",
     "binding": 2,
     "type": "read-only-storage",
     "size": 4,
     "elem": true
    },
    {
     "name": "taps",
     "binding": 7,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "transform_source": {
   "workgroupSize": [
    "WG",
    1,
    1
   ],
   "chunks": [
    0,
    1,
    3,
    4,
    5,
    12,
    17,
    18,
    22,
    23,
    24,
    25,
    26
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 104,
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
       "name": "tiles",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "padded_reads",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "padded_writes",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "padded_tiles",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "turns",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "places",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 88
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 92
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 96
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 100
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
     "name": "patches",
     "binding": 8,
     "type": "storage",
     "size": 4
    }
   ]
  },
  "tile": {
   "workgroupSize": [
    128,
    1,
    1
   ],
   "chunks": [
    3,
    4,
    13,
    14,
    15,
    27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
    35
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 104,
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
       "name": "tiles",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "padded_reads",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "padded_writes",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "padded_tiles",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "turns",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "places",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 88
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 92
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 96
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 100
      }
     ]
    },
    {
     "name": "products",
     "binding": 9,
     "type": "storage",
     "size": 16
    },
    {
     "name": "all_taps",
     "binding": 10,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "all_patches",
     "binding": 11,
     "type": "read-only-storage",
     "size": 16
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
    1,
    3,
    4,
    7,
    8,
    9,
    10,
    16,
    17,
    18,
    22,
    23,
    36,
    37,
    38
   ],
   "subgroups": false,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 104,
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
       "name": "tiles",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "padded_reads",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "padded_writes",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "padded_tiles",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "turns",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "places",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 88
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 92
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 96
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 100
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
     "name": "all_products",
     "binding": 12,
     "type": "read-only-storage",
     "size": 4
    }
   ]
  },
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
    7,
    8,
    9,
    10,
    14,
    15,
    17,
    18,
    22,
    23,
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
    52
   ],
   "subgroups": true,
   "bindings": [
    {
     "name": "dims",
     "binding": 0,
     "type": "uniform",
     "size": 104,
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
       "name": "tiles",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "padded_reads",
       "type": "u32",
       "offset": 48
      },
      {
       "name": "padded_writes",
       "type": "u32",
       "offset": 52
      },
      {
       "name": "padded_tiles",
       "type": "u32",
       "offset": 56
      },
      {
       "name": "read_step",
       "type": "u32",
       "offset": 60
      },
      {
       "name": "write_step",
       "type": "u32",
       "offset": 64
      },
      {
       "name": "first_tap",
       "type": "u32",
       "offset": 68
      },
      {
       "name": "tap_step",
       "type": "u32",
       "offset": 72
      },
      {
       "name": "turns",
       "type": "u32",
       "offset": 76
      },
      {
       "name": "blocks",
       "type": "u32",
       "offset": 80
      },
      {
       "name": "places",
       "type": "u32",
       "offset": 84
      },
      {
       "name": "four",
       "type": "u32",
       "offset": 88
      },
      {
       "name": "has_bias",
       "type": "u32",
       "offset": 92
      },
      {
       "name": "has_rows",
       "type": "u32",
       "offset": 96
      },
      {
       "name": "has_added",
       "type": "u32",
       "offset": 100
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
     "name": "all_taps",
     "binding": 10,
     "type": "read-only-storage",
     "size": 16
    },
    {
     "name": "all_patches",
     "binding": 11,
     "type": "read-only-storage",
     "size": 16
    }
   ]
  }
 },
 "chunks": [
  "\n\nalias elem = f32;",
  "\n\nconst WG: u32 = 64u;",
  "\nconst BLOCKS: u32 = 8u;",
  "\n\nstruct Dims {\n  images: u32,\n  reads: u32,\n  writes: u32,\n  height: u32,\n  width: u32,\n  out_height: u32,\n  out_width: u32,\n  top: u32,\n  left: u32,\n  tiles_down: u32,\n  tiles_across: u32,\n  tiles: u32,\n  padded_reads: u32,\n  padded_writes: u32,\n  padded_tiles: u32,\n  read_step: u32,\n  write_step: u32,\n  first_tap: u32,\n  tap_step: u32,\n  turns: u32,\n  blocks: u32,\n  places: u32,\n  four: u32,\n  has_bias: u32,\n  has_rows: u32,\n  has_added: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> source: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> weight: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read> bias: array<f32>;",
  "\n@group(0) @binding(4) var<storage, read> rows: array<f32>;",
  "\n@group(0) @binding(5) var<storage, read> added: array<elem>;",
  "\n@group(0) @binding(6) var<storage, read_write> result: array<elem>;",
  "\n@group(0) @binding(7) var<storage, read_write> taps: array<f32>;",
  "\n@group(0) @binding(8) var<storage, read_write> patches: array<f32>;",
  "\n@group(0) @binding(9) var<storage, read_write> products: array<vec4f>;",
  "\n@group(0) @binding(10) var<storage, read> all_taps: array<vec4f>;",
  "\n@group(0) @binding(11) var<storage, read> all_patches: array<vec4f>;",
  "\n@group(0) @binding(12) var<storage, read> all_products: array<f32>;",
  "\n\nstruct Lane {\n  @builtin(workgroup_id) group: vec3u,\n  @builtin(num_workgroups) groups: vec3u,\n  @builtin(local_invocation_index) index: u32,\n}",
  "\n\nfn index_of(lane: Lane) -> u32 {\n  return (lane.group.y * lane.groups.x + lane.group.x) * WG + lane.index;\n}",
  "\n\n\n\n@compute @workgroup_size(WG)\nfn transform_weight(lane: Lane) {\n  let d = dims;\n  let index = index_of(lane);\n  if (index >= d.padded_reads * d.padded_writes) {\n    return;\n  }\n  let c = index / d.padded_writes;\n  let o = index % d.padded_writes;\n  let is_real = c < d.reads && o < d.writes;\n  let i = select(0u, c * d.read_step + o * d.write_step, is_real) + d.first_tap;\n  let g = array<vec3f, 3>(taps_of(i, d), taps_of(i + 3u * d.tap_step, d), taps_of(i + 6u * d.tap_step, d));\n  let ends = 0.5 * (g[0] + g[2]);\n  let inside = select(0.0, 1.0, is_real);\n  put_taps(index, 0u, inside * g[0], d);\n  put_taps(index, 4u, inside * (ends + 0.5 * g[1]), d);\n  put_taps(index, 8u, inside * (ends - 0.5 * g[1]), d);\n  put_taps(index, 12u, inside * g[2], d);\n}",
  "\n\nfn taps_of(i: u32, d: Dims) -> vec3f {\n  return vec3f(f32(weight[i]), f32(weight[i + d.tap_step]), f32(weight[i + 2u * d.tap_step]));\n}",
  "\n\nfn put_taps(index: u32, place: u32, g: vec3f, d: Dims) {\n  let step = d.padded_reads * d.padded_writes;\n  let to = index + place * step;\n  let ends = 0.5 * (g.x + g.z);\n  taps[to] = g.x;\n  taps[to + step] = ends + 0.5 * g.y;\n  taps[to + 2u * step] = ends - 0.5 * g.y;\n  taps[to + 3u * step] = g.z;\n}",
  "\n\n\n\nstruct Spot {\n  image: u32,\n  row: u32,\n  column: u32,\n}",
  "\n\nfn spot_of(index: u32, d: Dims) -> Spot {\n  let across = index % d.tiles_across;\n  let down = index / d.tiles_across % d.tiles_down;\n  return Spot(index / d.tiles_across / d.tiles_down, 2u * down, 2u * across);\n}",
  "\n\n@compute @workgroup_size(WG)\nfn transform_source(lane: Lane) {\n  let d = dims;\n  let index = index_of(lane);\n  let channel = lane.group.z;\n  if (index >= d.padded_tiles) {\n    return;\n  }\n  let is_real = index < d.tiles && channel < d.reads;\n  let spot = spot_of(select(0u, index, is_real), d);\n  let plane = (spot.image * d.reads + select(0u, channel, is_real)) * d.height * d.width;\n  let x = spot.column + vec4u(0u, 1u, 2u, 3u);\n  let end = d.left + d.width;\n  let columns = clamp(x, vec4u(d.left), vec4u(end - 1u)) - d.left;\n  let inside = select(vec4f(), vec4f(select(0.0, 1.0, is_real)), (x >= vec4u(d.left)) & (x < vec4u(end)));\n  let a = pixels_at(plane, spot.row, columns, d);\n  let b = pixels_at(plane, spot.row + 1u, columns, d);\n  let c = pixels_at(plane, spot.row + 2u, columns, d);\n  let e = pixels_at(plane, spot.row + 3u, columns, d);\n  let to = channel * d.padded_tiles + index;\n  put_patch(to, 0u, inside * (a - c), d);\n  put_patch(to, 4u, inside * (b + c), d);\n  put_patch(to, 8u, inside * (c - b), d);\n  put_patch(to, 12u, inside * (b - e), d);\n}",
  "\n\n\nfn pixels_at(plane: u32, y: u32, columns: vec4u, d: Dims) -> vec4f {\n  let end = d.top + d.height;\n  let inside = select(0.0, 1.0, y >= d.top && y < end);\n  let i = plane + (clamp(y, d.top, end - 1u) - d.top) * d.width + columns;\n  return inside * vec4f(f32(source[i.x]), f32(source[i.y]), f32(source[i.z]), f32(source[i.w]));\n}",
  "\n\nfn put_patch(first: u32, place: u32, v: vec4f, d: Dims) {\n  let step = d.padded_reads * d.padded_tiles;\n  let to = first + place * step;\n  patches[to] = v.x - v.z;\n  patches[to + step] = v.y + v.z;\n  patches[to + 2u * step] = v.z - v.y;\n  patches[to + 3u * step] = v.y - v.w;\n}",
  "\n\n\n\nconst DEPTH: u32 = 8u;",
  "\nconst TILES: u32 = 32u;",
  "\nconst OUT: u32 = 16u;",
  "\n\nvar<workgroup> staged_patches: array<vec4f, DEPTH * TILES>;",
  "\nvar<workgroup> staged_taps: array<vec4f, DEPTH * OUT>;",
  "\n\nalias Eight = array<vec4f, 8>;",
  "\n\nfn times(sums: Eight, w: vec4f, v: vec4f, p: vec4f) -> Eight {\n  return Eight(\n    fma(vec4f(w.x), p, sums[0]), fma(vec4f(w.y), p, sums[1]),\n    fma(vec4f(w.z), p, sums[2]), fma(vec4f(w.w), p, sums[3]),\n    fma(vec4f(v.x), p, sums[4]), fma(vec4f(v.y), p, sums[5]),\n    fma(vec4f(v.z), p, sums[6]), fma(vec4f(v.w), p, sums[7]));\n}",
  "\n\n\n@compute @workgroup_size(128)\nfn tile(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {\n  let wide = dims.padded_tiles / 4u;\n  let out = dims.padded_writes / 4u;\n  let patch_row = lane / TILES;\n  let tap_row = lane / OUT;\n  let place = group.y * dims.padded_reads;\n  var patch_at = (place + patch_row) * wide + group.x * TILES + lane % TILES;\n  var tap_at = (place + tap_row) * out + group.z * OUT + lane % OUT;\n  var first = all_patches[patch_at];\n  var second = all_patches[patch_at + 4u * wide];\n  var weights = all_taps[tap_at];\n  let column = lane % 16u;\n  let row = lane / 16u;\n  var near: Eight;\n  var far: Eight;\n  for (var turn = 0u; turn < dims.turns; turn++) {\n    workgroupBarrier();\n    staged_patches[lane] = first;\n    staged_patches[lane + 128u] = second;\n    staged_taps[lane] = weights;\n    workgroupBarrier();\n    if (turn + 1u < dims.turns) {\n      patch_at += DEPTH * wide;\n      tap_at += DEPTH * out;\n      first = all_patches[patch_at];\n      second = all_patches[patch_at + 4u * wide];\n      weights = all_taps[tap_at];\n    }\n    for (var k = 0u; k < DEPTH; k++) {\n      let w = staged_taps[k * OUT + row * 2u];\n      let v = staged_taps[k * OUT + row * 2u + 1u];\n      near = times(near, w, v, staged_patches[k * TILES + column]);\n      far = times(far, w, v, staged_patches[k * TILES + column + 16u]);\n    }\n  }\n  let channel = (group.z * OUT + row * 2u) * 4u;\n  let to = (group.y * dims.padded_writes + channel) * wide + group.x * TILES + column;\n  put_eight(near, to, wide);\n  put_eight(far, to + 16u, wide);\n}",
  "\n\nfn put_eight(sums: Eight, to: u32, step: u32) {\n  products[to] = sums[0];\n  products[to + step] = sums[1];\n  products[to + 2u * step] = sums[2];\n  products[to + 3u * step] = sums[3];\n  products[to + 4u * step] = sums[4];\n  products[to + 5u * step] = sums[5];\n  products[to + 6u * step] = sums[6];\n  products[to + 7u * step] = sums[7];\n}",
  "\n\n\n@compute @workgroup_size(WG)\nfn finish(lane: Lane) {\n  let d = dims;\n  let index = index_of(lane);\n  if (index >= d.tiles) {\n    return;\n  }\n  let channel = lane.group.z;\n  let at = channel * d.padded_tiles + index;\n  let a = products_of(at, 0u, d);\n  let b = products_of(at, 4u, d);\n  let c = products_of(at, 8u, d);\n  let e = products_of(at, 12u, d);\n  let above = a + b + c;\n  let below = b - c - e;\n  put_tile(index, channel, vec4f(\n    above.x + above.y + above.z, above.y - above.z - above.w,\n    below.x + below.y + below.z, below.y - below.z - below.w), d);\n}",
  "\n\nfn products_of(at: u32, place: u32, d: Dims) -> vec4f {\n  let step = d.padded_writes * d.padded_tiles;\n  let i = at + place * step;\n  return vec4f(\n    all_products[i], all_products[i + step], all_products[i + 2u * step], all_products[i + 3u * step]);\n}",
  "\n\n\nfn put_tile(index: u32, channel: u32, values: vec4f, d: Dims) {\n  let spot = spot_of(index, d);\n  let plane = spot.image * d.writes + channel;\n  let y = min(vec2u(spot.row, spot.row + 1u), vec2u(d.out_height - 1u));\n  let x = min(vec2u(spot.column, spot.column + 1u), vec2u(d.out_width - 1u));\n  let at = (plane * d.out_height + y.xxyy) * d.out_width + x.xyxy;\n  var sums = values;\n  if (d.has_bias == 1u) {\n    sums += bias[channel];\n  }\n  if (d.has_rows == 1u) {\n    sums += rows[plane];\n  }\n  if (d.has_added == 1u) {\n    sums += vec4f(f32(added[at.x]), f32(added[at.y]), f32(added[at.z]), f32(added[at.w]));\n  }\n  result[at.w] = elem(sums.w);\n  result[at.z] = elem(sums.z);\n  result[at.y] = elem(sums.y);\n  result[at.x] = elem(sums.x);\n}",
  "\n\n\n\nalias Tile = array<vec4f, 2>;",
  "\nalias Block = array<Tile, 4>;",
  "\nalias Patch = array<Tile, 4>;",
  "\nalias Corners = array<Block, 4>;",
  "\n\nfn four_patches(i: u32, order: vec4u) -> Patch {\n  let at = i + order;\n  return Patch(pair_at(at.x), pair_at(at.y), pair_at(at.z), pair_at(at.w));\n}",
  "\n\nfn pair_at(i: u32) -> Tile {\n  return Tile(all_patches[i], all_patches[i + 1u]);\n}",
  "\n\n\nfn shared_block(t: Block, w: vec4f, p: Patch) -> Block {\n  let x = quadSwapX(w);\n  let y = quadSwapY(w);\n  let z = quadSwapDiagonal(w);\n  return Block(\n    pair(t[0], vec4f(w.x, x.x, y.x, z.x), p), pair(t[1], vec4f(w.y, x.y, y.y, z.y), p),\n    pair(t[2], vec4f(w.z, x.z, y.z, z.z), p), pair(t[3], vec4f(w.w, x.w, y.w, z.w), p));\n}",
  "\n\nfn pair(t: Tile, w: vec4f, p: Patch) -> Tile {\n  return Tile(line(t[0], w, p[0][0], p[1][0], p[2][0], p[3][0]), line(t[1], w, p[0][1], p[1][1], p[2][1], p[3][1]));\n}",
  "\n\nfn line(t: vec4f, w: vec4f, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> vec4f {\n  return fma(vec4f(w.w), d, fma(vec4f(w.z), c, fma(vec4f(w.y), b, fma(vec4f(w.x), a, t))));\n}",
  "\n\n\nfn shares_of(place: u32) -> vec4f {\n  let row = place / 4u;\n  let column = place % 4u;\n  let below = select(select(1.0, 0.0, row == 0u), -1.0, row > 1u);\n  let right = select(select(1.0, 0.0, column == 0u), -1.0, column > 1u);\n  let above = select(1.0, 0.0, row == 3u);\n  let left = select(1.0, 0.0, column == 3u);\n  return vec4f(above * left, above * right, below * left, below * right);\n}",
  "\n\nfn spread(y: Corners, m: Block, shares: vec4f) -> Corners {\n  return Corners(\n    spread_block(y[0], m, shares.x), spread_block(y[1], m, shares.y),\n    spread_block(y[2], m, shares.z), spread_block(y[3], m, shares.w));\n}",
  "\n\nfn spread_block(y: Block, m: Block, share: f32) -> Block {\n  return Block(\n    spread_pair(y[0], m[0], share), spread_pair(y[1], m[1], share),\n    spread_pair(y[2], m[2], share), spread_pair(y[3], m[3], share));\n}",
  "\n\nfn spread_pair(y: Tile, m: Tile, share: f32) -> Tile {\n  return Tile(fma(vec4f(share), m[0], y[0]), fma(vec4f(share), m[1], y[1]));\n}",
  "\n\n@compute @workgroup_size(WG)\nfn quads(lane: Lane, @builtin(subgroup_invocation_id) id: u32) {\n  let dim = dims;\n  let wide = dim.padded_tiles / 4u;\n  let out = dim.padded_writes / 4u;\n  let index = index_of(lane);\n  let own = id & 3u;\n  let order = (vec4u(own) ^ vec4u(0u, 1u, 2u, 3u)) * wide;\n  var at = min(index * 2u, wide - 2u);\n  var w = own * out + lane.group.z * BLOCKS;\n  var y: array<Corners, 8>;\n  for (var place = 0u; place < dim.places; place++) {\n    var a = Block();\n    var b = Block();\n    var c = Block();\n    var d = Block();\n    var e = Block();\n    var f = Block();\n    var g = Block();\n    var h = Block();\n    for (var k = 0u; k < dim.turns; k++) {\n      let p = four_patches(at, order);\n      a = shared_block(a, all_taps[w], p);\n      b = shared_block(b, all_taps[w + 1u], p);\n      if (BLOCKS > 2u) {\n        c = shared_block(c, all_taps[w + 2u], p);\n        d = shared_block(d, all_taps[w + 3u], p);\n      }\n      if (BLOCKS > 4u) {\n        e = shared_block(e, all_taps[w + 4u], p);\n        f = shared_block(f, all_taps[w + 5u], p);\n        g = shared_block(g, all_taps[w + 6u], p);\n        h = shared_block(h, all_taps[w + 7u], p);\n      }\n      at += 4u * wide;\n      w += 4u * out;\n    }\n    let shares = shares_of(place);\n    y[0] = spread(y[0], a, shares);\n    y[1] = spread(y[1], b, shares);\n    if (BLOCKS > 2u) {\n      y[2] = spread(y[2], c, shares);\n      y[3] = spread(y[3], d, shares);\n    }\n    if (BLOCKS > 4u) {\n      y[4] = spread(y[4], e, shares);\n      y[5] = spread(y[5], f, shares);\n      y[6] = spread(y[6], g, shares);\n      y[7] = spread(y[7], h, shares);\n    }\n  }\n  for (var i = 0u; i < dim.blocks * dim.four; i++) {\n    let channel = lane.group.z * BLOCKS * 4u + i;\n    for (var t = 0u; t < dim.four * 2u; t++) {\n      if (channel < dim.writes && index * 8u + t < dim.tiles) {\n        put_tile(index * 8u + t, channel, vec4f(\n          y[i / 4u][0][i % 4u][t / 4u][t % 4u], y[i / 4u][1][i % 4u][t / 4u][t % 4u],\n          y[i / 4u][2][i % 4u][t / 4u][t % 4u], y[i / 4u][3][i % 4u][t / 4u][t % 4u]), dim);\n      }\n    }\n  }\n}"
 ]
} as const satisfies ShaderFamily;
