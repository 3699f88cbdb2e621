// Generated from shaders/conv2d_weight_tile.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

export const conv2d_weight_tile = {
 "name": "conv2d_weight_tile",
 "hash": "1fcfa6bc765afcd6",
 "settings": {
  "elem": {
   "chunk": 0,
   "kind": "alias",
   "value": "f32"
  },
  "DOUBLED": {
   "chunk": 1,
   "kind": "const",
   "value": "0u"
  },
  "COLUMNS": {
   "chunk": 2,
   "kind": "const",
   "value": "8u"
  },
  "ROWS": {
   "chunk": 3,
   "kind": "const",
   "value": "4u"
  },
  "WG": {
   "chunk": 4,
   "kind": "const",
   "value": "128u"
  },
  "SIDE": {
   "chunk": 5,
   "kind": "const",
   "value": "32u"
  },
  "QUADS": {
   "chunk": 6,
   "kind": "const",
   "value": "COLUMNS / 4u"
  },
  "PIXELS": {
   "chunk": 7,
   "kind": "const",
   "value": "ROWS * QUADS"
  },
  "PATCH_QUADS": {
   "chunk": 8,
   "kind": "const",
   "value": "QUADS + 1u"
  },
  "PATCH": {
   "chunk": 9,
   "kind": "const",
   "value": "(ROWS + 2u) * PATCH_QUADS"
  },
  "PITCH": {
   "chunk": 10,
   "kind": "const",
   "value": "PATCH + 1u"
  },
  "Outputs": {
   "chunk": 20,
   "kind": "alias",
   "value": "array<vec4f, SIDE * PIXELS / WG>"
  },
  "Patches": {
   "chunk": 21,
   "kind": "alias",
   "value": "array<vec4f, (SIDE * PATCH + WG - 1u) / WG>"
  },
  "Taps": {
   "chunk": 28,
   "kind": "alias",
   "value": "mat3x3f"
  },
  "Sums": {
   "chunk": 29,
   "kind": "alias",
   "value": "array<Taps, 8>"
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
       "name": "turns_down",
       "type": "u32",
       "offset": 36
      },
      {
       "name": "turns_across",
       "type": "u32",
       "offset": 40
      },
      {
       "name": "turns",
       "type": "u32",
       "offset": 44
      },
      {
       "name": "turns_a_part",
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
  "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\nalias elem = f32;",
  "\n\nconst DOUBLED: u32 = 0u;",
  "\nconst COLUMNS: u32 = 8u;",
  "\nconst ROWS: u32 = 4u;",
  "\n\nconst WG: u32 = 128u;",
  "\nconst SIDE: u32 = 32u;",
  "\nconst QUADS: u32 = COLUMNS / 4u;",
  "\nconst PIXELS: u32 = ROWS * QUADS;",
  "\nconst PATCH_QUADS: u32 = QUADS + 1u;",
  "\nconst PATCH: u32 = (ROWS + 2u) * PATCH_QUADS;",
  "\nconst PITCH: u32 = PATCH + 1u;",
  "\n\nstruct Dims {\n  images: u32,\n  in_channels: u32,\n  out_channels: u32,\n  rows: u32,\n  columns: u32,\n  x_rows: u32,\n  x_columns: u32,\n  top: u32,\n  left: u32,\n  turns_down: u32,\n  turns_across: u32,\n  turns: u32,\n  turns_a_part: u32,\n}",
  "\n\n@group(0) @binding(0) var<uniform> dims: Dims;",
  "\n@group(0) @binding(1) var<storage, read> dy: array<elem>;",
  "\n@group(0) @binding(2) var<storage, read> x: array<elem>;",
  "\n@group(0) @binding(3) var<storage, read_write> partials: array<f32>;",
  "\n\n\n\nvar<workgroup> outputs: array<vec4f, SIDE * PIXELS>;",
  "\nvar<workgroup> patches: array<vec4f, SIDE * PITCH>;",
  "\n\nstruct Place {\n  image: u32,\n  row: u32,\n  column: u32,\n}",
  "\n\nfn place_of(turn: u32) -> Place {\n  let across = turn % dims.turns_across;\n  let down = turn / dims.turns_across % dims.turns_down;\n  return Place(turn / dims.turns_across / dims.turns_down, down * ROWS, across * COLUMNS);\n}",
  "\n\nalias Outputs = array<vec4f, SIDE * PIXELS / WG>;",
  "\nalias Patches = array<vec4f, (SIDE * PATCH + WG - 1u) / WG>;",
  "\n\nfn load_outputs(place: Place, first: u32, lane: u32) -> Outputs {\n  var loaded: Outputs;\n  for (var i = 0u; i < SIDE * PIXELS / WG; i++) {\n    let at = i * WG + lane;\n    let row = place.row + at / QUADS % ROWS;\n    let column = place.column + at % QUADS * 4u;\n    loaded[i] = outputs_at(place.image, first + at / PIXELS, row, column);\n  }\n  return loaded;\n}",
  "\n\nfn stage_outputs(loaded: Outputs, lane: u32) {\n  for (var i = 0u; i < SIDE * PIXELS / WG; i++) {\n    outputs[i * WG + lane] = loaded[i];\n  }\n}",
  "\n\nfn outputs_at(image: u32, channel: u32, row: u32, column: u32) -> vec4f {\n  if (image >= dims.images || channel >= dims.out_channels || row >= dims.rows) {\n    return vec4f();\n  }\n  let columns = column + vec4u(0u, 1u, 2u, 3u);\n  let start = ((image * dims.out_channels + channel) * dims.rows + row) * dims.columns;\n  let at = start + min(columns, vec4u(dims.columns - 1u));\n  let values = vec4f(f32(dy[at.x]), f32(dy[at.y]), f32(dy[at.z]), f32(dy[at.w]));\n  return select(vec4f(), values, columns < vec4u(dims.columns));\n}",
  "\n\nfn load_patches(place: Place, first: u32, lane: u32) -> Patches {\n  var loaded: Patches;\n  for (var i = 0u; i < (SIDE * PATCH + WG - 1u) / WG; i++) {\n    let at = i * WG + lane;\n    let row = place.row + at / PATCH_QUADS % (ROWS + 2u);\n    let column = place.column + at % PATCH_QUADS * 4u;\n    loaded[i] = pixels_at(place.image, first + at / PATCH, row, column);\n  }\n  return loaded;\n}",
  "\n\nfn stage_patches(loaded: Patches, lane: u32) {\n  for (var i = 0u; i < (SIDE * PATCH + WG - 1u) / WG; i++) {\n    let at = i * WG + lane;\n    if (at < SIDE * PATCH) {\n      patches[at / PATCH * PITCH + at % PATCH] = loaded[i];\n    }\n  }\n}",
  "\n\n\nfn pixels_at(image: u32, channel: u32, row: u32, column: u32) -> vec4f {\n  let height = dims.x_rows << DOUBLED;\n  let end = dims.left + (dims.x_columns << DOUBLED);\n  let is_row = row >= dims.top && row < dims.top + height;\n  if (image >= dims.images || channel >= dims.in_channels || !is_row) {\n    return vec4f();\n  }\n  let columns = column + vec4u(0u, 1u, 2u, 3u);\n  let x_row = (image * dims.in_channels + channel) * dims.x_rows + ((row - dims.top) >> DOUBLED);\n  let inside = clamp(columns, vec4u(dims.left), vec4u(end - 1u)) - dims.left;\n  let at = x_row * dims.x_columns + (inside >> vec4u(DOUBLED));\n  let pixels = vec4f(f32(x[at.x]), f32(x[at.y]), f32(x[at.z]), f32(x[at.w]));\n  return select(vec4f(), pixels, (columns >= vec4u(dims.left)) & (columns < vec4u(end)));\n}",
  "\n\n\n\nalias Taps = mat3x3f;",
  "\nalias Sums = array<Taps, 8>;",
  "\n\n\nstruct Row {\n  left: vec4f,\n  middle: vec4f,\n  right: vec4f,\n}",
  "\n\nfn row_at(i: u32) -> Row {\n  let a = patches[i];\n  let b = patches[i + 1u];\n  return Row(a, vec4f(a.yzw, b.x), vec4f(a.zw, b.xy));\n}",
  "\n\nfn multiply(w: Taps, d: vec4f, a: Row, b: Row, c: Row) -> Taps {\n  return Taps(add_dots(w[0], d, a), add_dots(w[1], d, b), add_dots(w[2], d, c));\n}",
  "\n\nfn add_dots(w: vec3f, d: vec4f, row: Row) -> vec3f {\n  return vec3f(add_dot(w.x, d, row.left), add_dot(w.y, d, row.middle), add_dot(w.z, d, row.right));\n}",
  "\n\nfn add_dot(sum: f32, a: vec4f, b: vec4f) -> f32 {\n  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));\n}",
  "\n\n\nfn multiply_pixels(w: Sums, output: u32, pixel: u32) -> Sums {\n  let a = row_at(pixel);\n  let b = row_at(pixel + PATCH_QUADS);\n  let c = row_at(pixel + 2u * PATCH_QUADS);\n  let d = row_at(pixel + 3u * PATCH_QUADS);\n  return multiply_row(multiply_row(w, output, a, b, c), output + QUADS, b, c, d);\n}",
  "\n\nfn multiply_row(w: Sums, output: u32, a: Row, b: Row, c: Row) -> Sums {\n  return Sums(\n    multiply(w[0], outputs[output], a, b, c),\n    multiply(w[1], outputs[output + PIXELS], a, b, c),\n    multiply(w[2], outputs[output + 2u * PIXELS], a, b, c),\n    multiply(w[3], outputs[output + 3u * PIXELS], a, b, c),\n    multiply(w[4], outputs[output + 4u * PIXELS], a, b, c),\n    multiply(w[5], outputs[output + 5u * PIXELS], a, b, c),\n    multiply(w[6], outputs[output + 6u * PIXELS], a, b, c),\n    multiply(w[7], outputs[output + 7u * PIXELS], a, b, c));\n}",
  "\n\n\n\nfn put(part: u32, o: u32, c: u32, w: Taps) {\n  if (o >= dims.out_channels || c >= dims.in_channels) {\n    return;\n  }\n  let at = ((part * dims.out_channels + o) * dims.in_channels + c) * 9u;\n  put_row(at, w[0]);\n  put_row(at + 3u, w[1]);\n  put_row(at + 6u, w[2]);\n}",
  "\n\nfn put_row(at: u32, w: vec3f) {\n  partials[at] = w.x;\n  partials[at + 1u] = w.y;\n  partials[at + 2u] = w.z;\n}",
  "\n\n@compute @workgroup_size(WG)\nfn tile(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {\n  let first_turn = group.z * dims.turns_a_part;\n  let own = lane % SIDE;\n  let output = lane / SIDE * 8u;\n  let end = min(first_turn + dims.turns_a_part, dims.turns);\n  var next_outputs = load_outputs(place_of(first_turn), group.y * SIDE, lane);\n  var next_patches = load_patches(place_of(first_turn), group.x * SIDE, lane);\n  var w = Sums();\n  for (var turn = first_turn; turn < end; turn++) {\n    stage_outputs(next_outputs, lane);\n    stage_patches(next_patches, lane);\n    workgroupBarrier();\n    next_outputs = load_outputs(place_of(turn + 1u), group.y * SIDE, lane);\n    next_patches = load_patches(place_of(turn + 1u), group.x * SIDE, lane);\n    for (var i = 0u; i < PIXELS / 2u; i++) {\n      let row = i / QUADS * 2u;\n      let quad = i % QUADS;\n      w = multiply_pixels(w, output * PIXELS + row * QUADS + quad,\n        own * PITCH + row * PATCH_QUADS + quad);\n    }\n    workgroupBarrier();\n  }\n  let o = group.y * SIDE + output;\n  let c = group.x * SIDE + own;\n  put(group.z, o, c, w[0]);\n  put(group.z, o + 1u, c, w[1]);\n  put(group.z, o + 2u, c, w[2]);\n  put(group.z, o + 3u, c, w[3]);\n  put(group.z, o + 4u, c, w[4]);\n  put(group.z, o + 5u, c, w[5]);\n  put(group.z, o + 6u, c, w[6]);\n  put(group.z, o + 7u, c, w[7]);\n}"
 ]
} as const satisfies ShaderFamily;
