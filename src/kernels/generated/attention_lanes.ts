// Generated from shaders/attention_lanes.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; qkv4: true; y_out: true; stats_out: true };
  backward: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; qkv4: true; dy: true; dy4: true; y: true; stats: true; dqkv: true; means: true };
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
@group(0) @binding(2) var<storage, read> qkv4: array<elem4>;
@group(0) @binding(3) var<storage, read_write> y_out: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats_out: array<vec2f>;`;

const t1 = `
@group(0) @binding(5) var<storage, read> dy: array<elem>;
@group(0) @binding(6) var<storage, read> dy4: array<elem4>;`;

const t2 = `
@group(0) @binding(7) var<storage, read> y: array<f32>;`;

const t3 = `
@group(0) @binding(8) var<storage, read> stats: array<vec2f>;
@group(0) @binding(9) var<storage, read_write> dqkv: array<f32>;
@group(0) @binding(10) var<storage, read_write> means: array<f32>;`;

const t4 = `

const FOURS: bool = false;
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

fn raised(a: Eight, top: Eight) -> Eight {
  return Eight(exp2(a.l - top.l), exp2(a.r - top.r));
}


struct Spot {
  l: vec4u,
  r: vec4u,
  has: Eight,
  is_real: bool,
}

fn spot_of(first: u32) -> Spot {
  let l = first + vec4u(0u, 1u, 2u, 3u);
  let r = l + 4u;
  let end = vec4u(dims.tokens);
  let has = Eight(vec4f(l < end), vec4f(r < end));
  return Spot(min(l, end - 1u), min(r, end - 1u), has, first < dims.tokens);
}

fn qkv_at(row: u32, spot: Spot) -> Eight {
  let l = row + spot.l;
  let r = row + spot.r;
  if (FOURS) {
    return Eight(vec4f(qkv4[l.x >> 2u]), vec4f(qkv4[r.x >> 2u]));
  }
  return Eight(
    vec4f(elem4(qkv[l.x], qkv[l.y], qkv[l.z], qkv[l.w])), vec4f(elem4(qkv[r.x], qkv[r.y], qkv[r.z], qkv[r.w])));
}





alias Tile = array<Eight, 32>;

var<private> tile: Tile;


var<private> kept: array<Tile, 2>;
const P: u32 = 0u;`;

const t5 = `
const G: u32 = 1u;`;

const t6 = `


fn spread(x: f32) -> vec4f {
  return vec4f(x, quadSwapX(x), quadSwapY(x), quadSwapDiagonal(x));
}


fn start(columns: Eight) {
  start_half(0u, columns.l);
  start_half(16u, columns.r);
}

fn start_half(j: u32, columns: vec4f) {
  start_four(j, spread(columns.x));
  start_four(j + 4u, spread(columns.y));
  start_four(j + 8u, spread(columns.z));
  start_four(j + 12u, spread(columns.w));
}

fn start_four(j: u32, columns: vec4f) {
  tile[j] = every(columns.x);
  tile[j + 1u] = every(columns.y);
  tile[j + 2u] = every(columns.z);
  tile[j + 3u] = every(columns.w);
}


fn add_outer(columns: Eight, rows: Eight) {
  outer_half(0u, columns.l, rows);
  outer_half(16u, columns.r, rows);
}

fn outer_half(j: u32, columns: vec4f, rows: Eight) {
  outer_four(j, spread(columns.x), rows);
  outer_four(j + 4u, spread(columns.y), rows);
  outer_four(j + 8u, spread(columns.z), rows);
  outer_four(j + 12u, spread(columns.w), rows);
}

fn outer_four(j: u32, columns: vec4f, rows: Eight) {
  tile[j] = plus(tile[j], rows, columns.x);
  tile[j + 1u] = plus(tile[j + 1u], rows, columns.y);
  tile[j + 2u] = plus(tile[j + 2u], rows, columns.z);
  tile[j + 3u] = plus(tile[j + 3u], rows, columns.w);
}



const TURN: u32 = select(1u, 2u, LANES == 4u);


fn next_of(a: u32) -> u32 {
  return min(a + dims.tokens, (dims.channels - 1u) * dims.tokens);
}


fn add_logits(row_start: u32, rows: Spot, column_start: u32, columns: Spot) {
  for (var a = 0u; a < dims.channels * dims.tokens; a += TURN * dims.tokens) {
    let b = next_of(a);

    let q = scaled(qkv_at(row_start + a, rows), dims.log2_scale);
    let k = qkv_at(column_start + a, columns);
    let next_q = scaled(qkv_at(row_start + b, rows), dims.log2_scale * f32(b > a));
    let next_k = qkv_at(column_start + b, columns);
    add_outer(k, q);
    if (TURN == 2u) {
      add_outer(next_k, next_q);
    }
  }
}


fn over_columns(what: u32, columns: Eight) -> Eight {
  return added(over_half(what, 0u, columns.l), over_half(what, 16u, columns.r));
}

fn over_half(what: u32, j: u32, columns: vec4f) -> Eight {
  let left = added(over_four(what, j, spread(columns.x)), over_four(what, j + 4u, spread(columns.y)));
  let right = added(over_four(what, j + 8u, spread(columns.z)), over_four(what, j + 12u, spread(columns.w)));
  return added(left, right);
}

fn over_four(what: u32, j: u32, columns: vec4f) -> Eight {
  let half = plus(scaled(kept[what][j], columns.x), kept[what][j + 1u], columns.y);
  return plus(plus(half, kept[what][j + 2u], columns.z), kept[what][j + 3u], columns.w);
}


fn below(columns: Spot) -> Eight {
  return Eight((1.0 - columns.has.l) * LOWEST, (1.0 - columns.has.r) * LOWEST);
}


fn larger(top: Eight) -> Eight {
  return larger_half(larger_half(top, 0u), 16u);
}

fn larger_half(top: Eight, j: u32) -> Eight {
  return larger_four(larger_four(larger_four(larger_four(top, j), j + 4u), j + 8u), j + 12u);
}

fn larger_four(top: Eight, j: u32) -> Eight {
  let half = larger_of(larger_of(top, tile[j]), tile[j + 1u]);
  return larger_of(larger_of(half, tile[j + 2u]), tile[j + 3u]);
}

fn larger_of(a: Eight, b: Eight) -> Eight {
  return Eight(select(a.l, b.l, b.l > a.l), select(a.r, b.r, b.r > a.r));
}


fn raise(top: Eight) -> Eight {
  kept[P] = tile;
  var sum = every(0.0);
  for (var j = 0u; j < 32u; j++) {
    kept[P][j] = raised(kept[P][j], top);
    sum = added(sum, kept[P][j]);
  }
  return sum;
}



struct Home {
  q: u32,
  k: u32,
  v: u32,
  y: u32,
  tokens: u32,
}

fn home_of(group: vec3u, groups: vec3u) -> Home {
  let index = group.z * groups.y + group.y;
  let head = dims.channels * dims.tokens;
  let all = groups.y * head;
  let q = 3u * group.z * all + group.y * head;
  return Home(q, q + all, q + 2u * all, index * head, index * dims.tokens);
}

@compute @workgroup_size(LANES)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let home = home_of(group, groups);
  let rows = spot_of((group.x * LANES + lane) * 8u);
  var top = every(LOWEST);
  var total = every(0.0);
  for (var first = 0u; first < dims.tokens; first += 32u) {
    let columns = spot_of(first + lane % 4u * 8u);
    start(below(columns));
    add_logits(home.q, rows, home.k, columns);


    let before = top;
    top = larger(top);
    var decay = raised(before, top);

    total = added(multiplied(total, decay), raise(top));

    var factor = every(1.0);
    if (first + 32u >= dims.tokens) {
      factor = Eight(1.0 / total.l, 1.0 / total.r);
      decay = multiplied(decay, factor);
    }
    for (var c = 0u; c < dims.channels; c++) {
      let at = c * dims.tokens;
      let sums = over_columns(P, multiplied(qkv_at(home.v + at, columns), columns.has));
      put(home.y + at, rows, multiplied(factor, sums), decay, first == 0u);
    }
  }
  put_stats(home.tokens, rows, top, Eight(1.0 / total.l, 1.0 / total.r));
}


fn put(row: u32, spot: Spot, sums: Eight, decay: Eight, is_first: bool) {
  let l = row + spot.l;
  let r = row + spot.r;
  var all = sums;
  if (!is_first) {
    all.l = fma(decay.l, vec4f(y_out[l.x], y_out[l.y], y_out[l.z], y_out[l.w]), all.l);
    all.r = fma(decay.r, vec4f(y_out[r.x], y_out[r.y], y_out[r.z], y_out[r.w]), all.r);
  }
  if (spot.is_real) {
    y_out[r.w] = all.r.w;
    y_out[r.z] = all.r.z;
    y_out[r.y] = all.r.y;
    y_out[r.x] = all.r.x;
    y_out[l.w] = all.l.w;
    y_out[l.z] = all.l.z;
    y_out[l.y] = all.l.y;
    y_out[l.x] = all.l.x;
  }
}

fn put_stats(first: u32, spot: Spot, top: Eight, inverse: Eight) {
  if (spot.is_real) {
    put_four_stats(first + spot.r, top.r, inverse.r);
    put_four_stats(first + spot.l, top.l, inverse.l);
  }
}

fn put_four_stats(i: vec4u, top: vec4f, inverse: vec4f) {
  stats_out[i.w] = vec2f(top.w, inverse.w);
  stats_out[i.z] = vec2f(top.z, inverse.z);
  stats_out[i.y] = vec2f(top.y, inverse.y);
  stats_out[i.x] = vec2f(top.x, inverse.x);
}`;

const t7 = `



fn dy_at(row: u32, spot: Spot) -> Eight {
  let l = row + spot.l;
  let r = row + spot.r;
  if (FOURS) {
    return Eight(vec4f(dy4[l.x >> 2u]), vec4f(dy4[r.x >> 2u]));
  }
  return Eight(
    vec4f(elem4(dy[l.x], dy[l.y], dy[l.z], dy[l.w])), vec4f(elem4(dy[r.x], dy[r.y], dy[r.z], dy[r.w])));
}


fn accumulate(row: u32, spot: Spot, sums: Eight, is_first: bool) {
  let l = row + spot.l;
  let r = row + spot.r;
  var all = sums;
  if (!is_first) {
    all.l += vec4f(dqkv[l.x], dqkv[l.y], dqkv[l.z], dqkv[l.w]);
    all.r += vec4f(dqkv[r.x], dqkv[r.y], dqkv[r.z], dqkv[r.w]);
  }
  if (spot.is_real) {
    dqkv[r.w] = all.r.w;
    dqkv[r.z] = all.r.z;
    dqkv[r.y] = all.r.y;
    dqkv[r.x] = all.r.x;
    dqkv[l.w] = all.l.w;
    dqkv[l.z] = all.l.z;
    dqkv[l.y] = all.l.y;
    dqkv[l.x] = all.l.x;
  }
}


fn over_rows(rows: Eight) -> Eight {
  return Eight(
    vec4f(
      row_sums(0u, rows), row_sums(4u, rows),
      row_sums(8u, rows), row_sums(12u, rows)),
    vec4f(
      row_sums(16u, rows), row_sums(20u, rows),
      row_sums(24u, rows), row_sums(28u, rows)));
}

fn row_sums(j: u32, rows: Eight) -> f32 {
  let own = row_sum(kept[G][j], rows) + quadSwapX(row_sum(kept[G][j + 1u], rows));
  let rest = quadSwapY(row_sum(kept[G][j + 2u], rows)) + quadSwapDiagonal(row_sum(kept[G][j + 3u], rows));
  let quad = own + rest;
  if (LANES == 8u) {
    return quad + subgroupShuffleXor(quad, 4u);
  }
  return quad;
}

fn row_sum(a: Eight, rows: Eight) -> f32 {
  let four = fma(a.r, rows.r, a.l * rows.l);
  return (four.x + four.y) + (four.z + four.w);
}


fn weigh(weights: Eight) {
  weigh_half(0u, weights.l);
  weigh_half(16u, weights.r);
}

fn weigh_half(j: u32, weights: vec4f) {
  weigh_four(j, spread(weights.x));
  weigh_four(j + 4u, spread(weights.y));
  weigh_four(j + 8u, spread(weights.z));
  weigh_four(j + 12u, spread(weights.w));
}

fn weigh_four(j: u32, weights: vec4f) {
  weigh_one(j, weights.x);
  weigh_one(j + 1u, weights.y);
  weigh_one(j + 2u, weights.z);
  weigh_one(j + 3u, weights.w);
}

fn weigh_one(j: u32, weight: f32) {
  kept[P][j] = scaled(kept[P][j], weight);
  kept[G][j] = multiplied(tile[j], kept[P][j]);
}

@compute @workgroup_size(LANES)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let home = home_of(group, groups);
  for (var i = lane; i < dims.tokens; i += LANES) {
    means[home.tokens + i] = mean_of(home.y + i);
  }
  storageBarrier();

  let step = 8u * LANES;
  for (var band = 0u; band < dims.tokens; band += step) {
    let rows = spot_of(band + 8u * lane);
    for (var first = 0u; first < dims.tokens; first += 32u) {
      let columns = spot_of(first + lane % 4u * 8u);
      remake(home, rows, columns);
      gather(home, rows, columns, first == 0u);
      for (var c = 0u; c < dims.channels; c++) {
        let at = c * dims.tokens;
        let sums = over_rows(multiplied(qkv_at(home.k + at, rows), rows.has));
        if (lane < 4u) {
          accumulate(home.q + at, columns, scaled(sums, dims.scale), band == 0u);
        }
      }
    }
  }
}


fn mean_of(first: u32) -> f32 {
  var sum = 0.0;
  for (var c = 0u; c < dims.channels; c++) {
    let at = first + c * dims.tokens;
    sum = fma(f32(dy[at]), y[at], sum);
  }
  return sum;
}


fn remake(home: Home, rows: Spot, columns: Spot) {
  let l = stats_of(home.tokens + columns.l);
  let r = stats_of(home.tokens + columns.r);
  start(Eight(-l.top, -r.top));
  add_logits(home.k, rows, home.q, columns);
  _ = raise(every(0.0));
  start(Eight(-l.mean, -r.mean));
  for (var a = 0u; a < dims.channels * dims.tokens; a += TURN * dims.tokens) {
    let b = next_of(a);
    let d = dy_at(home.y + a, columns);
    let v = qkv_at(home.v + a, rows);
    let next_d = dy_at(home.y + b, columns);
    let next_v = scaled(qkv_at(home.v + b, rows), f32(b > a));
    add_outer(d, v);
    if (TURN == 2u) {
      add_outer(next_d, next_v);
    }
  }
  weigh(multiplied(Eight(l.inverse, r.inverse), columns.has));
}


fn gather(home: Home, rows: Spot, columns: Spot, is_first: bool) {
  for (var c = 0u; c < dims.channels; c++) {
    let at = c * dims.tokens;
    accumulate(home.v + at, rows, over_columns(P, dy_at(home.y + at, columns)), is_first);
  }
  for (var c = 0u; c < dims.channels; c++) {
    let at = c * dims.tokens;
    let sums = over_columns(G, qkv_at(home.q + at, columns));
    accumulate(home.k + at, rows, scaled(sums, dims.scale), is_first);
  }
}


struct Stats {
  top: vec4f,
  inverse: vec4f,
  mean: vec4f,
}

fn stats_of(i: vec4u) -> Stats {
  let a = stats[i.x];
  let b = stats[i.y];
  let c = stats[i.z];
  let d = stats[i.w];
  let mean = vec4f(means[i.x], means[i.y], means[i.z], means[i.w]);
  return Stats(vec4f(a.x, b.x, c.x, d.x), vec4f(a.y, b.y, c.y, d.y), mean);
}`;

export const attention_lanes_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "attention_lanes",
  hash: "561a9a0b",
  text: [t0, "\n\n", t2, "\n\n\n", t4, "\n", t6],
};

export const attention_lanes: ShaderFamily<Binds> = {
  name: "attention_lanes",
  hash: "561a9a0b",
  text: [t0, t1, t2, t3, t4, t5, t6, t7],
};
