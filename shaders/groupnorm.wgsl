// groupnorm.wgsl — group normalisation of [N, C, H, W] images, then scale and shift, then an activation.
//
//   forward   x̂ = (x − μ) · r         r = 1 / √(σ² + eps); μ, σ² mean and biased variance of one group
//             h = (γ_c x̂ + β_c) · (1 + scale[n,c]) + shift[n,c]         γ = weight, β = bias
//             y = f(h)                 f = none, silu, mish, gelu or relu
//   source    Wu & He 2018, arXiv:1803.08494, §3.1; scale and shift: Dhariwal & Nichol 2021, arXiv:2105.05233, §3.1
//
//   shapes    x, y [N, C, H, W] f32 row-major · affine [2C]: γ, then β · scale_shift: columns of [N, all], C scales, then C shifts
//             x may be joined: channel c of image n is plane c + n·split, from c = split on c + n·(C − split) + (N − 1)·split
//             a slice: a run of one group's values · a part: a run of one row's, the H · W values of one channel of one image
//             moments [N, G, slices] of (count, mean, Σ (x − mean)²), or as conv2d_tile.wgsl leaves them [N, C, tiles], slices = C/G · tiles,
//             joined where x is
//             stats [N, G] of (μ, r) · lines [N, C] of (mean, factor, offset): h = (x − mean) · factor + offset
//   dispatch  moments, moments_wide: one lane a slice; moments_shared: one workgroup. Then lines: one lane a row. Then apply,
//             apply_wide: LANES lanes a part; none is needed where conv2d_tile.wgsl reads x through its lines
//             or whole: one quad of lanes a group, each takes whole rows, as many as the others
//             wide and shared take four values at a time, whole sixteen: H · W must be a multiple of that
//   numerics  squares about the mean of sixteen values (whole: of a row's first four), merged by Chan, Golub & LeVeque 1983: a large
//             mean does not cancel, and all sums are in a fixed order. exp may be off by 3 + 3|h| ulp, which f shrinks to below 2 ulp of h
//   launcher  src/kernels/groupnorm.ts · oracle tests/reference/groupnorm.ts

enable subgroups;

alias elem = f32; // or f16: how maps are stored; sums are f32
alias elem4 = vec4<elem>;
alias elem16 = Sixteen; // values that `whole` reads or writes at once
struct Sixteen {
  a: elem4,
  b: elem4,
  c: elem4,
  d: elem4,
}
const WG: u32 = 16u;
const SHARED: u32 = 64u; // lanes of the workgroup that shares a slice
const LANES: u32 = 1u; // lanes that share a part; divides WG
const ACTIVATION: u32 = 1u; // 0 none, 1 silu, 2 mish, 3 gelu, 4 relu

struct Dims {
  batch: u32, // N
  channels: u32, // C
  groups: u32, // G
  pixels: u32, // H · W
  split: u32, // channels of x's first part; else C. In `lines` of the moments' first part
  slice: u32, // values of a slice, as pixels; a group's last one may be shorter
  slices: u32, // slices of a group
  part: u32, // values of a part, as pixels; a row's last one may be shorter
  parts: u32, // parts of a row
  eps: f32,
  scale_step: u32, // columns of scale_shift, or 0: there are none
  scale_first: u32, // the first channel's scale; its shift is C columns on
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read> x4: array<elem4>;
@group(0) @binding(3) var<storage, read> x16: array<elem16>;

// Which lane of all.
struct Invocation {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
}

fn lane_of(at: Invocation) -> u32 {
  return (at.group.y * at.groups.x + at.group.x) * WG + at.lane;
}

// ---- f

fn activation(h: vec4f) -> vec4f {
  if (ACTIVATION == 1u) {
    let t = h * -1.442695; // e⁻ʰ = 2ᵗ
    let most = vec4f(126.0); // 2ᵗ is finite; `select`, as SwiftShader's `min` is thirty instructions long
    return h / (1.0 + exp2(select(t, most, t > most)));
  }
  if (ACTIVATION == 2u) { // tanh(log(1 + w)) = q / (q + 2), w = exp h, q = w (w + 2)
    let w = exp(min(h, vec4f(20.0)));
    let q = w * (w + 2.0);
    return h * (q / (q + 2.0));
  }
  if (ACTIVATION == 3u) {
    return h * normal_below(h);
  }
  if (ACTIVATION == 4u) {
    return max(h, vec4f());
  }
  return h;
}

// Φ(h): for h ≤ 0 exp(−h²/2) times a polynomial in 1 / (1 + 0.34 |h|), a minimax fit to 3.2e-8; nothing beyond 14.
fn normal_below(h: vec4f) -> vec4f {
  let v = clamp(h, vec4f(-14.0), vec4f(14.0));
  let t = 1.0 / (1.0 + 0.34 * abs(h));
  var p = t * -0.0260217396 + 0.13903717;
  p = p * t - 0.272217016;
  p = p * t + 0.201183813;
  p = p * t - 0.0440644423;
  p = p * t + 0.115096865;
  p = p * t + 0.115260378;
  p = p * t + 0.136104045;
  p = p * t + 0.135620943;
  let below = p * t * exp(-0.5 * v * v);
  return select(below, 1.0 - below, h > vec4f());
}

// ---- mean and squared deviations of a slice

@group(0) @binding(4) var<storage, read_write> moments_out: array<Moments>;

struct Moments {
  count: f32,
  mean: f32,
  squares: f32, // Σ (x − mean)²
}

// Those of both sets together [Chan, Golub & LeVeque 1983].
fn merged(a: Moments, b: Moments) -> Moments {
  let count = a.count + b.count;
  let delta = b.mean - a.mean;
  let share = b.count / max(count, 1.0);
  return Moments(count, a.mean + delta * share, a.squares + b.squares + delta * delta * (a.count * share));
}

// Sixteen values more.
fn absorb(m: Moments, a: vec4f, b: vec4f, c: vec4f, d: vec4f) -> Moments {
  let mean = total((a + b) + (c + d)) / 16.0;
  let squares = ((a - mean) * (a - mean) + (b - mean) * (b - mean)) + ((c - mean) * (c - mean) + (d - mean) * (d - mean));
  return merged(m, Moments(16.0, mean, total(squares)));
}

fn total(v: vec4f) -> f32 {
  return (v.x + v.y) + (v.z + v.w);
}

fn group_size() -> u32 {
  return dims.channels / dims.groups * dims.pixels;
}

// How many values a slice has, of those of its group the `slice`-th.
fn slice_count(slice: u32) -> u32 {
  return min(dims.slice, group_size() - slice * dims.slice);
}

// Where a channel's plane lies in x.
fn plane_of(n: u32, c: u32) -> u32 {
  let second = n * (dims.channels - dims.split) + (dims.batch - 1u) * dims.split;
  return c + select(second, n * dims.split, c < dims.split);
}

struct Run {
  first: u32,
  count: u32,
}

// Values of a slice in the first or the second of the tensors that x is joined of.
fn run_of(index: u32, side: u32) -> Run {
  let group = index / dims.slices;
  let slice = index - group * dims.slices;
  let start = slice * dims.slice;
  let end = start + slice_count(slice);
  let n = group / dims.groups;
  let c = (group - n * dims.groups) * (dims.channels / dims.groups);
  let in_first = (max(dims.split, c) - c) * dims.pixels; // of the group's values, or more than it has
  if (side == 0u) {
    return Run(plane_of(n, c) * dims.pixels + start, max(min(end, in_first), start) - start);
  }
  let begin = max(start, in_first);
  return Run(plane_of(n, max(c, dims.split)) * dims.pixels + begin - in_first, max(end, begin) - begin);
}

@compute @workgroup_size(WG)
fn moments(at: Invocation) {
  let index = lane_of(at);
  if (index >= dims.batch * dims.groups * dims.slices) {
    return;
  }
  var all = Moments();
  for (var side = 0u; side < 2u; side++) {
    let run = run_of(index, side);
    for (var k = 0u; k < run.count / 16u; k++) {
      let i = run.first + k * 16u;
      all = absorb(
        all,
        vec4f(elem4(x[i], x[i + 1u], x[i + 2u], x[i + 3u])),
        vec4f(elem4(x[i + 4u], x[i + 5u], x[i + 6u], x[i + 7u])),
        vec4f(elem4(x[i + 8u], x[i + 9u], x[i + 10u], x[i + 11u])),
        vec4f(elem4(x[i + 12u], x[i + 13u], x[i + 14u], x[i + 15u])),
      );
    }
    for (var i = run.first + run.count / 16u * 16u; i < run.first + run.count; i++) {
      all = merged(all, Moments(1.0, f32(x[i]), 0.0));
    }
  }
  moments_out[index] = all;
}

// How many of `count` values fall to a lane that takes every `lanes`-th.
fn steps_of(count: u32, lane: u32, lanes: u32) -> u32 {
  return (count + lanes - 1u - lane) / lanes;
}

// Of a slice's groups of four values, those of every `lanes`-th from the `lane`-th on.
fn moments_of(index: u32, lane: u32, lanes: u32) -> Moments {
  var all = Moments();
  for (var side = 0u; side < 2u; side++) {
    let run = run_of(index, side);
    let first = run.first / 4u + lane;
    let steps = steps_of(run.count / 4u, lane, lanes);
    for (var k = 0u; k < steps / 4u; k++) {
      let i = first + k * 4u * lanes;
      all = absorb(
        all,
        vec4f(x4[i]), vec4f(x4[i + lanes]), vec4f(x4[i + 2u * lanes]), vec4f(x4[i + 3u * lanes]),
      );
    }
    for (var k = steps / 4u * 4u; k < steps; k++) {
      let v = vec4f(x4[first + k * lanes]);
      let mean = total(v) / 4.0;
      let d = v - mean;
      all = merged(all, Moments(4.0, mean, total(d * d)));
    }
  }
  return all;
}

@compute @workgroup_size(WG)
fn moments_wide(at: Invocation) {
  let index = lane_of(at);
  if (index >= dims.batch * dims.groups * dims.slices) {
    return;
  }
  moments_out[index] = moments_of(index, 0u, 1u);
}

var<workgroup> shared_moments: array<Moments, SHARED>;

@compute @workgroup_size(SHARED)
fn moments_shared(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x; // uniform: there are barriers below
  if (index >= dims.batch * dims.groups * dims.slices) {
    return;
  }
  var all = moments_of(index, lane, SHARED);

  // halves join, until lane 0 has all
  for (var step = 1u; step <= 6u; step++) {
    let half = SHARED >> step;
    shared_moments[lane] = all;
    workgroupBarrier();
    if (lane < half) {
      all = merged(all, shared_moments[lane + half]);
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    moments_out[index] = all;
  }
}

// ---- h of a row

@group(0) @binding(5) var<storage, read> all_moments: array<Moments>;
@group(0) @binding(6) var<storage, read> affine: array<f32>;
@group(0) @binding(7) var<storage, read> scale_shift: array<f32>;
@group(0) @binding(8) var<storage, read_write> stats: array<vec2f>;
@group(0) @binding(9) var<storage, read_write> lines_out: array<Line>;

// h = (x − mean) · factor + offset.
struct Line {
  mean: f32,
  factor: f32,
  offset: f32,
}

fn line_of(row: u32, statistics: vec2f) -> Line {
  let c = row % dims.channels;
  let factor = statistics.y * affine[c]; // r γ
  if (dims.scale_step == 0u) {
    return Line(statistics.x, factor, affine[dims.channels + c]);
  }
  let at = row / dims.channels * dims.scale_step + dims.scale_first + c;
  let scale = 1.0 + scale_shift[at];
  return Line(statistics.x, factor * scale, affine[dims.channels + c] * scale + scale_shift[at + dims.channels]);
}

fn statistics_from(all: Moments) -> vec2f {
  return vec2f(all.mean, 1.0 / sqrt(all.squares / all.count + dims.eps));
}

@compute @workgroup_size(WG)
fn lines(at: Invocation) {
  let row = lane_of(at);
  if (row >= dims.batch * dims.channels) {
    return;
  }
  let rows = dims.channels / dims.groups;
  let group = row / rows;
  let n = group / dims.groups;
  let first = group % dims.groups * rows; // channel
  var all = Moments();
  for (var slice = 0u; slice < dims.slices; slice++) {
    var i = group * dims.slices + slice;
    if (dims.split < dims.channels) { // tiles of joined planes
      let tiles = dims.slices / rows;
      i = plane_of(n, first + slice / tiles) * tiles + slice % tiles;
    }
    all = merged(all, all_moments[i]);
  }
  let statistics = statistics_from(all);
  if (row % rows == 0u) {
    stats[group] = statistics;
  }
  lines_out[row] = line_of(row, statistics);
}

// ---- y, part by part

@group(0) @binding(10) var<storage, read> lines_in: array<Line>;
@group(0) @binding(11) var<storage, read_write> y: array<elem>;
@group(0) @binding(12) var<storage, read_write> y4: array<elem4>;
@group(0) @binding(13) var<storage, read_write> y16: array<elem16>;

// A part: its row n · C + c, its first value in y and in x, and how many.
struct Part {
  row: u32,
  first: u32,
  source: u32,
  count: u32,
}

fn part_of(index: u32) -> Part {
  let row = index / dims.parts;
  let start = (index - row * dims.parts) * dims.part;
  let plane = plane_of(row / dims.channels, row % dims.channels);
  let first = row * dims.pixels + start;
  return Part(row, first, plane * dims.pixels + start, min(dims.part, dims.pixels - start));
}

fn part_total() -> u32 {
  return dims.batch * dims.channels * dims.parts;
}

// `off`: from a value in y to it in x.
fn put(i: u32, off: u32, line: Line) {
  y[i] = four(elem4(x[i + off]), line).x;
}

fn put4(i: u32, off: u32, line: Line) {
  y4[i] = four(x4[i + off], line);
}

fn four(v: elem4, line: Line) -> elem4 {
  return elem4(activation((vec4f(v) - line.mean) * line.factor + line.offset));
}

@compute @workgroup_size(WG)
fn apply(at: Invocation) {
  let index = lane_of(at);
  if (index / LANES >= part_total()) {
    return;
  }
  let part = part_of(index / LANES);
  let lane = index % LANES;
  let line = lines_in[part.row];
  let start = part.first + lane;
  let off = part.source - part.first;
  let steps = steps_of(part.count, lane, LANES);
  for (var k = 0u; k < steps / 4u; k++) {
    let i = start + k * 4u * LANES;
    put(i, off, line);
    put(i + LANES, off, line);
    put(i + 2u * LANES, off, line);
    put(i + 3u * LANES, off, line);
  }
  for (var k = steps / 4u * 4u; k < steps; k++) {
    put(start + k * LANES, off, line);
  }
}

@compute @workgroup_size(WG)
fn apply_wide(at: Invocation) {
  let index = lane_of(at);
  if (index / LANES >= part_total()) {
    return;
  }
  let part = part_of(index / LANES);
  let lane = index % LANES;
  let line = lines_in[part.row];
  let start = part.first / 4u + lane;
  let off = part.source / 4u - part.first / 4u;
  let steps = steps_of(part.count / 4u, lane, LANES);
  for (var k = 0u; k < steps / 2u; k++) {
    let i = start + k * 2u * LANES;
    put4(i, off, line);
    put4(i + LANES, off, line);
  }
  if (steps % 2u == 1u) {
    put4(start + (steps - 1u) * LANES, off, line);
  }
}

// ---- or all of a group at once, by a quad: for adapters with few lanes. There a second dispatch is dear,
// ---- and a barrier is

@compute @workgroup_size(WG)
fn whole(at: Invocation) {
  let index = lane_of(at);
  let end = dims.batch * dims.groups;
  let group = min(index / 4u, end - 1u); // past the end the last one again: all lanes of a quad swap
  let rows = dims.channels / dims.groups / 4u;
  let n = group / dims.groups;
  let first = (group * 4u + index % 4u) * rows;
  let length = dims.pixels / 16u; // of a row, in sixteens

  // μ and r: every lane joins the moments of all
  var all = Moments();
  for (var row = first; row < first + rows; row++) {
    all = merged(all, moments_of_row(plane_of(n, row - n * dims.channels) * length, length));
  }
  all = doubled(all, quadSwapX(all.mean), quadSwapX(all.squares));
  all = doubled(all, quadSwapY(all.mean), quadSwapY(all.squares));
  let statistics = statistics_from(all);
  if (is_empty() || index / 4u >= end) {
    return;
  }
  if (index % 4u == 0u) {
    stats[group] = statistics;
  }

  // y
  for (var row = first; row < first + rows; row++) {
    let line = line_of(row, statistics);
    let off = (plane_of(n, row - n * dims.channels) - row) * length;
    for (var i = row * length; i < (row + 1u) * length; i++) {
      let v = x16[i + off];
      y16[i].a = four(v.a, line);
      y16[i].b = four(v.b, line);
      y16[i].c = four(v.c, line);
      y16[i].d = four(v.d, line);
    }
  }
}

// Never. It asks for lengths before the loop: SwiftShader divides for them, and would at every turn.
fn is_empty() -> bool {
  return min(arrayLength(&x16), arrayLength(&y16)) == 0u;
}

// Of a row's sixteens. Squares are about the mean of its first four values, which can be no further from
// the row's own than σ · √(H · W), as they are a part of it.
fn moments_of_row(first: u32, length: u32) -> Moments {
  let pivot = total(vec4f(x16[first].a)) / 4.0;
  var sum = 0.0;
  var squares = 0.0;
  for (var i = first; i < first + length; i++) {
    let v = x16[i];
    let a = vec4f(v.a) - pivot;
    let b = vec4f(v.b) - pivot;
    let c = vec4f(v.c) - pivot;
    let d = vec4f(v.d) - pivot;
    sum += total((a + b) + (c + d));
    squares += total((a * a + b * b) + (c * c + d * d));
  }
  let count = f32(dims.pixels);
  let off = sum / count;
  return Moments(count, pivot + off, squares - off * off * count);
}

// Those of a set and another as large: the same bits whichever comes first.
fn doubled(m: Moments, mean: f32, squares: f32) -> Moments {
  let half = (mean - m.mean) * 0.5;
  return Moments(2.0 * m.count, (m.mean + mean) * 0.5, (m.squares + squares) + 2.0 * m.count * half * half);
}
