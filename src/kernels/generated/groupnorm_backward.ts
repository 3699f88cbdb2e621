// Generated from shaders/groupnorm_backward.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  sums: { dims: "batch" | "channels" | "groups" | "pixels" | "split" | "part" | "parts" | "scale_step" | "scale_first"; dy: true; x: true; affine: true; scale_shift: true; stats: true; sums_out: true };
  sums_wide: { dims: "batch" | "channels" | "groups" | "pixels" | "split" | "part" | "parts" | "scale_step" | "scale_first"; dy4: true; x4: true; affine: true; scale_shift: true; stats: true; sums_out: true };
  sums_shared: { dims: "batch" | "channels" | "groups" | "pixels" | "split" | "part" | "parts" | "scale_step" | "scale_first"; dy4: true; x4: true; affine: true; scale_shift: true; stats: true; sums_out: true };
  scale_gradients: { dims: "batch" | "channels" | "groups" | "pixels" | "split" | "part" | "parts" | "scale_step" | "scale_first"; affine: true; row_sums: true; dscale_shift: true };
  backward_input: { dims: "batch" | "channels" | "groups" | "pixels" | "split" | "part" | "parts" | "scale_step" | "scale_first"; dy: true; x: true; affine: true; scale_shift: true; row_sums: true; daffine: true; pending: true; dx: true };
  backward_input_wide: { dims: "batch" | "channels" | "groups" | "pixels" | "split" | "part" | "parts" | "scale_step" | "scale_first"; dy4: true; x4: true; affine: true; scale_shift: true; row_sums: true; daffine: true; pending4: true; dx4: true };
  whole: { dims: "batch" | "channels" | "groups" | "pixels" | "split" | "part" | "parts" | "scale_step" | "scale_first"; dy16: true; x16: true; affine: true; stats: true; daffine: true; pending16: true; dx16: true };
};

export const groupnorm_backward: ShaderFamily<Binds> = {
  name: "groupnorm_backward",
  hash: "dee9f2ad",
  text: [`























alias elem = f32;
alias elem4 = vec4<elem>;
alias elem16 = Sixteen;
struct Sixteen {
  a: elem4,
  b: elem4,
  c: elem4,
  d: elem4,
}
const WG: u32 = 16u;
const SHARED: u32 = 64u;
const LANES: u32 = 1u;
const PENDING: bool = false;
const ACTIVATION: u32 = 1u;

struct Dims {
  batch: u32,
  channels: u32,
  groups: u32,
  pixels: u32,
  split: u32,
  part: u32,
  parts: u32,
  scale_step: u32,
  scale_first: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> dy: array<elem>;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read> dy4: array<elem4>;
@group(0) @binding(4) var<storage, read> x4: array<elem4>;
@group(0) @binding(5) var<storage, read> dy16: array<elem16>;
@group(0) @binding(6) var<storage, read> x16: array<elem16>;
@group(0) @binding(7) var<storage, read> affine: array<f32>;
@group(0) @binding(8) var<storage, read> scale_shift: array<f32>;


struct Invocation {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
}

fn lane_of(at: Invocation) -> u32 {
  return (at.group.y * at.groups.x + at.group.x) * WG + at.lane;
}



fn derivative(h: f32) -> f32 {
  if (ACTIVATION == 1u) {
    let power = h * -1.442695;
    let t = select(power, 126.0, power > 126.0);
    let e = exp2(t);
    let s = 1.0 / (1.0 + e);
    return s * (1.0 - 0.6931472 * t * (e * s));
  }
  if (ACTIVATION == 2u) {
    let v = min(h, 20.0);
    let w = exp(v);
    let q = w * (w + 2.0);
    let d = 1.0 / (q + 2.0);
    return q * d + 4.0 * v * (w * d) * ((w + 1.0) * d);
  }
  if (ACTIVATION == 3u) {
    let tail = normal_tail(h);
    return normal_below(h, tail) + 0.3989422804 * clamp(h, -14.0, 14.0) * tail;
  }
  return select(1.0, 0.0, ACTIVATION == 4u && h <= 0.0);
}


fn normal_tail(h: f32) -> f32 {
  let v = clamp(h, -14.0, 14.0);
  return exp(-0.5 * v * v);
}


fn normal_below(h: f32, tail: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.34 * abs(h));
  var p = -0.0260217396;
  p = p * t + 0.13903717;
  p = p * t - 0.272217016;
  p = p * t + 0.201183813;
  p = p * t - 0.0440644423;
  p = p * t + 0.115096865;
  p = p * t + 0.115260378;
  p = p * t + 0.136104045;
  p = p * t + 0.135620943;
  let below = p * t * tail;
  return select(below, 1.0 - below, h > 0.0);
}

fn derivative4(h: vec4f) -> vec4f {
  return vec4f(derivative(h.x), derivative(h.y), derivative(h.z), derivative(h.w));
}


fn steps_of(count: u32, lane: u32, lanes: u32) -> u32 {
  return (count + lanes - 1u - lane) / lanes;
}


struct Part {
  row: u32,
  first: u32,
  source: u32,
  count: u32,
}


fn plane_of(n: u32, c: u32) -> u32 {
  let second = n * (dims.channels - dims.split) + (dims.batch - 1u) * dims.split;
  return c + select(second, n * dims.split, c < dims.split);
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

fn group_of(row: u32) -> u32 {
  return row / (dims.channels / dims.groups);
}


struct Line {
  mean: f32,
  factor: f32,
  offset: f32,
}


fn scale_of(row: u32) -> f32 {
  if (dims.scale_step != 0u) {
    return 1.0 + scale_shift[scale_index(row)];
  }
  return 1.0;
}

fn scale_index(row: u32) -> u32 {
  return row / dims.channels * dims.scale_step + dims.scale_first + row % dims.channels;
}

fn line_of(row: u32, moments: vec2f) -> Line {
  let c = row % dims.channels;
  let factor = moments.y * affine[c];
  let offset = affine[dims.channels + c];
  if (dims.scale_step == 0u) {
    return Line(moments.x, factor, offset);
  }
  let scale = scale_of(row);
  return Line(moments.x, factor * scale, offset * scale + scale_shift[scale_index(row) + dims.channels]);
}



@group(0) @binding(9) var<storage, read> stats: array<vec2f>;
@group(0) @binding(10) var<storage, read_write> sums_out: array<vec4f>;


struct Terms {
  dh: vec4f,
  product: vec4f,
}

fn terms_of(gradient: vec4f, v: vec4f, line: Line) -> Terms {
  let off = v - line.mean;
  let dh = gradient * derivative4(off * line.factor + line.offset);
  return Terms(dh, dh * off);
}

fn plus(a: Terms, b: Terms) -> Terms {
  return Terms(a.dh + b.dh, a.product + b.product);
}

fn record(index: u32, sum: vec2f, statistics: vec2f) {
  sums_out[index] = vec4f(sum.x, sum.y * statistics.y, statistics);
}

@compute @workgroup_size(WG)
fn sums(at: Invocation) {
  let index = lane_of(at);
  if (index >= part_total()) {
    return;
  }
  let part = part_of(index);
  let statistics = stats[group_of(part.row)];
  let line = line_of(part.row, statistics);
  var all = Terms();
  for (var k = 0u; k < part.count / 4u; k++) {
    let i = part.first + k * 4u;
    let j = part.source + k * 4u;
    let gradient = vec4f(elem4(dy[i], dy[i + 1u], dy[i + 2u], dy[i + 3u]));
    all = plus(all, terms_of(gradient, vec4f(elem4(x[j], x[j + 1u], x[j + 2u], x[j + 3u])), line));
  }
  for (var k = part.count / 4u * 4u; k < part.count; k++) {
    let gradient = vec4f(f32(dy[part.first + k]), 0.0, 0.0, 0.0);
    all = plus(all, terms_of(gradient, vec4f(f32(x[part.source + k])), line));
  }
  record(index, sum_of(all), statistics);
}

fn sum_of(terms: Terms) -> vec2f {
  let h = terms.dh.xy + terms.dh.zw;
  let p = terms.product.xy + terms.product.zw;
  return vec2f(h.x + h.y, p.x + p.y);
}


fn terms_of_part(part: Part, line: Line, lane: u32, lanes: u32) -> vec2f {
  let start = part.first / 4u + lane;
  let off = part.source / 4u - part.first / 4u;
  let steps = steps_of(part.count / 4u, lane, lanes);
  var all = Terms();
  for (var k = 0u; k < steps / 2u; k++) {
    let i = start + k * 2u * lanes;
    all = plus(all, plus(terms_at(i, i + off, line), terms_at(i + lanes, i + off + lanes, line)));
  }
  if (steps % 2u == 1u) {
    let i = start + (steps - 1u) * lanes;
    all = plus(all, terms_at(i, i + off, line));
  }
  return sum_of(all);
}

fn terms_at(i: u32, j: u32, line: Line) -> Terms {
  return terms_of(vec4f(dy4[i]), vec4f(x4[j]), line);
}

@compute @workgroup_size(WG)
fn sums_wide(at: Invocation) {
  let index = lane_of(at);
  if (index >= part_total()) {
    return;
  }
  let part = part_of(index);
  let statistics = stats[group_of(part.row)];
  let line = line_of(part.row, statistics);
  record(index, terms_of_part(part, line, 0u, 1u), statistics);
}

var<workgroup> shared_sums: array<vec2f, SHARED>;

@compute @workgroup_size(SHARED)
fn sums_shared(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= part_total()) {
    return;
  }
  let part = part_of(index);
  let statistics = stats[group_of(part.row)];
  let line = line_of(part.row, statistics);
  var sum = terms_of_part(part, line, lane, SHARED);


  for (var step = 1u; step <= 6u; step++) {
    let half = SHARED >> step;
    shared_sums[lane] = sum;
    workgroupBarrier();
    if (lane < half) {
      sum += shared_sums[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    record(index, sum, statistics);
  }
}



@group(0) @binding(11) var<storage, read> row_sums: array<vec4f>;
@group(0) @binding(12) var<storage, read_write> daffine: array<f32>;
@group(0) @binding(13) var<storage, read_write> dscale_shift: array<f32>;


fn sum_of_row(row: u32) -> vec2f {
  var sum = vec2f();
  for (var p = 0u; p < dims.parts; p++) {
    sum += row_sums[row * dims.parts + p].xy;
  }
  return sum;
}


fn means_of(group: u32) -> vec4f {
  let rows = dims.channels / dims.groups;
  var sum = vec2f();
  for (var k = 0u; k < rows; k++) {
    let row = group * rows + k;
    sum += affine[row % dims.channels] * scale_of(row) * sum_of_row(row);
  }
  return vec4f(sum / f32(rows * dims.pixels), row_sums[group * rows * dims.parts].zw);
}

fn write_channel(c: u32, sum: vec2f) {
  daffine[c] = sum.y;
  daffine[dims.channels + c] = sum.x;
}


fn write_channel_of(part: Part, lane: u32) {
  if (lane != 0u || part.first != part.row * dims.pixels || part.row >= dims.channels) {
    return;
  }
  var sum = vec2f();
  for (var n = 0u; n < dims.batch; n++) {
    let row = n * dims.channels + part.row;
    sum += scale_of(row) * sum_of_row(row);
  }
  write_channel(part.row, sum);
}

@compute @workgroup_size(WG)
fn scale_gradients(at: Invocation) {
  let row = lane_of(at);
  if (row >= dims.batch * dims.channels) {
    return;
  }
  let sum = sum_of_row(row);
  let c = row % dims.channels;
  let to = scale_index(row);
  dscale_shift[to] = affine[c] * sum.y + affine[dims.channels + c] * sum.x;
  dscale_shift[to + dims.channels] = sum.x;
}



@group(0) @binding(14) var<storage, read> pending: array<elem>;
@group(0) @binding(15) var<storage, read> pending4: array<elem4>;
@group(0) @binding(16) var<storage, read> pending16: array<elem16>;
@group(0) @binding(17) var<storage, read_write> dx: array<elem>;
@group(0) @binding(18) var<storage, read_write> dx4: array<elem4>;
@group(0) @binding(19) var<storage, read_write> dx16: array<elem16>;


struct Fall {
  slope: f32,
  offset: f32,
}

fn fall_of(group_means: vec4f) -> Fall {
  return Fall(group_means.w * group_means.w * group_means.y, group_means.w * group_means.x);
}


fn put(i: u32, j: u32, line: Line, fall: Fall) {
  var result = fallen(elem4(dy[i]), elem4(x[j]), line, fall).x;
  if (PENDING) {
    result += f32(pending[j]);
  }
  dx[j] = elem(result);
}

fn fallen(gradient: elem4, v: elem4, line: Line, fall: Fall) -> vec4f {
  let off = vec4f(v) - line.mean;
  let dh = vec4f(gradient) * derivative4(off * line.factor + line.offset);
  return dh * line.factor - off * fall.slope - fall.offset;
}

fn put4(i: u32, j: u32, line: Line, fall: Fall) {
  var result = fallen(dy4[i], x4[j], line, fall);
  if (PENDING) {
    result += vec4f(pending4[j]);
  }
  dx4[j] = elem4(result);
}

@compute @workgroup_size(WG)
fn backward_input(at: Invocation) {
  let index = lane_of(at);
  if (index / LANES >= part_total()) {
    return;
  }
  let part = part_of(index / LANES);
  let lane = index % LANES;
  let of_group = means_of(group_of(part.row));
  let line = line_of(part.row, of_group.zw);
  let fall = fall_of(of_group);
  for (var k = 0u; k < steps_of(part.count, lane, LANES); k++) {
    let i = k * LANES + lane;
    put(part.first + i, part.source + i, line, fall);
  }
  write_channel_of(part, lane);
}

@compute @workgroup_size(WG)
fn backward_input_wide(at: Invocation) {
  let index = lane_of(at);
  if (index / LANES >= part_total()) {
    return;
  }
  let part = part_of(index / LANES);
  let lane = index % LANES;
  let of_group = means_of(group_of(part.row));
  let line = line_of(part.row, of_group.zw);
  let fall = fall_of(of_group);
  for (var k = 0u; k < steps_of(part.count / 4u, lane, LANES); k++) {
    let i = k * LANES + lane;
    put4(part.first / 4u + i, part.source / 4u + i, line, fall);
  }
  write_channel_of(part, lane);
}



@compute @workgroup_size(WG)
fn whole(at: Invocation) {
  let index = lane_of(at);
  let is_real = !is_empty() && index / 4u < dims.groups;
  let group = min(index / 4u, dims.groups - 1u);
  let rows = dims.channels / dims.groups / 4u;
  let first = (group * 4u + index % 4u) * rows;
  for (var n = 0u; n < dims.batch; n++) {
    let statistics = stats[n * dims.groups + group];


    var sum = vec2f();
    for (var c = first; c < first + rows; c++) {
      let of_row = terms_of_row(n, c, plain_line(c, statistics)) * vec2f(1.0, statistics.y);
      sum += affine[c] * of_row;
      if (is_real) {
        add_channel(c, of_row, n == 0u);
      }
    }
    sum += quadSwapX(sum);
    sum += quadSwapY(sum);
    let fall = fall_of(vec4f(sum / f32(rows * 4u * dims.pixels), statistics));


    if (is_real) {
      for (var c = first; c < first + rows; c++) {
        put_row(n, c, plain_line(c, statistics), fall);
      }
    }
  }
}

fn plain_line(c: u32, statistics: vec2f) -> Line {
  return Line(statistics.x, statistics.y * affine[c], affine[dims.channels + c]);
}


fn is_empty() -> bool {
  return min(min(arrayLength(&dy16), arrayLength(&x16)), arrayLength(&dx16)) == 0u;
}

fn terms_of_row(n: u32, c: u32, line: Line) -> vec2f {
  let length = dims.pixels / 16u;
  let row = n * dims.channels + c;
  let off = (plane_of(n, c) - row) * length;
  var all = vec2f();
  for (var i = row * length; i < (row + 1u) * length; i++) {
    let gradient = dy16[i];
    let v = x16[i + off];
    let left = plus(terms_of(vec4f(gradient.a), vec4f(v.a), line), terms_of(vec4f(gradient.b), vec4f(v.b), line));
    let right = plus(terms_of(vec4f(gradient.c), vec4f(v.c), line), terms_of(vec4f(gradient.d), vec4f(v.d), line));
    all += sum_of(plus(left, right));
  }
  return all;
}

fn add_channel(c: u32, sum: vec2f, is_first: bool) {
  let before = vec2f(daffine[dims.channels + c], daffine[c]);
  write_channel(c, sum + select(before, vec2f(), is_first));
}

fn put_row(n: u32, c: u32, line: Line, fall: Fall) {
  let length = dims.pixels / 16u;
  let row = n * dims.channels + c;
  let off = (plane_of(n, c) - row) * length;
  for (var i = row * length; i < (row + 1u) * length; i++) {
    let j = i + off;
    let gradient = dy16[i];
    let v = x16[j];
    var before = Sixteen();
    if (PENDING) {
      before = pending16[j];
    }
    dx16[j].a = elem4(fallen(gradient.a, v.a, line, fall) + vec4f(before.a));
    dx16[j].b = elem4(fallen(gradient.b, v.b, line, fall) + vec4f(before.b));
    dx16[j].c = elem4(fallen(gradient.c, v.c, line, fall) + vec4f(before.c));
    dx16[j].d = elem4(fallen(gradient.d, v.d, line, fall) + vec4f(before.d));
  }
}`],
};
