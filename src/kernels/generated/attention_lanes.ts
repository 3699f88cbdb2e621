// Generated from shaders/attention_lanes.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; column_b: true; sums: true; new_stats: true };
  backward_query: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; row_b: true; column_b: true; y: true; stats: true; sums: true; new_means: true };
  backward_key: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; row_b: true; column_b: true; stats: true; means: true; sums: true };
};

const t0 = `

alias elem = f32;
alias elem4 = vec4<elem>;

struct Heads {
  tokens: u32,
  channels: u32,
  scale: f32,
  log2_scale: f32,
}

@group(0) @binding(0) var<uniform> dims: Heads;
@group(0) @binding(1) var<storage, read> qkv: array<elem>;
@group(0) @binding(2) var<storage, read> row_b: array<elem>;
@group(0) @binding(3) var<storage, read> column_b: array<elem>;
@group(0) @binding(4) var<storage, read> y: array<f32>;`;

const t1 = `
@group(0) @binding(5) var<storage, read> stats: array<vec2f>;
@group(0) @binding(6) var<storage, read> means: array<f32>;`;

const t2 = `
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(0) @binding(8) var<storage, read_write> new_stats: array<vec2f>;`;

const t3 = `
@group(0) @binding(9) var<storage, read_write> new_means: array<f32>;`;

const t4 = `

const LOWEST = -1e30;


fn power_of_2(x: vec4f) -> vec4f {
  let t = max(x, vec4f(-126.0));
  let n = round(t);
  let r = t - n;
  var p = 1.53458120e-4 * r + 1.33999312e-3;
  p = p * r + 9.61848896e-3;
  p = p * r + 5.55032878e-2;
  p = p * r + 0.240226469;
  p = p * r + 0.693147206;
  p = p * r + 1.0;
  let exponent = bitcast<vec4u>(n + 12582912.0) << vec4u(23u);
  return bitcast<vec4f>(bitcast<vec4u>(p) + exponent);
}

const LANES: u32 = 4u;

struct Rows {
  l: vec4f,
  r: vec4f,
}



alias Tile = array<Rows, 16>;

var<private> powers: Tile;`;

const t5 = `
var<private> slopes: Tile;`;

const t6 = `

struct Place {
  head: u32,
  row_a: u32,
  column_a: u32,
  row_b: u32,
  column_b: u32,
  sum_a: u32,
  sum_b: u32,
  first: u32,
  row: u32,
  count: u32,
  rows_l: vec4u,
  rows_r: vec4u,
  columns: vec4u,
  weights: vec4f,
}

fn place_of(group: vec3u, groups: vec3u, lane: u32) -> Place {
  let row = (group.x * LANES + lane) * 8u;
  var place = Place();
  place.first = (group.z * groups.y + group.y) * dims.tokens;
  place.head = place.first * dims.channels;
  place.row = row;
  place.count = clamp(dims.tokens, row, row + 8u) - row;
  place.rows_l = min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(dims.tokens - 1u));
  place.rows_r = min(vec4u(row + 4u, row + 5u, row + 6u, row + 7u), vec4u(dims.tokens - 1u));
  return place;
}

const Q: u32 = 0u;
const K: u32 = 1u;
const V: u32 = 2u;


fn operand(role: u32, group: vec3u, groups: vec3u) -> u32 {
  let all = groups.y * dims.channels * dims.tokens;
  return (3u * group.z + role) * all + group.y * dims.channels * dims.tokens;
}

fn at_tile(place: Place, tile: u32, lane: u32) -> Place {
  let columns = vec4u(tile * 16u + lane % 4u) + vec4u(0u, 4u, 8u, 12u);
  var moved = place;
  moved.columns = min(columns, vec4u(dims.tokens - 1u));
  moved.weights = select(vec4f(), vec4f(1.0), columns < vec4u(dims.tokens));
  return moved;
}



fn spread(x: f32) -> vec4f {
  return vec4f(x, quadSwapX(x), quadSwapY(x), quadSwapDiagonal(x));
}


fn start(sums: ptr<private, Tile>, columns: vec4f, rows: Rows) {
  start_four(sums, 0u, spread(columns.x), rows);
  start_four(sums, 4u, spread(columns.y), rows);
  start_four(sums, 8u, spread(columns.z), rows);
  start_four(sums, 12u, spread(columns.w), rows);
}

fn start_four(sums: ptr<private, Tile>, j: u32, columns: vec4f, rows: Rows) {
  (*sums)[j] = added(rows, every(columns.x));
  (*sums)[j + 1u] = added(rows, every(columns.y));
  (*sums)[j + 2u] = added(rows, every(columns.z));
  (*sums)[j + 3u] = added(rows, every(columns.w));
}


fn add_outer(sums: ptr<private, Tile>, j: u32, columns: vec4f, rows: Rows) {
  (*sums)[j] = added((*sums)[j], scaled(rows, columns.x));
  (*sums)[j + 1u] = added((*sums)[j + 1u], scaled(rows, columns.y));
  (*sums)[j + 2u] = added((*sums)[j + 2u], scaled(rows, columns.z));
  (*sums)[j + 3u] = added((*sums)[j + 3u], scaled(rows, columns.w));
}


fn combine(sums: ptr<private, Tile>, j: u32, columns: vec4f) -> Rows {
  let half = added(scaled((*sums)[j], columns.x), scaled((*sums)[j + 1u], columns.y));
  let rest = added(scaled((*sums)[j + 2u], columns.z), scaled((*sums)[j + 3u], columns.w));
  return added(half, rest);
}

fn combine_all(sums: ptr<private, Tile>, own: vec4f) -> Rows {
  let half = added(combine(sums, 0u, spread(own.x)), combine(sums, 4u, spread(own.y)));
  let rest = added(combine(sums, 8u, spread(own.z)), combine(sums, 12u, spread(own.w)));
  return added(half, rest);
}

fn every(x: f32) -> Rows {
  return Rows(vec4f(x), vec4f(x));
}

fn one_of(rows: Rows, i: u32) -> f32 {
  return select(rows.r, rows.l, i < 4u)[i % 4u];
}

fn added(a: Rows, b: Rows) -> Rows {
  return Rows(a.l + b.l, a.r + b.r);
}

fn scaled(rows: Rows, x: f32) -> Rows {
  return Rows(rows.l * x, rows.r * x);
}

fn multiplied(a: Rows, b: Rows) -> Rows {
  return Rows(a.l * b.l, a.r * b.r);
}


fn multiply_a(place: Place) {
  for (var c = 0u; c < dims.channels; c++) {
    let row = vec4u(place.row_a + c * dims.tokens);
    let column = place.column_a + c * dims.tokens;
    let l = row + place.rows_l;
    let r = row + place.rows_r;
    let rows = Rows(
      vec4f(elem4(qkv[l.x], qkv[l.y], qkv[l.z], qkv[l.w])) * dims.log2_scale,
      vec4f(elem4(qkv[r.x], qkv[r.y], qkv[r.z], qkv[r.w])) * dims.log2_scale,
    );
    add_outer(&powers, 0u, spread(f32(qkv[column + place.columns.x])), rows);
    add_outer(&powers, 4u, spread(f32(qkv[column + place.columns.y])), rows);
    add_outer(&powers, 8u, spread(f32(qkv[column + place.columns.z])), rows);
    add_outer(&powers, 12u, spread(f32(qkv[column + place.columns.w])), rows);
  }
}`;

const t7 = `


fn multiply_b(place: Place) {
  for (var c = 0u; c < dims.channels; c++) {
    let row = vec4u(place.row_b + c * dims.tokens);
    let column = place.column_b + c * dims.tokens;
    let l = row + place.rows_l;
    let r = row + place.rows_r;
    let rows = Rows(
      vec4f(elem4(row_b[l.x], row_b[l.y], row_b[l.z], row_b[l.w])),
      vec4f(elem4(row_b[r.x], row_b[r.y], row_b[r.z], row_b[r.w])),
    );
    add_outer(&slopes, 0u, spread(f32(column_b[column + place.columns.x])), rows);
    add_outer(&slopes, 4u, spread(f32(column_b[column + place.columns.y])), rows);
    add_outer(&slopes, 8u, spread(f32(column_b[column + place.columns.z])), rows);
    add_outer(&slopes, 12u, spread(f32(column_b[column + place.columns.w])), rows);
  }
}


fn combine_a(place: Place, factor: Rows, is_first: bool) {
  for (var c = 0u; c < dims.channels; c++) {
    let at = place.sum_a + c * dims.tokens;
    let k = vec4u(place.column_a + c * dims.tokens) + place.columns;
    let columns = vec4f(elem4(qkv[k.x], qkv[k.y], qkv[k.z], qkv[k.w]));
    let own = place.weights * columns;
    var rows = multiplied(factor, combine_all(&slopes, own));
    if (!is_first) {
      rows = added(rows, stored(at, place));
    }
    store(at + place.row, place.count, rows);
  }
}`;

const t8 = `


fn combine_b(place: Place, decay: Rows, factor: Rows, is_first: bool) {
  for (var c = 0u; c < dims.channels; c++) {
    let at = place.sum_b + c * dims.tokens;
    let k = vec4u(place.column_b + c * dims.tokens) + place.columns;
    let columns = vec4f(elem4(column_b[k.x], column_b[k.y], column_b[k.z], column_b[k.w]));
    let own = place.weights * columns;
    var rows = multiplied(factor, combine_all(&powers, own));
    if (!is_first) {
      rows = added(rows, multiplied(decay, stored(at, place)));
    }
    store(at + place.row, place.count, rows);
  }
}


fn stored(at: u32, place: Place) -> Rows {
  let l = vec4u(at) + place.rows_l;
  let r = vec4u(at) + place.rows_r;
  return Rows(
    vec4f(sums[l.x], sums[l.y], sums[l.z], sums[l.w]),
    vec4f(sums[r.x], sums[r.y], sums[r.z], sums[r.w]),
  );
}

fn store(to: u32, count: u32, rows: Rows) {
  if (count == 8u) {
    sums[to] = rows.l.x;
    sums[to + 1u] = rows.l.y;
    sums[to + 2u] = rows.l.z;
    sums[to + 3u] = rows.l.w;
    sums[to + 4u] = rows.r.x;
    sums[to + 5u] = rows.r.y;
    sums[to + 6u] = rows.r.z;
    sums[to + 7u] = rows.r.w;
    return;
  }
  for (var i = 0u; i < count; i++) {
    sums[to + i] = one_of(rows, i);
  }
}


fn larger(top: Rows, j: u32) -> Rows {
  let l = max(max(powers[j].l, powers[j + 1u].l), max(powers[j + 2u].l, powers[j + 3u].l));
  let r = max(max(powers[j].r, powers[j + 1u].r), max(powers[j + 2u].r, powers[j + 3u].r));
  return Rows(max(top.l, l), max(top.r, r));
}

fn raised(rows: Rows, top: Rows) -> Rows {
  return Rows(power_of_2(rows.l - top.l), power_of_2(rows.r - top.r));
}


fn raise(j: u32, top: Rows) -> Rows {
  powers[j] = raised(powers[j], top);
  powers[j + 1u] = raised(powers[j + 1u], top);
  powers[j + 2u] = raised(powers[j + 2u], top);
  powers[j + 3u] = raised(powers[j + 3u], top);
  return added(added(powers[j], powers[j + 1u]), added(powers[j + 2u], powers[j + 3u]));
}`;

const t9 = `


fn raise_both() {
  raise_four(0u);
  raise_four(4u);
  raise_four(8u);
  raise_four(12u);
}

fn raise_four(j: u32) {
  raise(j, every(0.0));
  slopes[j] = multiplied(slopes[j], powers[j]);
  slopes[j + 1u] = multiplied(slopes[j + 1u], powers[j + 1u]);
  slopes[j + 2u] = multiplied(slopes[j + 2u], powers[j + 2u]);
  slopes[j + 3u] = multiplied(slopes[j + 3u], powers[j + 3u]);
}`;

const t10 = `

@compute @workgroup_size(LANES)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  var home = place_of(group, groups, lane);
  home.row_a = operand(Q, group, groups);
  home.column_a = operand(K, group, groups);
  home.column_b = operand(V, group, groups);
  home.sum_b = home.head;
  var top = every(LOWEST);
  var total = every(0.0);
  let tiles = (dims.tokens + 15u) / 16u;
  for (var tile = 0u; tile < tiles; tile++) {
    let place = at_tile(home, tile, lane);
    start(&powers, (1.0 - place.weights) * LOWEST, every(0.0));
    multiply_a(place);


    let before = top;
    top = larger(larger(larger(larger(top, 0u), 4u), 8u), 12u);
    var decay = Rows(power_of_2(before.l - top.l), power_of_2(before.r - top.r));

    total = multiplied(total, decay);
    total = added(total, added(raise(0u, top), raise(4u, top)));
    total = added(total, added(raise(8u, top), raise(12u, top)));

    var factor = every(1.0);
    if (tile + 1u == tiles) {
      factor = Rows(1.0 / total.l, 1.0 / total.r);
      decay = multiplied(decay, factor);
    }
    combine_b(place, decay, factor, tile == 0u);
  }
  for (var i = 0u; i < home.count; i++) {
    new_stats[home.first + home.row + i] = vec2f(one_of(top, i), 1.0 / one_of(total, i));
  }
}`;

const t11 = `

@compute @workgroup_size(LANES)
fn backward_query(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  var home = place_of(group, groups, lane);
  home.row_a = operand(Q, group, groups);
  home.column_a = operand(K, group, groups);
  home.row_b = home.head;
  home.column_b = operand(V, group, groups);
  home.sum_a = operand(Q, group, groups);


  let l = vec4u(home.first) + home.rows_l;
  let r = vec4u(home.first) + home.rows_r;
  let mean = means_of(home);
  for (var i = 0u; i < home.count; i++) {
    new_means[home.first + home.row + i] = one_of(mean, i);
  }
  let top = Rows(
    vec4f(stats[l.x].x, stats[l.y].x, stats[l.z].x, stats[l.w].x),
    vec4f(stats[r.x].x, stats[r.y].x, stats[r.z].x, stats[r.w].x),
  );
  let inverse = Rows(
    vec4f(stats[l.x].y, stats[l.y].y, stats[l.z].y, stats[l.w].y),
    vec4f(stats[r.x].y, stats[r.y].y, stats[r.z].y, stats[r.w].y),
  );

  for (var tile = 0u; tile < (dims.tokens + 15u) / 16u; tile++) {
    let place = at_tile(home, tile, lane);
    start(&powers, vec4f(), multiplied(every(-1.0), top));
    multiply_a(place);
    start(&slopes, vec4f(), multiplied(every(-1.0), mean));
    multiply_b(place);
    raise_both();
    combine_a(place, multiplied(inverse, every(dims.scale)), tile == 0u);
  }
}


fn means_of(place: Place) -> Rows {
  var sum = every(0.0);
  for (var c = 0u; c < dims.channels; c++) {
    let at = place.head + c * dims.tokens;
    let l = vec4u(at) + place.rows_l;
    let r = vec4u(at) + place.rows_r;
    sum.l += vec4f(elem4(row_b[l.x], row_b[l.y], row_b[l.z], row_b[l.w]))
      * vec4f(y[l.x], y[l.y], y[l.z], y[l.w]);
    sum.r += vec4f(elem4(row_b[r.x], row_b[r.y], row_b[r.z], row_b[r.w]))
      * vec4f(y[r.x], y[r.y], y[r.z], y[r.w]);
  }
  return sum;
}

@compute @workgroup_size(LANES)
fn backward_key(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  var home = place_of(group, groups, lane);
  home.row_a = operand(K, group, groups);
  home.column_a = operand(Q, group, groups);
  home.row_b = operand(V, group, groups);
  home.column_b = home.head;
  home.sum_a = operand(K, group, groups);
  home.sum_b = operand(V, group, groups);
  for (var tile = 0u; tile < (dims.tokens + 15u) / 16u; tile++) {
    var place = at_tile(home, tile, lane);
    let k = vec4u(home.first) + place.columns;
    let top = vec4f(stats[k.x].x, stats[k.y].x, stats[k.z].x, stats[k.w].x);
    place.weights *= vec4f(stats[k.x].y, stats[k.y].y, stats[k.z].y, stats[k.w].y);

    start(&powers, -top, every(0.0));
    multiply_a(place);
    start(&slopes, -vec4f(means[k.x], means[k.y], means[k.z], means[k.w]), every(0.0));
    multiply_b(place);
    raise_both();
    combine_b(place, every(1.0), every(1.0), tile == 0u);
    combine_a(place, every(dims.scale), tile == 0u);
  }
}`;

export const attention_lanes_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "attention_lanes",
  hash: "ddb9eca775e8230c",
  text: [t0, "\n\n", t2, "\n", t4, "\n", t6, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", t8, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", t10, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"],
};

export const attention_lanes: ShaderFamily<Binds> = {
  name: "attention_lanes",
  hash: "ddb9eca775e8230c",
  text: [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11],
};
