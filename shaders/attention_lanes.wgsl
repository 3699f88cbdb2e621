// attention_lanes.wgsl — what attention.wgsl computes, for adapters on which a load costs as much as
// 30 multiply-adds: large tiles in registers, column values passed from lane to lane.
//
//   forward   s_ij = q_i · k_j / √d      P_ij = exp s_ij / Σ_j exp s_ij      y_i = Σ_j P_ij v_j
//   backward  D_i = dy_i · y_i           G_ij = P_ij (dy_i · v_j − D_i) / √d
//             dq_i = Σ_j G_ij k_j        dk_j = Σ_i G_ij q_i                 dv_j = Σ_i P_ij dy_i
//   source    Vaswani et al. 2017, arXiv:1706.03762, eq. 1; P made again where it is needed, and
//             D from y, as in Dao 2023 (FlashAttention-2), arXiv:2307.08691, algorithms 1 and 2
//
//   shapes    qkv, dqkv [N, 3 · heads · d, S]: all of q, of k, of v; y, dy [N, heads · d, S]; head h in
//             channels h·d … (h+1)·d − 1 of each
//             stats [N, heads, S] of (max_j, 1 / Σ_j), powers being of 2: 2^(s · log2 e) = exp s
//             means [N, heads, S] of D
//             A tile: 8 rows a lane, 32 columns. Rows are queries in forward, keys in backward; columns
//             are the others
//   dispatch  workgroups of one subgroup. forward: (⌈S/(8·LANES)⌉, heads, N), each walks along the
//             columns. backward: (1, heads, N), each makes all of a head, so that P is made again but once
//   numerics  f32, exp2 to 3 + 2|x| ulp; the largest logit so far is subtracted, sums are rescaled when it
//             grows. Sums over tiles are kept in the output, in the order of the tiles
//   launcher  src/kernels/attention.ts · oracle tests/reference/attention.ts
enable subgroups;

alias elem = f32; // or f16: how qkv and dy are stored; sums are f32
alias elem4 = vec4<elem>;

struct Heads {
  tokens: u32, // S
  channels: u32, // of a head: d
  scale: f32, // 1 / √d
  log2_scale: f32, // log2 e / √d
}

@group(0) @binding(0) var<uniform> dims: Heads;
@group(0) @binding(1) var<storage, read> qkv: array<elem>;
@group(0) @binding(2) var<storage, read> qkv4: array<elem4>; // qkv by four
@group(0) @binding(3) var<storage, read_write> y_out: array<f32>;
@group(0) @binding(4) var<storage, read_write> stats_out: array<vec2f>;
@group(0) @binding(5) var<storage, read> dy: array<elem>;
@group(0) @binding(6) var<storage, read> dy4: array<elem4>;
@group(0) @binding(7) var<storage, read> y: array<f32>;
@group(0) @binding(8) var<storage, read> stats: array<vec2f>;
@group(0) @binding(9) var<storage, read_write> dqkv: array<f32>;
@group(0) @binding(10) var<storage, read_write> means: array<f32>;

const FOURS: bool = false; // S is a multiple of 4: qkv and dy are read by four tokens
const LANES: u32 = 4u; // of a subgroup, which is the whole workgroup: 4 or 8
const LOWEST = -1e30; // below every logit

// ---- numbers of eight tokens

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

// a + b · x
fn plus(a: Eight, b: Eight, x: f32) -> Eight {
  return Eight(fma(b.l, vec4f(x), a.l), fma(b.r, vec4f(x), a.r));
}

fn raised(a: Eight, top: Eight) -> Eight {
  return Eight(exp2(a.l - top.l), exp2(a.r - top.r));
}

// Where eight tokens lie, and which there are: 1, or 0 past the last one, where it is the last again.
struct Spot {
  l: vec4u,
  r: vec4u,
  has: Eight,
  is_real: bool, // there is one at all
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

// ---- tiles

// By columns. A lane holds the columns of its quad in an order of its own, its own first: 4k … 4k + 3 are the
// k-th of the eight that each lane loads.
alias Tile = array<Eight, 32>;

var<private> tile: Tile; // being summed: with an index that no compiler knows SwiftShader would keep it in memory

// P, then G: in memory. What lives in registers while something is read is what takes long to compile.
var<private> kept: array<Tile, 2>;
const P: u32 = 0u;
const G: u32 = 1u;

// What the four lanes of a quad hold, a lane's own first.
fn spread(x: f32) -> vec4f {
  return vec4f(x, quadSwapX(x), quadSwapY(x), quadSwapDiagonal(x));
}

// Every row's numbers: those of the columns.
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

// tile += rows × columns
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

// Channels a turn: SwiftShader carries a tile into the next one at the price of a channel's products, Mesa for less
// than the code of a second channel.
const TURN: u32 = select(1u, 2u, LANES == 4u);

// Where the channel after that at `a` begins; past the last one that again, for a factor of 0.
fn next_of(a: u32) -> u32 {
  return min(a + dims.tokens, (dims.channels - 1u) * dims.tokens);
}

// tile += logits, in powers of 2, of the queries and keys that begin there in qkv
fn add_logits(row_start: u32, rows: Spot, column_start: u32, columns: Spot) {
  for (var a = 0u; a < dims.channels * dims.tokens; a += TURN * dims.tokens) {
    let b = next_of(a);
    // all is read before anything is multiplied, or what later reads need holds registers meanwhile
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

// Of each row Σ over the columns of what is kept · columns.
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

// LOWEST in columns past the last token, else 0.
fn below(columns: Spot) -> Eight {
  return Eight((1.0 - columns.has.l) * LOWEST, (1.0 - columns.has.r) * LOWEST);
}

// The largest of top and all logits.
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

// P of the logits of the tile, less top, and of each row their sum.
fn raise(top: Eight) -> Eight {
  kept[P] = tile;
  var sum = every(0.0);
  for (var j = 0u; j < 32u; j++) {
    kept[P][j] = raised(kept[P][j], top);
    sum = added(sum, kept[P][j]);
  }
  return sum;
}

// ---- entry points

struct Home { // where the head's numbers begin
  q: u32, // in qkv and dqkv, as the two below
  k: u32,
  v: u32,
  y: u32, // in y and dy
  tokens: u32, // in stats and means
}

fn home_of(group: vec3u, groups: vec3u) -> Home {
  let index = group.z * groups.y + group.y;
  let head = dims.channels * dims.tokens;
  let all = groups.y * head; // of q, of an image
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

    // the largest logit so far, and what it makes of sums taken by the one before
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

// y = decay · y, unless this comes first, + sums
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
}

// ---- gradients alone

fn dy_at(row: u32, spot: Spot) -> Eight {
  let l = row + spot.l;
  let r = row + spot.r;
  if (FOURS) {
    return Eight(vec4f(dy4[l.x >> 2u]), vec4f(dy4[r.x >> 2u]));
  }
  return Eight(
    vec4f(elem4(dy[l.x], dy[l.y], dy[l.z], dy[l.w])), vec4f(elem4(dy[r.x], dy[r.y], dy[r.z], dy[r.w])));
}

// dqkv = what is there, unless this comes first, + sums
fn accumulate(row: u32, spot: Spot, sums: Eight, is_first: bool) {
  let l = row + spot.l;
  let r = row + spot.r;
  var all = sums;
  if (!is_first) {
    all.l += vec4f(dqkv[l.x], dqkv[l.y], dqkv[l.z], dqkv[l.w]);
    all.r += vec4f(dqkv[r.x], dqkv[r.y], dqkv[r.z], dqkv[r.w]);
  }
  if (spot.is_real) { // what is past the last token falls on that, before it is written
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

// Of each of the lane's own columns Σ over all rows of the subgroup of G · rows.
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

// P by weights of the columns, and G · √d: P by what the tile has, ∂L / ∂P.
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
        if (lane < 4u) { // the other quad has the same columns
          accumulate(home.q + at, columns, scaled(sums, dims.scale), band == 0u);
        }
      }
    }
  }
}

// D of a query.
fn mean_of(first: u32) -> f32 {
  var sum = 0.0;
  for (var c = 0u; c < dims.channels; c++) {
    let at = first + c * dims.tokens;
    sum = fma(f32(dy[at]), y[at], sum);
  }
  return sum;
}

// P and G · √d of a tile; 0 in columns past the last token.
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

// dv and dk of the tile's rows.
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

// Of four queries.
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
}
