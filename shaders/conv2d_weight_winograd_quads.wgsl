// conv2d_weight_winograd_quads.wgsl — what conv2d_weight_winograd.wgsl computes, for software adapters with subgroups of four.
//
//   quads     w_s[o,c] = Gᵀ [ Σ (A dY Aᵀ) ⊙ (Bᵀ d B) ] G, over the 2×2 tiles of dy in part s, where dY is a tile
//             of channel o and d the 4×4 patch of channel c of x around it: 16 products for 36. Then
//             dweight = Σ_s w_s; x is 0 outside the image
//   source    Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308, §4.1,
//             of whose F(2×2, 3×3) this is the transpose in the taps
//
//   A lane makes the sums of 16 channels of dy and 2 of x, and walks down strips of four tiles with two rows of x
//   in registers. A quad's lanes have the same channels of dy: each loads one of four and they swap, so that
//   lane q has channels q^0, q^1, q^2, q^3 of each four. Tiles are transformed in registers: loads are dearer
//   than sums here, and a transformed tile is four times as many.
//
//   shapes    dy [N, O, rows, columns] · x [N, C, x_rows, columns] row-major, behind one column of zeros and before
//             one; columns are a multiple of 8 · partials [parts, O, C, 3, 3] f32
//   dispatch  a workgroup is a quad: ⌈O/16⌉ · ⌈C/8⌉ · parts of them
//   numerics  transforms and sums in f32; four tiles at a time, then row by row, then strip by strip, in fixed
//             order. Rounding is that of sums of |Gᵀ| [ Σ |A||dY||Aᵀ| ⊙ |Bᵀ||d||B| ] |G|, of numbers of one size
//             up to 9 times the definition's
//   launcher  src/kernels/conv2d_weight_winograd_quads.ts · oracle tests/reference/conv2d.ts
enable subgroups;

alias elem = f32; // or f16: how maps are stored; sums are f32
alias elem4 = vec4<elem>;
alias elem8 = Eight; // pixels that are read at once
struct Eight {
  l: elem4,
  r: elem4,
}

struct Dims {
  images: u32, // N
  in_channels: u32, // C
  out_channels: u32, // O
  rows: u32, // of dy
  x_rows: u32,
  columns: u32, // of both
  top: i32, // zeros above x
  o_blocks: u32, // ⌈O / 16⌉
  c_blocks: u32, // ⌈C / 8⌉
  blocks: u32, // o_blocks · c_blocks · parts
  images_a_part: u32,
  rows_a_part: u32, // of tiles
  row_parts: u32, // parts that the rows of tiles are cut into
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> dy: array<elem8>;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read> x8: array<elem8>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

// 1 or 0. A negative position becomes a large one.
fn inside(position: i32, extent: u32) -> f32 {
  return f32(u32(position) < extent);
}

// ---- Bᵀ d B

// Ten pixels of a row of x: those in even columns, in odd ones, and the last two.
struct Row {
  even: vec4f,
  odd: vec4f,
  end: vec2f,
}

alias Patches = array<mat4x4f, 4>; // by rows and columns of places, four tiles each

// Columns j − 1 … j + 8 of a row, zeros outside. `plane` is where its channel starts, `edges` say which of the
// first and the last exist.
fn row_at(plane: u32, row: i32, j: u32, edges: vec2f) -> Row {
  let here = inside(row, dims.x_rows);
  let at = plane + u32(clamp(row, 0, i32(dims.x_rows) - 1)) * dims.columns + j;
  let p = x8[at >> 3u];
  let first = f32(x[at - 1u]) * edges.x;
  let last = f32(x[at + 8u]) * edges.y;
  return Row(
    vec4f(first, vec3f(vec3<elem>(p.l.yw, p.r.y))) * here, vec4f(elem4(p.l.xz, p.r.xz)) * here,
    vec2f(f32(p.r.w), last) * here);
}

fn patches_of(a: Row, b: Row, c: Row, d: Row) -> Patches {
  return Patches(places_of(a, c, -1.0), places_of(b, c, 1.0), places_of(c, b, -1.0), places_of(b, d, -1.0));
}

fn places_of(a: Row, b: Row, sign: f32) -> mat4x4f {
  let even = a.even + sign * b.even;
  let odd = a.odd + sign * b.odd;
  let end = a.end + sign * b.end;
  let third = vec4f(even.yzw, end.x);
  return mat4x4f(even - third, odd + third, third - odd, odd - vec4f(odd.yzw, end.y));
}

// ---- A dY Aᵀ, without the signs of A's last row, and the products

// Eight pixels of a row of dy, in even columns and odd ones.
struct Run {
  even: vec4f,
  odd: vec4f,
}

struct Tiles { // four
  upper: Run,
  lower: Run,
}

fn run_at(at: u32) -> Run {
  let p = dy[at >> 3u];
  return Run(vec4f(elem4(p.l.xz, p.r.xz)), vec4f(elem4(p.l.yw, p.r.yw)));
}

// Where they lie, and whether the lower row exists: 1 or 0.
struct Source {
  upper: u32,
  lower: u32,
  has_lower: f32,
}

fn tiles_at(s: Source, more: u32) -> Tiles {
  let lower = run_at(s.lower + more);
  return Tiles(run_at(s.upper + more), Run(lower.even * s.has_lower, lower.odd * s.has_lower));
}

fn swapped_x(t: Tiles) -> Tiles {
  return Tiles(
    Run(quadSwapX(t.upper.even), quadSwapX(t.upper.odd)), Run(quadSwapX(t.lower.even), quadSwapX(t.lower.odd)));
}

fn swapped_y(t: Tiles) -> Tiles {
  return Tiles(
    Run(quadSwapY(t.upper.even), quadSwapY(t.upper.odd)), Run(quadSwapY(t.lower.even), quadSwapY(t.lower.odd)));
}

fn swapped_diagonal(t: Tiles) -> Tiles {
  return Tiles(
    Run(quadSwapDiagonal(t.upper.even), quadSwapDiagonal(t.upper.odd)),
    Run(quadSwapDiagonal(t.lower.even), quadSwapDiagonal(t.lower.odd)));
}

struct Pair { // of one channel of dy and two of x: the sums of 16 places
  one: mat4x4f,
  other: mat4x4f,
}

alias Four = array<Pair, 4>; // of channels of dy
alias Sums = array<Four, 4>;

fn add_all(w: Sums, s: Source, one: Patches, other: Patches) -> Sums {
  let step = 4u * dims.rows * dims.columns;
  return Sums(
    add_four(w[0], tiles_at(s, 0u), one, other), add_four(w[1], tiles_at(s, step), one, other),
    add_four(w[2], tiles_at(s, 2u * step), one, other), add_four(w[3], tiles_at(s, 3u * step), one, other));
}

fn add_four(w: Four, t: Tiles, one: Patches, other: Patches) -> Four {
  return Four(
    add_pair(w[0], t, one, other), add_pair(w[1], swapped_x(t), one, other),
    add_pair(w[2], swapped_y(t), one, other), add_pair(w[3], swapped_diagonal(t), one, other));
}

fn add_pair(w: Pair, t: Tiles, one: Patches, other: Patches) -> Pair {
  return Pair(add_places(w.one, t, one), add_places(w.other, t, other));
}

fn add_places(w: mat4x4f, t: Tiles, v: Patches) -> mat4x4f {
  return mat4x4f(
    add_row(w[0], t.upper.even, t.upper.odd, v[0]),
    add_row(w[1], t.upper.even + t.lower.even, t.upper.odd + t.lower.odd, v[1]),
    add_row(w[2], t.upper.even - t.lower.even, t.upper.odd - t.lower.odd, v[2]),
    add_row(w[3], t.lower.even, t.lower.odd, v[3]));
}

fn add_row(w: vec4f, even: vec4f, odd: vec4f, v: mat4x4f) -> vec4f {
  return w + vec4f(dot(even, v[0]), dot(even + odd, v[1]), dot(even - odd, v[2]), dot(odd, v[3]));
}

fn added(a: Sums, b: Sums) -> Sums {
  return Sums(added_four(a[0], b[0]), added_four(a[1], b[1]), added_four(a[2], b[2]), added_four(a[3], b[3]));
}

fn added_four(a: Four, b: Four) -> Four {
  return Four(added_pair(a[0], b[0]), added_pair(a[1], b[1]), added_pair(a[2], b[2]), added_pair(a[3], b[3]));
}

fn added_pair(a: Pair, b: Pair) -> Pair {
  return Pair(a.one + b.one, a.other + b.other);
}

// ---- Gᵀ w G, with the signs of A's last row

fn put(part: u32, o: u32, c: u32, w: mat4x4f) {
  if (o >= dims.out_channels || c >= dims.in_channels) {
    return;
  }
  let at = ((part * dims.out_channels + o) * dims.in_channels + c) * 9u;
  let ends = 0.5 * (w[1] + w[2]);
  put_taps(at, w[0] + ends);
  put_taps(at + 3u, 0.5 * (w[1] - w[2]));
  put_taps(at + 6u, ends - w[3]);
}

fn put_taps(at: u32, w: vec4f) {
  let ends = 0.5 * (w.y + w.z);
  partials[at] = w.x + ends;
  partials[at + 1u] = 0.5 * (w.y - w.z);
  partials[at + 2u] = ends - w.w;
}

@compute @workgroup_size(4)
fn quads(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) id: u32,
) {
  let index = min(group.y * groups.x + group.x, dims.blocks - 1u);
  let part = index / dims.c_blocks / dims.o_blocks;
  let o = index / dims.c_blocks % dims.o_blocks * 16u;
  let c = (index % dims.c_blocks * 4u + id) * 2u;
  let first_image = part / dims.row_parts * dims.images_a_part;
  let images = min(dims.images_a_part, dims.images - first_image);
  let first_row = part % dims.row_parts * dims.rows_a_part;
  let last_row = min(first_row + dims.rows_a_part, (dims.rows + 1u) / 2u);
  let strips = dims.columns / 8u;
  let plane = dims.x_rows * dims.columns;
  var w = Sums();
  for (var k = 0u; k < images * strips; k++) {
    let n = first_image + k / strips;
    let j = k % strips * 8u;
    let outputs = (n * dims.out_channels + o + id) * dims.rows * dims.columns + j;
    let near = (n * dims.in_channels + c) * plane;
    let edges = vec2f(f32(j > 0u), f32(j + 8u < dims.columns));
    let above = i32(2u * first_row) - dims.top;
    var a = row_at(near, above, j, edges);
    var b = row_at(near, above + 1, j, edges);
    var other_a = row_at(near + plane, above, j, edges);
    var other_b = row_at(near + plane, above + 1, j, edges);
    var strip = Sums();
    for (var i = first_row; i < last_row; i++) {
      let row = i32(2u * i) - dims.top;
      let third = row_at(near, row + 2, j, edges);
      let fourth = row_at(near, row + 3, j, edges);
      let one = patches_of(a, b, third, fourth);
      a = third;
      b = fourth;
      let other_third = row_at(near + plane, row + 2, j, edges);
      let other_fourth = row_at(near + plane, row + 3, j, edges);
      let other = patches_of(other_a, other_b, other_third, other_fourth);
      other_a = other_third;
      other_b = other_fourth;
      let has_lower = inside(i32(2u * i + 1u), dims.rows);
      let lower = min(2u * i + 1u, dims.rows - 1u);
      let source = Source(outputs + 2u * i * dims.columns, outputs + lower * dims.columns, has_lower);
      strip = add_all(strip, source, one, other);
    }
    w = added(w, strip);
  }
  // in a loop: this runs once, and unrolled it takes long to compile
  for (var k = 0u; k < 16u; k++) {
    let channel = o + (k ^ id);
    put(part, channel, c, w[k / 4u][k % 4u].one);
    put(part, channel, c + 1u, w[k / 4u][k % 4u].other);
  }
}
