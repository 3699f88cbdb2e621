// attention.wgsl — multi-head self-attention on channel-major images, and its gradients.
enable subgroups;

struct Heads {
  tokens: u32, // S
  channels: u32, // of a head: d
  scale: f32, // log2 e / √d: powers are of 2
  sqrt_scale: f32,
}

@group(0) @binding(0) var<uniform> dims: Heads;
@group(0) @binding(1) var<storage, read> row_a: array<f32>;
@group(0) @binding(2) var<storage, read> column_a: array<f32>;
@group(0) @binding(3) var<storage, read> row_b: array<f32>;
@group(0) @binding(4) var<storage, read> column_b: array<f32>;
@group(0) @binding(5) var<storage, read_write> sum_a: array<f32>;
@group(0) @binding(6) var<storage, read_write> sum_b: array<f32>;
@group(0) @binding(7) var<storage, read_write> new_stats: array<vec2f>;

const LANES: u32 = 4u;
const BLOCKS: u32 = 8u;

fn exp2_of(x: vec4f) -> vec4f {
  let t = max(x, vec4f(-126.0));
  let n = round(t);
  let r = t - n;
  var p = 1.53458120e-4 * r + 1.33999312e-3;
  p = p * r + 9.61848896e-3;
  p = p * r + 5.55032878e-2;
  p = p * r + 0.240226469;
  p = p * r + 0.693147206;
  p = p * r + 1.0;
  return p * bitcast<vec4f>((vec4i(n) + vec4i(127)) << vec4u(23u));
}

fn add_outer(sums: ptr<private, mat4x4f>, u: vec4f, v: vec4f) {
  (*sums)[0] += v * u.x;
  (*sums)[1] += v * u.y;
  (*sums)[2] += v * u.z;
  (*sums)[3] += v * u.w;
}

fn spread(x: f32) -> vec4f {
  return vec4f(
    subgroupBroadcast(x, 0u),
    subgroupBroadcast(x, 1u),
    subgroupBroadcast(x, 2u),
    subgroupBroadcast(x, 3u),
  );
}

var<private> l0: mat4x4f;
var<private> l1: mat4x4f;
var<private> l2: mat4x4f;
var<private> l3: mat4x4f;
var<private> l4: mat4x4f;
var<private> l5: mat4x4f;
var<private> l6: mat4x4f;
var<private> l7: mat4x4f;
var<private> r0: mat4x4f;
var<private> r1: mat4x4f;
var<private> r2: mat4x4f;
var<private> r3: mat4x4f;
var<private> r4: mat4x4f;
var<private> r5: mat4x4f;
var<private> r6: mat4x4f;
var<private> r7: mat4x4f;

struct Place {
  head: u32,
  row: u32,
  rows_l: vec4u,
  rows_r: vec4u,
  columns_lo: vec4u,
  columns_hi: vec4u,
}

struct Start {
  columns_lo: vec4f,
  columns_hi: vec4f,
  rows_l: vec4f,
  rows_r: vec4f,
}

fn products_a(place: Place, start: Start) {
  l0 = mat4x4f();
  l1 = mat4x4f();
  l2 = mat4x4f();
  l3 = mat4x4f();
  l4 = mat4x4f();
  l5 = mat4x4f();
  l6 = mat4x4f();
  l7 = mat4x4f();
  r0 = mat4x4f();
  r1 = mat4x4f();
  r2 = mat4x4f();
  r3 = mat4x4f();
  r4 = mat4x4f();
  r5 = mat4x4f();
  r6 = mat4x4f();
  r7 = mat4x4f();
  let mask0 = spread(start.columns_lo.x);
  let mask1 = spread(start.columns_lo.y);
  let mask2 = spread(start.columns_lo.z);
  let mask3 = spread(start.columns_lo.w);
  let mask4 = spread(start.columns_hi.x);
  let mask5 = spread(start.columns_hi.y);
  let mask6 = spread(start.columns_hi.z);
  let mask7 = spread(start.columns_hi.w);
  let one = vec4f(1.0);
  add_outer(&l0, mask0, one);
  add_outer(&r0, mask0, one);
  add_outer(&l1, mask1, one);
  add_outer(&r1, mask1, one);
  add_outer(&l2, mask2, one);
  add_outer(&r2, mask2, one);
  add_outer(&l3, mask3, one);
  add_outer(&r3, mask3, one);
  add_outer(&l4, mask4, one);
  add_outer(&r4, mask4, one);
  add_outer(&l5, mask5, one);
  add_outer(&r5, mask5, one);
  add_outer(&l6, mask6, one);
  add_outer(&r6, mask6, one);
  add_outer(&l7, mask7, one);
  add_outer(&r7, mask7, one);
  for (var c = 0u; c < dims.channels; c++) {
    let at = place.head + c * dims.tokens;
    let l = dims.scale * vec4f(row_a[at + place.rows_l.x], row_a[at + place.rows_l.y], row_a[at + place.rows_l.z], row_a[at + place.rows_l.w]);
    let r = dims.scale * vec4f(row_a[at + place.rows_r.x], row_a[at + place.rows_r.y], row_a[at + place.rows_r.z], row_a[at + place.rows_r.w]);
    let k0 = spread(column_a[at + place.columns_lo.x]);
    add_outer(&l0, k0, l);
    add_outer(&r0, k0, r);
    let k1 = spread(column_a[at + place.columns_lo.y]);
    add_outer(&l1, k1, l);
    add_outer(&r1, k1, r);
    let k2 = spread(column_a[at + place.columns_lo.z]);
    add_outer(&l2, k2, l);
    add_outer(&r2, k2, r);
    let k3 = spread(column_a[at + place.columns_lo.w]);
    add_outer(&l3, k3, l);
    add_outer(&r3, k3, r);
    if (BLOCKS > 4u) {
      let k4 = spread(column_a[at + place.columns_hi.x]);
      add_outer(&l4, k4, l);
      add_outer(&r4, k4, r);
      let k5 = spread(column_a[at + place.columns_hi.y]);
      add_outer(&l5, k5, l);
      add_outer(&r5, k5, r);
      let k6 = spread(column_a[at + place.columns_hi.z]);
      add_outer(&l6, k6, l);
      add_outer(&r6, k6, r);
      let k7 = spread(column_a[at + place.columns_hi.w]);
      add_outer(&l7, k7, l);
      add_outer(&r7, k7, r);
    }
  }
}

fn combine_b(place: Place, decay_l: vec4f, decay_r: vec4f, factor_l: vec4f, factor_r: vec4f, first: bool) {
  for (var c = 0u; c < dims.channels; c++) {
    let at = place.head + c * dims.tokens;
    let v0 = spread(column_b[at + place.columns_lo.x]);
    let v1 = spread(column_b[at + place.columns_lo.y]);
    let v2 = spread(column_b[at + place.columns_lo.z]);
    let v3 = spread(column_b[at + place.columns_lo.w]);
    var l = l0 * v0 + l1 * v1 + l2 * v2 + l3 * v3;
    var r = r0 * v0 + r1 * v1 + r2 * v2 + r3 * v3;
    if (BLOCKS > 4u) {
      let v4 = spread(column_b[at + place.columns_hi.x]);
      let v5 = spread(column_b[at + place.columns_hi.y]);
      let v6 = spread(column_b[at + place.columns_hi.z]);
      let v7 = spread(column_b[at + place.columns_hi.w]);
      l += l4 * v4 + l5 * v5 + l6 * v6 + l7 * v7;
      r += r4 * v4 + r5 * v5 + r6 * v6 + r7 * v7;
    }
    let into = at + place.row;
    l *= factor_l;
    r *= factor_r;
    if (place.row + 8u <= dims.tokens) {
      if (!first) {
        l += decay_l * vec4f(sum_b[into], sum_b[into + 1u], sum_b[into + 2u], sum_b[into + 3u]);
        r += decay_r * vec4f(sum_b[into + 4u], sum_b[into + 5u], sum_b[into + 6u], sum_b[into + 7u]);
      }
      sum_b[into] = l.x;
      sum_b[into + 1u] = l.y;
      sum_b[into + 2u] = l.z;
      sum_b[into + 3u] = l.w;
      sum_b[into + 4u] = r.x;
      sum_b[into + 5u] = r.y;
      sum_b[into + 6u] = r.z;
      sum_b[into + 7u] = r.w;
    } else {
      let values = array<vec4f, 2>(l, r);
      let decays = array<vec4f, 2>(decay_l, decay_r);
      for (var i = 0u; i < 8u; i++) {
        if (place.row + i < dims.tokens) {
          var value = values[i / 4u][i % 4u];
          if (!first) {
            value += decays[i / 4u][i % 4u] * sum_b[into + i];
          }
          sum_b[into + i] = value;
        }
      }
    }
  }
}

fn max4(m: mat4x4f) -> vec4f {
  return max(max(m[0], m[1]), max(m[2], m[3]));
}

fn sum4(m: mat4x4f) -> vec4f {
  return m[0] + m[1] + m[2] + m[3];
}

fn exp_minus(m: ptr<private, mat4x4f>, top: vec4f) {
  (*m)[0] = exp2_of((*m)[0] - top);
  (*m)[1] = exp2_of((*m)[1] - top);
  (*m)[2] = exp2_of((*m)[2] - top);
  (*m)[3] = exp2_of((*m)[3] - top);
}

fn columns(first: u32) -> vec4u {
  return vec4u(first, first + 4u, first + 8u, first + 12u);
}

@compute @workgroup_size(LANES)
fn forward_lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let last = vec4u(dims.tokens - 1u);
  let one_head = group.z * groups.y + group.y;
  var place = Place();
  place.head = one_head * dims.channels * dims.tokens;
  place.row = (group.x * LANES + lane) * 8u;
  place.rows_l = min(vec4u(place.row) + vec4u(0u, 1u, 2u, 3u), last);
  place.rows_r = min(vec4u(place.row) + vec4u(4u, 5u, 6u, 7u), last);
  var top_l = vec4f(-1e30);
  var top_r = vec4f(-1e30);
  var total_l = vec4f();
  var total_r = vec4f();
  let tiles = (dims.tokens + 4u * BLOCKS - 1u) / (4u * BLOCKS);
  for (var tile = 0u; tile < tiles; tile++) {
    let own_lo = columns(tile * 4u * BLOCKS + lane % 4u);
    let own_hi = own_lo + vec4u(16u);
    place.columns_lo = min(own_lo, last);
    place.columns_hi = min(own_hi, last);
    var start = Start();
    start.columns_lo = select(vec4f(), vec4f(-1e30), own_lo > last);
    start.columns_hi = select(vec4f(), vec4f(-1e30), own_hi > last);
    products_a(place, start);

    var new_l = max(top_l, max(max(max4(l0), max4(l1)), max(max4(l2), max4(l3))));
    var new_r = max(top_r, max(max(max4(r0), max4(r1)), max(max4(r2), max4(r3))));
    if (BLOCKS > 4u) {
      new_l = max(new_l, max(max(max4(l4), max4(l5)), max(max4(l6), max4(l7))));
      new_r = max(new_r, max(max(max4(r4), max4(r5)), max(max4(r6), max4(r7))));
    }
    var decay_l = exp2_of(top_l - new_l);
    var decay_r = exp2_of(top_r - new_r);
    top_l = new_l;
    top_r = new_r;
    exp_minus(&l0, new_l);
    exp_minus(&l1, new_l);
    exp_minus(&l2, new_l);
    exp_minus(&l3, new_l);
    exp_minus(&r0, new_r);
    exp_minus(&r1, new_r);
    exp_minus(&r2, new_r);
    exp_minus(&r3, new_r);
    total_l = total_l * decay_l + sum4(l0) + sum4(l1) + sum4(l2) + sum4(l3);
    total_r = total_r * decay_r + sum4(r0) + sum4(r1) + sum4(r2) + sum4(r3);
    if (BLOCKS > 4u) {
      exp_minus(&l4, new_l);
      exp_minus(&l5, new_l);
      exp_minus(&l6, new_l);
      exp_minus(&l7, new_l);
      exp_minus(&r4, new_r);
      exp_minus(&r5, new_r);
      exp_minus(&r6, new_r);
      exp_minus(&r7, new_r);
      total_l += sum4(l4) + sum4(l5) + sum4(l6) + sum4(l7);
      total_r += sum4(r4) + sum4(r5) + sum4(r6) + sum4(r7);
    }
    var factor_l = vec4f(1.0);
    var factor_r = vec4f(1.0);
    if (tile + 1u == tiles) {
      factor_l = 1.0 / total_l;
      factor_r = 1.0 / total_r;
      decay_l *= factor_l;
      decay_r *= factor_r;
    }
    combine_b(place, decay_l, decay_r, factor_l, factor_r, tile == 0u);
  }
  for (var i = 0u; i < 4u; i++) {
    if (place.row + i < dims.tokens) {
      new_stats[one_head * dims.tokens + place.row + i] = vec2f(top_l[i], 1.0 / total_l[i]);
    }
    if (place.row + 4u + i < dims.tokens) {
      new_stats[one_head * dims.tokens + place.row + 4u + i] = vec2f(top_r[i], 1.0 / total_r[i]);
    }
  }
}
