// Generated from shaders/attention_lanes.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; y_out: true; stats_out: true };
  backward: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; dy: true; y: true; stats: true; dqkv: true; means: true };
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
@group(0) @binding(1) var<storage, read> qkv: array<elem4>;`;

const t1 = `
@group(0) @binding(2) var<storage, read> dy: array<elem4>;`;

const t2 = `
@group(0) @binding(3) var<storage, read> y: array<vec4f>;`;

const t3 = `
@group(0) @binding(4) var<storage, read> stats: array<vec2f>;`;

const t4 = `
@group(0) @binding(5) var<storage, read_write> y_out: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> stats_out: array<vec2f>;`;

const t5 = `
@group(0) @binding(7) var<storage, read_write> dqkv: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> means: array<vec4f>;`;

const t6 = `


fn fours() -> u32 {
  return dims.tokens / 4u;
}

const LANES: u32 = 4u;
const LOWEST = -1e30;



struct Eight {
  l: vec4f,
  r: vec4f,
}

fn every(x: f32) -> Eight {
  return Eight(vec4f(x), vec4f(x));
}

fn added(a: Eight, b: Eight) -> Eight {
  return Eight(a.l + b.l, a.r + b.r);
}

fn scaled(a: Eight, x: f32) -> Eight {
  return Eight(a.l * x, a.r * x);
}

fn multiplied(a: Eight, b: Eight) -> Eight {
  return Eight(a.l * b.l, a.r * b.r);
}


fn plus(a: Eight, b: Eight, x: f32) -> Eight {
  return Eight(fma(b.l, vec4f(x), a.l), fma(b.r, vec4f(x), a.r));
}

fn plus_each(a: Eight, b: Eight, x: Eight) -> Eight {
  return Eight(fma(b.l, x.l, a.l), fma(b.r, x.r, a.r));
}


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

fn raised(a: Eight, top: Eight) -> Eight {
  return Eight(power_of_2(a.l - top.l), power_of_2(a.r - top.r));
}


struct Spot {
  l: u32,
  r: u32,
  has_l: f32,
  has_r: f32,
}


fn spot_of(first: u32) -> Spot {
  let last = fours() - 1u;
  let has = vec2u(first, first + 1u) <= vec2u(last);
  return Spot(min(first, last), min(first + 1u, last), f32(has.x), f32(has.y));
}

fn masked(a: Eight, spot: Spot) -> Eight {
  return Eight(a.l * spot.has_l, a.r * spot.has_r);
}

fn qkv_at(row: u32, spot: Spot) -> Eight {
  return Eight(vec4f(qkv[row + spot.l]), vec4f(qkv[row + spot.r]));
}`;

const t7 = `

fn dy_at(row: u32, spot: Spot) -> Eight {
  return Eight(vec4f(dy[row + spot.l]), vec4f(dy[row + spot.r]));
}


fn accumulate(row: u32, spot: Spot, sums: Eight, is_first: bool) {
  var all = sums;
  if (!is_first) {
    all = added(all, Eight(dqkv[row + spot.l], dqkv[row + spot.r]));
  }
  if (spot.has_l > 0.0) {
    dqkv[row + spot.l] = all.l;
  }
  if (spot.has_r > 0.0) {
    dqkv[row + spot.r] = all.r;
  }
}`;

const t8 = `






alias Tile = array<Eight, 32>;

var<private> powers: Tile;`;

const t9 = `
var<private> slopes: Tile;`;

const t10 = `


fn spread(x: f32) -> vec4f {
  return vec4f(x, quadSwapX(x), quadSwapY(x), quadSwapDiagonal(x));
}


fn start(tile: ptr<private, Tile>, columns: Eight, rows: Eight) {
  start_four(tile, 0u, spread(columns.l.x), rows);
  start_four(tile, 4u, spread(columns.l.y), rows);
  start_four(tile, 8u, spread(columns.l.z), rows);
  start_four(tile, 12u, spread(columns.l.w), rows);
  start_four(tile, 16u, spread(columns.r.x), rows);
  start_four(tile, 20u, spread(columns.r.y), rows);
  start_four(tile, 24u, spread(columns.r.z), rows);
  start_four(tile, 28u, spread(columns.r.w), rows);
}

fn start_four(tile: ptr<private, Tile>, j: u32, columns: vec4f, rows: Eight) {
  (*tile)[j] = added(rows, every(columns.x));
  (*tile)[j + 1u] = added(rows, every(columns.y));
  (*tile)[j + 2u] = added(rows, every(columns.z));
  (*tile)[j + 3u] = added(rows, every(columns.w));
}


fn add_outer(tile: ptr<private, Tile>, columns: Eight, rows: Eight) {
  outer_four(tile, 0u, spread(columns.l.x), rows);
  outer_four(tile, 4u, spread(columns.l.y), rows);
  outer_four(tile, 8u, spread(columns.l.z), rows);
  outer_four(tile, 12u, spread(columns.l.w), rows);
  outer_four(tile, 16u, spread(columns.r.x), rows);
  outer_four(tile, 20u, spread(columns.r.y), rows);
  outer_four(tile, 24u, spread(columns.r.z), rows);
  outer_four(tile, 28u, spread(columns.r.w), rows);
}

fn outer_four(tile: ptr<private, Tile>, j: u32, columns: vec4f, rows: Eight) {
  (*tile)[j] = plus((*tile)[j], rows, columns.x);
  (*tile)[j + 1u] = plus((*tile)[j + 1u], rows, columns.y);
  (*tile)[j + 2u] = plus((*tile)[j + 2u], rows, columns.z);
  (*tile)[j + 3u] = plus((*tile)[j + 3u], rows, columns.w);
}


fn over_columns(tile: ptr<private, Tile>, columns: Eight) -> Eight {
  let a = added(four_columns(tile, 0u, spread(columns.l.x)), four_columns(tile, 4u, spread(columns.l.y)));
  let b = added(four_columns(tile, 8u, spread(columns.l.z)), four_columns(tile, 12u, spread(columns.l.w)));
  let c = added(four_columns(tile, 16u, spread(columns.r.x)), four_columns(tile, 20u, spread(columns.r.y)));
  let d = added(four_columns(tile, 24u, spread(columns.r.z)), four_columns(tile, 28u, spread(columns.r.w)));
  return added(added(a, b), added(c, d));
}

fn four_columns(tile: ptr<private, Tile>, j: u32, columns: vec4f) -> Eight {
  let half = plus(scaled((*tile)[j], columns.x), (*tile)[j + 1u], columns.y);
  return plus(plus(half, (*tile)[j + 2u], columns.z), (*tile)[j + 3u], columns.w);
}`;

const t11 = `


fn over_rows(tile: ptr<private, Tile>, rows: Eight) -> Eight {
  return Eight(
    vec4f(
      row_sums(tile, 0u, rows), row_sums(tile, 4u, rows),
      row_sums(tile, 8u, rows), row_sums(tile, 12u, rows)),
    vec4f(
      row_sums(tile, 16u, rows), row_sums(tile, 20u, rows),
      row_sums(tile, 24u, rows), row_sums(tile, 28u, rows)));
}

fn row_sums(tile: ptr<private, Tile>, j: u32, rows: Eight) -> f32 {
  let own = row_sum((*tile)[j], rows) + quadSwapX(row_sum((*tile)[j + 1u], rows));
  let rest = quadSwapY(row_sum((*tile)[j + 2u], rows)) + quadSwapDiagonal(row_sum((*tile)[j + 3u], rows));
  let quad = own + rest;
  if (LANES == 8u) {
    return quad + subgroupShuffleXor(quad, 4u);
  }
  return quad;
}

fn row_sum(a: Eight, rows: Eight) -> f32 {
  let four = fma(a.r, rows.r, a.l * rows.l);
  return (four.x + four.y) + (four.z + four.w);
}`;

const t12 = `


fn below(columns: Spot) -> Eight {
  return Eight(vec4f((1.0 - columns.has_l) * LOWEST), vec4f((1.0 - columns.has_r) * LOWEST));
}


fn larger(top: Eight, j: u32) -> Eight {
  let l = max(max(powers[j].l, powers[j + 1u].l), max(powers[j + 2u].l, powers[j + 3u].l));
  let r = max(max(powers[j].r, powers[j + 1u].r), max(powers[j + 2u].r, powers[j + 3u].r));
  return Eight(max(top.l, l), max(top.r, r));
}


fn raise(j: u32, top: Eight) -> Eight {
  powers[j] = raised(powers[j], top);
  powers[j + 1u] = raised(powers[j + 1u], top);
  powers[j + 2u] = raised(powers[j + 2u], top);
  powers[j + 3u] = raised(powers[j + 3u], top);
  return added(added(powers[j], powers[j + 1u]), added(powers[j + 2u], powers[j + 3u]));
}

fn raise_all(top: Eight) -> Eight {
  let left = added(added(raise(0u, top), raise(4u, top)), added(raise(8u, top), raise(12u, top)));
  let right = added(added(raise(16u, top), raise(20u, top)), added(raise(24u, top), raise(28u, top)));
  return added(left, right);
}`;

const t13 = `


fn weigh(j: u32, weight: f32) {
  let weights = spread(weight);
  weigh_one(j, weights.x);
  weigh_one(j + 1u, weights.y);
  weigh_one(j + 2u, weights.z);
  weigh_one(j + 3u, weights.w);
}

fn weigh_one(j: u32, weight: f32) {
  powers[j] = scaled(raised(powers[j], every(0.0)), weight);
  slopes[j] = multiplied(slopes[j], powers[j]);
}`;

const t14 = `



struct Home {
  q: u32,
  k: u32,
  v: u32,
  y: u32,
  tokens: u32,
}

fn home_of(group: vec3u, groups: vec3u) -> Home {
  let index = group.z * groups.y + group.y;
  let head = dims.channels * fours();
  let all = groups.y * head;
  let q = 3u * group.z * all + group.y * head;
  return Home(q, q + all, q + 2u * all, index * head, index * fours());
}

@compute @workgroup_size(LANES)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let home = home_of(group, groups);
  let rows = spot_of((group.x * LANES + lane) * 2u);
  var top = every(LOWEST);
  var total = every(0.0);
  for (var first = 0u; first < fours(); first += 8u) {
    let columns = spot_of(first + lane % 4u * 2u);
    start(&powers, below(columns), every(0.0));
    for (var c = 0u; c < dims.channels; c++) {
      let at = c * fours();
      add_outer(&powers, qkv_at(home.k + at, columns), scaled(qkv_at(home.q + at, rows), dims.log2_scale));
    }


    let before = top;
    top = larger(larger(larger(larger(top, 0u), 4u), 8u), 12u);
    top = larger(larger(larger(larger(top, 16u), 20u), 24u), 28u);
    var decay = raised(before, top);

    total = multiplied(total, decay);
    total = added(total, raise_all(top));

    var factor = every(1.0);
    if (first + 8u >= fours()) {
      factor = Eight(1.0 / total.l, 1.0 / total.r);
      decay = multiplied(decay, factor);
    }
    for (var c = 0u; c < dims.channels; c++) {
      let at = c * fours();
      let sums = over_columns(&powers, masked(qkv_at(home.v + at, columns), columns));
      put(home.y + at, rows, multiplied(factor, sums), decay, first == 0u);
    }
  }
  put_stats(4u * (home.tokens + rows.l), top.l, total.l, rows.has_l);
  put_stats(4u * (home.tokens + rows.r), top.r, total.r, rows.has_r);
}


fn put(row: u32, spot: Spot, sums: Eight, decay: Eight, is_first: bool) {
  var all = sums;
  if (!is_first) {
    all = plus_each(all, decay, Eight(y_out[row + spot.l], y_out[row + spot.r]));
  }
  if (spot.has_l > 0.0) {
    y_out[row + spot.l] = all.l;
  }
  if (spot.has_r > 0.0) {
    y_out[row + spot.r] = all.r;
  }
}

fn put_stats(i: u32, top: vec4f, total: vec4f, has: f32) {
  if (has > 0.0) {
    stats_out[i] = vec2f(top.x, 1.0 / total.x);
    stats_out[i + 1u] = vec2f(top.y, 1.0 / total.y);
    stats_out[i + 2u] = vec2f(top.z, 1.0 / total.z);
    stats_out[i + 3u] = vec2f(top.w, 1.0 / total.w);
  }
}`;

const t15 = `

@compute @workgroup_size(LANES)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let home = home_of(group, groups);
  for (var first = lane; first < fours(); first += LANES) {
    means[home.tokens + first] = mean_of(home.y + first);
  }
  storageBarrier();

  let step = 2u * LANES;
  for (var band = 0u; band < fours(); band += step) {
    let rows = spot_of(band + 2u * lane);
    for (var first = 0u; first < fours(); first += 8u) {
      let columns = spot_of(first + lane % 4u * 2u);
      remake(home, rows, columns);
      gather(home, rows, columns, first == 0u);
      for (var c = 0u; c < dims.channels; c++) {
        let at = c * fours();
        let sums = over_rows(&slopes, masked(qkv_at(home.k + at, rows), rows));
        if (lane < 4u) {
          accumulate(home.q + at, columns, scaled(sums, dims.scale), band == 0u);
        }
      }
    }
  }
}


fn mean_of(first: u32) -> vec4f {
  var sum = vec4f();
  for (var c = 0u; c < dims.channels; c++) {
    let at = first + c * fours();
    sum = fma(vec4f(dy[at]), y[at], sum);
  }
  return sum;
}


fn remake(home: Home, rows: Spot, columns: Spot) {
  let l = stats_of(4u * (home.tokens + columns.l));
  let r = stats_of(4u * (home.tokens + columns.r));
  start(&powers, Eight(-l.top, -r.top), every(0.0));
  start(&slopes, Eight(-means[home.tokens + columns.l], -means[home.tokens + columns.r]), every(0.0));
  for (var c = 0u; c < dims.channels; c++) {
    let at = c * fours();
    add_outer(&powers, qkv_at(home.q + at, columns), scaled(qkv_at(home.k + at, rows), dims.log2_scale));
  }
  for (var c = 0u; c < dims.channels; c++) {
    let at = c * fours();
    add_outer(&slopes, dy_at(home.y + at, columns), qkv_at(home.v + at, rows));
  }
  let weights = masked(Eight(l.inverse, r.inverse), columns);
  weigh(0u, weights.l.x);
  weigh(4u, weights.l.y);
  weigh(8u, weights.l.z);
  weigh(12u, weights.l.w);
  weigh(16u, weights.r.x);
  weigh(20u, weights.r.y);
  weigh(24u, weights.r.z);
  weigh(28u, weights.r.w);
}


fn gather(home: Home, rows: Spot, columns: Spot, is_first: bool) {
  for (var c = 0u; c < dims.channels; c++) {
    let at = c * fours();
    accumulate(home.v + at, rows, over_columns(&powers, dy_at(home.y + at, columns)), is_first);
    let sums = over_columns(&slopes, qkv_at(home.q + at, columns));
    accumulate(home.k + at, rows, scaled(sums, dims.scale), is_first);
  }
}

struct Stats {
  top: vec4f,
  inverse: vec4f,
}

fn stats_of(i: u32) -> Stats {
  let a = stats[i];
  let b = stats[i + 1u];
  let c = stats[i + 2u];
  let d = stats[i + 3u];
  return Stats(vec4f(a.x, b.x, c.x, d.x), vec4f(a.y, b.y, c.y, d.y));
}`;

export const attention_lanes_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "attention_lanes",
  hash: "3d3cebded37967b4",
  text: [t0, "\n", t2, "\n", t4, "\n\n", t6, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", t8, "\n", t10, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", t12, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n", t14, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"],
};

export const attention_lanes: ShaderFamily<Binds> = {
  name: "attention_lanes",
  hash: "3d3cebded37967b4",
  text: [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11, t12, t13, t14, t15],
};
