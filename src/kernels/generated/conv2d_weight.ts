// Generated from shaders/conv2d_weight.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  lanes: { dims: "images" | "a_channels" | "b_channels" | "rows" | "columns" | "q_rows" | "q_columns" | "top" | "left" | "a_tiles" | "b_tiles" | "tiles" | "images_a_part" | "rows_a_part" | "row_parts" | "a_step" | "b_step" | "weights" | "is_reversed"; p: true; q: true; partials: true; p8: true; q8: true };
  plain: { dims: "images" | "a_channels" | "b_channels" | "rows" | "columns" | "q_rows" | "q_columns" | "top" | "left" | "a_tiles" | "b_tiles" | "tiles" | "images_a_part" | "rows_a_part" | "row_parts" | "a_step" | "b_step" | "weights" | "is_reversed"; p: true; q: true; partials: true; p8: true; q8: true };
};

export const conv2d_weight: ShaderFamily<Binds> = {
  name: "conv2d_weight",
  hash: "d47800e9",
  text: [`


















alias elem = f32;
alias elem4 = vec4<elem>;
alias elem8 = Eight;
struct Eight {
  l: elem4,
  r: elem4,
}

const WG: u32 = 64u;
const LANES: u32 = 4u;
const A_TILE: u32 = 8u;
const B_TILE: u32 = 2u;
const STRIDE: u32 = 1u;
const DOUBLED: u32 = 0u;
const BOXED: u32 = 0u;
const ALIGNED: bool = false;

const FIFTH: u32 = LANES / 8u * 4u;

struct Dims {
  images: u32,
  a_channels: u32,
  b_channels: u32,
  rows: u32,
  columns: u32,
  q_rows: u32,
  q_columns: u32,
  top: i32,
  left: i32,
  a_tiles: u32,
  b_tiles: u32,
  tiles: u32,
  images_a_part: u32,
  rows_a_part: u32,
  row_parts: u32,
  a_step: u32,
  b_step: u32,
  weights: u32,
  is_reversed: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> p: array<elem>;
@group(0) @binding(2) var<storage, read> q: array<elem>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read> p8: array<elem8>;
@group(0) @binding(5) var<storage, read> q8: array<elem8>;


struct Run {
  lo: vec4f,
  hi: vec4f,
}

fn run_of(eight: Eight) -> Run {
  return Run(vec4f(eight.l), vec4f(eight.r));
}


struct Row {
  lo: vec4f,
  hi: vec4f,
  end: vec2f,
  odd_lo: vec4f,
  odd_hi: vec4f,
}

struct Rows {
  above: Row,
  middle: Row,
  below: Row,
  pending: Row,
}


struct Task {
  a: u32,
  part: u32,
  first_image: u32,
  strips: u32,
  first_row: u32,
  last_row: u32,
}

fn task_of(a_tile: u32, part: u32) -> Task {
  let first_image = part / dims.row_parts * dims.images_a_part;
  let images = min(dims.images_a_part, dims.images - first_image);
  let first_row = part % dims.row_parts * dims.rows_a_part;
  let last_row = min(first_row + dims.rows_a_part, dims.rows);
  let strips = images * ((dims.columns + 7u) / 8u);
  return Task(a_tile * A_TILE, part, first_image, strips, first_row, last_row);
}


fn inside(position: i32, extent: u32) -> f32 {
  return f32(u32(position) < extent);
}

fn inside4(first: i32, step: i32, extent: u32) -> vec4f {
  return vec4f(
    inside(first, extent),
    inside(first + step, extent),
    inside(first + 2 * step, extent),
    inside(first + 3 * step, extent),
  );
}


fn columns_inside(first: i32) -> Row {
  let extent = dims.q_columns << DOUBLED;
  let step = i32(STRIDE);
  let end = first + 8 * step;
  return Row(
    inside4(first, step, extent),
    inside4(first + 4 * step, step, extent),
    vec2f(inside(end, extent), inside(end + 1, extent)),
    inside4(first + 1, step, extent),
    inside4(first + 9, step, extent),
  );
}

fn pixel(start: u32, column: i32) -> f32 {
  return f32(q[start + u32(column >> DOUBLED)]);
}

fn pixels(start: u32, column: i32) -> vec4f {
  let step = i32(STRIDE);
  return vec4f(
    pixel(start, column),
    pixel(start, column + step),
    pixel(start, column + 2 * step),
    pixel(start, column + 3 * step),
  );
}


fn row_at(plane: u32, row: i32, first: i32, exists: Row) -> Row {
  let extent = dims.q_rows << DOUBLED;
  let here = inside(row, extent);
  let start = plane + (u32(clamp(row, 0, i32(extent) - 1)) >> DOUBLED) * dims.q_columns;
  if (ALIGNED) {
    let at = start + u32(first);
    let eight = q8[(at + 1u) >> 3u];
    let outer = vec2f(vec2<elem>(q[at], q[at + 9u])) * vec2f(exists.lo.x, exists.end.y);
    let lo = vec4f(outer.x, vec3f(eight.l.xyz)) * here;
    let hi = vec4f(elem4(eight.l.w, eight.r.xyz)) * here;
    return Row(lo, hi, vec2f(f32(eight.r.w), outer.y) * here, vec4f(), vec4f());
  }
  let end_at = first + 8 * i32(STRIDE);
  let lo = pixels(start, first) * (exists.lo * here);
  let hi = pixels(start, first + 4 * i32(STRIDE)) * (exists.hi * here);
  let end = vec2f(pixel(start, end_at), pixel(start, end_at + 1)) * (exists.end * here);
  if (STRIDE == 1u) {
    return Row(lo, hi, end, vec4f(), vec4f());
  }
  let odd_lo = pixels(start, first + 1) * (exists.odd_lo * here);
  let odd_hi = pixels(start, first + 9) * (exists.odd_hi * here);
  if (BOXED == 0u) {
    return Row(lo, hi, end, odd_lo, odd_hi);
  }
  return Row(
    lo + odd_lo,
    hi + odd_hi,
    vec2f(end.x + end.y, 0.0),
    odd_lo + next(lo, hi.x),
    odd_hi + next(hi, end.x),
  );
}

fn next(four: vec4f, fifth: f32) -> vec4f {
  return vec4f(four.yzw, fifth);
}

fn sum_of(a: Row, b: Row) -> Row {
  return Row(a.lo + b.lo, a.hi + b.hi, a.end + b.end, a.odd_lo + b.odd_lo, a.odd_hi + b.odd_hi);
}


fn rows_before(plane: u32, i: u32, first: i32, exists: Row) -> Rows {
  let row = i32(i * STRIDE) - dims.top;
  var rows = Rows();
  for (var u = 0; u < select(1, 2, STRIDE == 1u || BOXED == 1u); u++) {
    let latest = row_at(plane, row + u, first, exists);
    if (BOXED == 0u) {
      rows = Rows(rows.middle, rows.below, latest, latest);
    } else {
      rows = Rows(latest, latest, sum_of(rows.pending, latest), latest);
    }
  }
  return rows;
}


fn rows_of(i: u32, before: Rows, plane: u32, first: i32, exists: Row) -> Rows {
  let row = i32(i * STRIDE) - dims.top;
  let third = row_at(plane, row + 2, first, exists);
  if (STRIDE == 1u) {
    return Rows(before.middle, before.below, third, third);
  }
  if (BOXED == 0u) {
    return Rows(before.below, row_at(plane, row + 1, first, exists), third, third);
  }
  let fourth = row_at(plane, row + 3, first, exists);
  return Rows(before.below, sum_of(before.pending, third), sum_of(third, fourth), fourth);
}

fn product(run: Run, lo: vec4f, hi: vec4f) -> f32 {
  return dot(run.lo, lo) + dot(run.hi, hi);
}

fn taps_of_row(run: Run, row: Row) -> vec3f {
  let at_0 = product(run, row.lo, row.hi);
  let one_on = product(run, next(row.lo, row.hi.x), next(row.hi, row.end.x));
  if (STRIDE == 1u) {
    let two_on = product(run, vec4f(row.lo.zw, row.hi.xy), vec4f(row.hi.zw, row.end));
    return vec3f(at_0, one_on, two_on);
  }
  return vec3f(at_0, product(run, row.odd_lo, row.odd_hi), one_on);
}

fn taps(run: Run, rows: Rows) -> mat3x3f {
  return mat3x3f(
    taps_of_row(run, rows.above),
    taps_of_row(run, rows.middle),
    taps_of_row(run, rows.below),
  );
}


fn add_taps(w: array<mat3x3f, 8>, runs: array<Run, 8>, rows: Rows) -> array<mat3x3f, 8> {
  var sum = w;
  sum[0] += taps(runs[0], rows);
  if (A_TILE > 1u) {
    sum[1] += taps(runs[1], rows);
    sum[2] += taps(runs[2], rows);
    sum[3] += taps(runs[3], rows);
  }
  if (A_TILE > 4u) {
    sum[4] += taps(runs[4], rows);
    sum[5] += taps(runs[5], rows);
    sum[6] += taps(runs[6], rows);
    sum[7] += taps(runs[7], rows);
  }
  return sum;
}

fn added(a: array<mat3x3f, 8>, b: array<mat3x3f, 8>) -> array<mat3x3f, 8> {
  return array(
    a[0] + b[0],
    a[1] + b[1],
    a[2] + b[2],
    a[3] + b[3],
    a[4] + b[4],
    a[5] + b[5],
    a[6] + b[6],
    a[7] + b[7],
  );
}


fn store(task: Task, b: u32, w: array<mat3x3f, 8>) {
  var all = w;
  let count = select(0u, min(A_TILE, dims.a_channels - task.a), b < dims.b_channels);
  for (var k = 0u; k < count; k++) {
    let e = task.part * dims.weights + (task.a + k) * dims.a_step + b * dims.b_step;
    for (var tap = 0u; tap < 9u; tap++) {
      partials[e + select(tap, 8u - tap, dims.is_reversed == 1u)] = all[k][tap / 3u][tap % 3u];
    }
  }
}

fn first_four(own: f32) -> vec4f {
  return vec4f(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u),
    subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
}

fn last_four(own: f32) -> vec4f {
  return vec4f(subgroupBroadcast(own, 4u), subgroupBroadcast(own, 5u),
    subgroupBroadcast(own, 6u), subgroupBroadcast(own, 7u));
}


fn shared_run(at: u32, lane: u32, exists: vec2f) -> Run {
  let own = f32(p[at + lane]) * exists.x;
  if (LANES == 8u) {
    return Run(first_four(own), last_four(own));
  }
  return Run(first_four(own), first_four(f32(p[at + 4u + lane]) * exists.y));
}


fn shared_runs(at: u32, lane: u32, exists: vec2f) -> array<Run, 8> {
  let plane = dims.rows * dims.columns;
  if (ALIGNED) {
    return shared_eights(at, plane, lane);
  }
  return array(
    shared_run(at, lane, exists),
    shared_run(at + plane, lane, exists),
    shared_run(at + 2u * plane, lane, exists),
    shared_run(at + 3u * plane, lane, exists),
    shared_run(at + 4u * plane, lane, exists),
    shared_run(at + 5u * plane, lane, exists),
    shared_run(at + 6u * plane, lane, exists),
    shared_run(at + 7u * plane, lane, exists),
  );
}


fn shared_eights(at: u32, plane: u32, lane: u32) -> array<Run, 8> {
  let a = run_of(p8[(at + lane * plane) >> 3u]);
  var b = a;
  if (LANES == 4u) {
    b = run_of(p8[(at + (lane + 4u) * plane) >> 3u]);
  }
  return array(
    Run(subgroupBroadcast(a.lo, 0u), subgroupBroadcast(a.hi, 0u)),
    Run(subgroupBroadcast(a.lo, 1u), subgroupBroadcast(a.hi, 1u)),
    Run(subgroupBroadcast(a.lo, 2u), subgroupBroadcast(a.hi, 2u)),
    Run(subgroupBroadcast(a.lo, 3u), subgroupBroadcast(a.hi, 3u)),
    Run(subgroupBroadcast(b.lo, FIFTH), subgroupBroadcast(b.hi, FIFTH)),
    Run(subgroupBroadcast(b.lo, FIFTH + 1u), subgroupBroadcast(b.hi, FIFTH + 1u)),
    Run(subgroupBroadcast(b.lo, FIFTH + 2u), subgroupBroadcast(b.hi, FIFTH + 2u)),
    Run(subgroupBroadcast(b.lo, FIFTH + 3u), subgroupBroadcast(b.hi, FIFTH + 3u)),
  );
}

@compute @workgroup_size(LANES)
fn lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let index = min(group.y * groups.x + group.x, dims.tiles - 1u);
  let task = task_of(index / dims.b_tiles % dims.a_tiles, index / dims.b_tiles / dims.a_tiles);
  let b = (index % dims.b_tiles * LANES + local) * B_TILE;
  let strips = (dims.columns + 7u) / 8u;
  let q_plane = dims.q_rows * dims.q_columns;
  var w = array<mat3x3f, 8>();
  var other_w = array<mat3x3f, 8>();
  for (var k = 0u; k < task.strips; k++) {
    let n = task.first_image + k / strips;
    let j = k % strips * 8u;
    let p_start = (n * dims.a_channels + task.a) * dims.rows * dims.columns + j;
    let q_start = (n * dims.b_channels + b) * q_plane;
    let first = i32(j * STRIDE) - dims.left;
    let own = vec2f(inside(i32(j + lane), dims.columns), inside(i32(j + lane + 4u), dims.columns));
    let exists = columns_inside(first);
    var rows = rows_before(q_start, task.first_row, first, exists);
    var other_rows = rows;
    if (B_TILE == 2u) {
      other_rows = rows_before(q_start + q_plane, task.first_row, first, exists);
    }
    var strip = array<mat3x3f, 8>();
    var other_strip = array<mat3x3f, 8>();
    for (var i = task.first_row; i < task.last_row; i++) {
      let runs = shared_runs(p_start + i * dims.columns, lane, own);
      rows = rows_of(i, rows, q_start, first, exists);
      strip = add_taps(strip, runs, rows);
      if (B_TILE == 2u) {
        other_rows = rows_of(i, other_rows, q_start + q_plane, first, exists);
        other_strip = add_taps(other_strip, runs, other_rows);
      }
    }
    w = added(w, strip);
    other_w = added(other_w, other_strip);
  }
  store(task, b, w);
  if (B_TILE == 2u) {
    store(task, b + 1u, other_w);
  }
}

fn plain_run(at: u32, exists: Run) -> Run {
  if (ALIGNED) {
    return run_of(p8[at >> 3u]);
  }
  return Run(
    vec4f(elem4(p[at], p[at + 1u], p[at + 2u], p[at + 3u])) * exists.lo,
    vec4f(elem4(p[at + 4u], p[at + 5u], p[at + 6u], p[at + 7u])) * exists.hi,
  );
}

fn plain_runs(at: u32, exists: Run) -> array<Run, 8> {
  let plane = dims.rows * dims.columns;
  return array(
    plain_run(at, exists),
    plain_run(at + plane, exists),
    plain_run(at + 2u * plane, exists),
    plain_run(at + 3u * plane, exists),
    plain_run(at + 4u * plane, exists),
    plain_run(at + 5u * plane, exists),
    plain_run(at + 6u * plane, exists),
    plain_run(at + 7u * plane, exists),
  );
}

@compute @workgroup_size(WG)
fn plain(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + local;
  if (index >= dims.tiles) {
    return;
  }
  let task = task_of(index / dims.b_tiles % dims.a_tiles, index / dims.b_tiles / dims.a_tiles);
  let b = index % dims.b_tiles;
  let strips = (dims.columns + 7u) / 8u;
  var w = array<mat3x3f, 8>();
  for (var k = 0u; k < task.strips; k++) {
    let n = task.first_image + k / strips;
    let j = k % strips * 8u;
    let p_start = (n * dims.a_channels + task.a) * dims.rows * dims.columns + j;
    let q_start = (n * dims.b_channels + b) * dims.q_rows * dims.q_columns;
    let first = i32(j * STRIDE) - dims.left;
    let own = Run(inside4(i32(j), 1, dims.columns), inside4(i32(j + 4u), 1, dims.columns));
    let exists = columns_inside(first);
    var rows = rows_before(q_start, task.first_row, first, exists);
    var strip = array<mat3x3f, 8>();
    for (var i = task.first_row; i < task.last_row; i++) {
      rows = rows_of(i, rows, q_start, first, exists);
      strip = add_taps(strip, plain_runs(p_start + i * dims.columns, own), rows);
    }
    w = added(w, strip);
  }
  store(task, b, w);
}`],
};
