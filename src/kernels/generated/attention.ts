// Generated from shaders/attention.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  forward: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; column_b: true; sums: true; new_stats: true };
  backward_query: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; column_b: true; sums: true; row_b: true; y: true; stats: true; new_means: true };
  backward_key: { dims: "tokens" | "channels" | "scale" | "log2_scale"; qkv: true; column_b: true; sums: true; row_b: true; stats: true; means: true };
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
@group(0) @binding(2) var<storage, read> column_b: array<elem>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(0) @binding(4) var<storage, read_write> new_stats: array<vec2f>;
@group(0) @binding(5) var<storage, read> row_b: array<elem>;
@group(0) @binding(6) var<storage, read> y: array<f32>;`;

const t1 = `
@group(0) @binding(7) var<storage, read> stats: array<vec2f>;
@group(0) @binding(8) var<storage, read> means: array<f32>;
@group(0) @binding(9) var<storage, read_write> new_means: array<f32>;`;

const t2 = `

const LOWEST = -1e30;



const STEPS: u32 = 32u;
const PITCH: u32 = 9u;

var<workgroup> row_tile: array<vec4f, STEPS * PITCH>;
var<workgroup> column_tile: array<vec4f, STEPS * PITCH>;
var<workgroup> power_tile: array<vec4f, 32u * PITCH>;
var<workgroup> shared_rows: array<vec4f, 8u * PITCH>;
var<workgroup> weights: array<vec4f, 8>;
var<workgroup> decays: array<vec4f, 8>;
var<workgroup> factors: array<vec4f, 8>;

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
  column: u32,
  y: u32,
  x: u32,
}

fn place_of(group: vec3u, groups: vec3u, lane: u32) -> Place {
  var place = Place();
  place.first = (group.z * groups.y + group.y) * dims.tokens;
  place.head = place.first * dims.channels;
  place.row = group.x * 32u;
  place.y = lane / 8u;
  place.x = lane % 8u;
  return place;
}

const Q: u32 = 0u;
const K: u32 = 1u;
const V: u32 = 2u;


fn operand(role: u32, group: vec3u, groups: vec3u) -> u32 {
  let all = groups.y * dims.channels * dims.tokens;
  return (3u * group.z + role) * all + group.y * dims.channels * dims.tokens;
}


fn tokens(first: u32) -> vec4u {
  return min(first + vec4u(0u, 1u, 2u, 3u), vec4u(dims.tokens - 1u));
}

fn is_token(first: u32) -> vec4f {
  return vec4f(first + vec4u(0u, 1u, 2u, 3u) < vec4u(dims.tokens));
}


fn at_channel(start: u32, channel: u32) -> vec4u {
  return vec4u(start + channel * dims.tokens);
}


fn staged(first: u32) -> u32 {
  return min(STEPS, dims.channels - first);
}


fn add_outer(sums: mat4x4f, first: u32, place: Place) -> mat4x4f {
  var m = sums;
  for (var step = 0u; step < staged(first); step++) {
    let u = row_tile[step * PITCH + place.y];
    let v = column_tile[step * PITCH + place.x];
    m[0] += u * v.x;
    m[1] += u * v.y;
    m[2] += u * v.z;
    m[3] += u * v.w;
  }
  return m;
}



fn multiply_a(start: mat4x4f, place: Place) -> mat4x4f {
  var m = start;
  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {
    let first = chunk * STEPS;
    workgroupBarrier();
    for (var step = place.y; step < staged(first); step += 8u) {
      let i = at_channel(place.row_a, first + step) + tokens(place.row + 4u * place.x);
      let j = at_channel(place.column_a, first + step) + tokens(place.column + 4u * place.x);
      row_tile[step * PITCH + place.x] =
        vec4f(elem4(qkv[i.x], qkv[i.y], qkv[i.z], qkv[i.w])) * dims.log2_scale;
      column_tile[step * PITCH + place.x] =
        vec4f(elem4(qkv[j.x], qkv[j.y], qkv[j.z], qkv[j.w]));
    }
    workgroupBarrier();
    m = add_outer(m, first, place);
  }
  return m;
}


fn show(m: mat4x4f, place: Place) {
  workgroupBarrier();
  let at = 4u * place.x * PITCH + place.y;
  power_tile[at] = m[0];
  power_tile[at + PITCH] = m[1];
  power_tile[at + 2u * PITCH] = m[2];
  power_tile[at + 3u * PITCH] = m[3];
}


fn sum_columns(place: Place, count: u32) -> mat4x4f {
  var m = mat4x4f();
  for (var j = 0u; j < min(8u, (dims.tokens - place.column + 3u) / 4u); j++) {
    let at = 4u * j * PITCH + place.x;
    let shown = mat4x4f(
      power_tile[at], power_tile[at + PITCH], power_tile[at + 2u * PITCH], power_tile[at + 3u * PITCH]);
    let i = place.y * PITCH + j;
    m[0] = add_columns(m[0], shown, column_tile[i]);
    if (count > 8u) {
      m[1] = add_columns(m[1], shown, column_tile[i + 8u * PITCH]);
    }
    if (count > 16u) {
      m[2] = add_columns(m[2], shown, column_tile[i + 16u * PITCH]);
      m[3] = add_columns(m[3], shown, column_tile[i + 24u * PITCH]);
    }
  }
  return m;
}

fn add_columns(sum: vec4f, shown: mat4x4f, v: vec4f) -> vec4f {
  return sum + shown[0] * v.x + shown[1] * v.y + shown[2] * v.z + shown[3] * v.w;
}


fn combine_b(place: Place) {
  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {
    let first = chunk * STEPS;
    workgroupBarrier();
    for (var step = place.y; step < staged(first); step += 8u) {
      let j = at_channel(place.column_b, first + step) + tokens(place.column + 4u * place.x);
      column_tile[step * PITCH + place.x] = weights[place.x]
        * vec4f(elem4(column_b[j.x], column_b[j.y], column_b[j.z], column_b[j.w]));
    }
    workgroupBarrier();
    let m = sum_columns(place, staged(first));
    for (var i = 0u; i < 4u; i++) {
      if (place.y + 8u * i < staged(first)) {
        add_to_b(place, first + place.y + 8u * i, m[i] * factors[place.x]);
      }
    }
  }
}

fn add_to_b(place: Place, channel: u32, sum: vec4f) {
  let row = place.row + 4u * place.x;
  let first = at_channel(place.sum_b, channel).x + row;
  let decay = decays[place.x];
  for (var i = 0u; i < 4u; i++) {
    if (row + i < dims.tokens) {
      let before = select(sums[first + i], 0.0, place.column == 0u);
      sums[first + i] = decay[i] * before + sum[i];
    }
  }
}


fn share_rows(rows: vec4f, at: u32, by: u32) {
  workgroupBarrier();
  shared_rows[by * PITCH + at] = rows;
  workgroupBarrier();
}

fn largest_shared(at: u32) -> vec4f {
  var largest = shared_rows[at];
  for (var by = 1u; by < 8u; by++) {
    largest = max(largest, shared_rows[by * PITCH + at]);
  }
  return largest;
}

fn sum_shared(at: u32) -> vec4f {
  var sum = shared_rows[at];
  for (var by = 1u; by < 8u; by++) {
    sum += shared_rows[by * PITCH + at];
  }
  return sum;
}

fn power(m: mat4x4f) -> mat4x4f {
  return mat4x4f(exp2(m[0]), exp2(m[1]), exp2(m[2]), exp2(m[3]));
}


fn by_columns(x: vec4f) -> mat4x4f {
  return mat4x4f(vec4f(x.x), vec4f(x.y), vec4f(x.z), vec4f(x.w));
}

fn by_rows(x: vec4f) -> mat4x4f {
  return mat4x4f(x, x, x, x);
}

@compute @workgroup_size(64)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var place = place_of(group, groups, lane);
  place.row_a = operand(Q, group, groups);
  place.column_a = operand(K, group, groups);
  place.column_b = operand(V, group, groups);
  place.sum_b = place.head;
  var top = vec4f(LOWEST);
  var total = vec4f();
  var all_total = vec4f();
  for (var column = 0u; column < dims.tokens; column += 32u) {
    place.column = column;
    let outside = (1.0 - is_token(place.column + 4u * place.x)) * LOWEST;
    var p = multiply_a(by_columns(outside), place);


    share_rows(max(max(p[0], p[1]), max(p[2], p[3])), place.y, place.x);
    let new_top = max(top, largest_shared(place.y));
    let decay = exp2(top - new_top);
    top = new_top;

    p = power(p - by_rows(top));
    total = total * decay + p[0] + p[1] + p[2] + p[3];
    var factor = vec4f(1.0);
    if (column + 32u >= dims.tokens) {
      share_rows(total, place.y, place.x);
      all_total = sum_shared(place.y);
      factor = 1.0 / all_total;
    }

    show(p, place);
    if (place.x == 0u) {
      decays[place.y] = decay * factor;
      factors[place.y] = factor;
      weights[place.y] = is_token(place.column + 4u * place.y);
    }
    combine_b(place);
  }
  if (place.x < 4u && place.row + 4u * place.y + place.x < dims.tokens) {
    let at = place.first + place.row + 4u * place.y + place.x;
    new_stats[at] = vec2f(top[place.x], 1.0 / all_total[place.x]);
  }
}`;

const t3 = `




fn multiply_b(start: mat4x4f, place: Place) -> mat4x4f {
  var m = start;
  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {
    let first = chunk * STEPS;
    workgroupBarrier();
    for (var step = place.y; step < staged(first); step += 8u) {
      let i = at_channel(place.row_b, first + step) + tokens(place.row + 4u * place.x);
      let j = at_channel(place.column_b, first + step) + tokens(place.column + 4u * place.x);
      row_tile[step * PITCH + place.x] =
        vec4f(elem4(row_b[i.x], row_b[i.y], row_b[i.z], row_b[i.w]));
      column_tile[step * PITCH + place.x] =
        vec4f(elem4(column_b[j.x], column_b[j.y], column_b[j.z], column_b[j.w]));
    }
    workgroupBarrier();
    m = add_outer(m, first, place);
  }
  return m;
}


fn combine_a(place: Place) {
  for (var chunk = 0u; chunk < (dims.channels + STEPS - 1u) / STEPS; chunk++) {
    let first = chunk * STEPS;
    workgroupBarrier();
    for (var step = place.y; step < staged(first); step += 8u) {
      let j = at_channel(place.column_a, first + step) + tokens(place.column + 4u * place.x);
      column_tile[step * PITCH + place.x] = weights[place.x]
        * vec4f(elem4(qkv[j.x], qkv[j.y], qkv[j.z], qkv[j.w]));
    }
    workgroupBarrier();
    let m = sum_columns(place, staged(first));
    for (var i = 0u; i < 4u; i++) {
      if (place.y + 8u * i < staged(first)) {
        add_to_a(place, first + place.y + 8u * i, m[i] * factors[place.x]);
      }
    }
  }
}

fn add_to_a(place: Place, channel: u32, sum: vec4f) {
  let row = place.row + 4u * place.x;
  let first = at_channel(place.sum_a, channel).x + row;
  for (var i = 0u; i < 4u; i++) {
    if (row + i < dims.tokens) {
      let before = select(sums[first + i], 0.0, place.column == 0u);
      sums[first + i] = before + sum[i];
    }
  }
}

fn times(a: mat4x4f, b: mat4x4f) -> mat4x4f {
  return mat4x4f(a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]);
}

@compute @workgroup_size(64)
fn backward_query(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var place = place_of(group, groups, lane);
  place.row_a = operand(Q, group, groups);
  place.column_a = operand(K, group, groups);
  place.row_b = place.head;
  place.column_b = operand(V, group, groups);
  place.sum_a = operand(Q, group, groups);


  var part = vec4f();
  for (var channel = place.y; channel < dims.channels; channel += 8u) {
    let i = at_channel(place.head, channel) + tokens(place.row + 4u * place.x);
    part += vec4f(elem4(row_b[i.x], row_b[i.y], row_b[i.z], row_b[i.w]))
      * vec4f(y[i.x], y[i.y], y[i.z], y[i.w]);
  }
  share_rows(part, place.x, place.y);
  let mean = sum_shared(place.y);
  if (place.x < 4u && place.row + 4u * place.y + place.x < dims.tokens) {
    new_means[place.first + place.row + 4u * place.y + place.x] = mean[place.x];
  }


  let i = vec4u(place.first) + tokens(place.row + 4u * place.y);
  let top = vec4f(stats[i.x].x, stats[i.y].x, stats[i.z].x, stats[i.w].x);
  if (place.x == 0u) {
    let inverse = vec4f(stats[i.x].y, stats[i.y].y, stats[i.z].y, stats[i.w].y);
    factors[place.y] = inverse * dims.scale;
  }

  for (var column = 0u; column < dims.tokens; column += 32u) {
    place.column = column;
    let p = power(multiply_a(by_rows(-top), place));
    let slopes = multiply_b(by_rows(-mean), place);
    show(times(p, slopes), place);
    if (place.x == 0u) {
      weights[place.y] = is_token(place.column + 4u * place.y);
    }
    combine_a(place);
  }
}

@compute @workgroup_size(64)
fn backward_key(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var place = place_of(group, groups, lane);
  place.row_a = operand(K, group, groups);
  place.column_a = operand(Q, group, groups);
  place.row_b = operand(V, group, groups);
  place.column_b = place.head;
  place.sum_a = operand(K, group, groups);
  place.sum_b = operand(V, group, groups);
  for (var column = 0u; column < dims.tokens; column += 32u) {
    place.column = column;
    let j = vec4u(place.first) + tokens(place.column + 4u * place.x);
    let top = vec4f(stats[j.x].x, stats[j.y].x, stats[j.z].x, stats[j.w].x);
    let mean = vec4f(means[j.x], means[j.y], means[j.z], means[j.w]);
    let inverse = vec4f(stats[j.x].y, stats[j.y].y, stats[j.z].y, stats[j.w].y);

    let p = power(multiply_a(by_columns(-top), place));
    let slopes = multiply_b(by_columns(-mean), place);
    show(p, place);
    if (place.y == 0u) {
      weights[place.x] = inverse * is_token(place.column + 4u * place.x);
      decays[place.x] = vec4f(1.0);
      factors[place.x] = vec4f(1.0);
    }
    combine_b(place);

    show(times(p, slopes), place);
    if (place.y == 0u) {
      factors[place.x] = vec4f(dims.scale);
    }
    combine_a(place);
  }
}`;

export const attention_forward: ShaderFamily<Pick<Binds, "forward">> = {
  name: "attention",
  hash: "c758c321",
  text: [t0, "\n\n\n", t2],
};

export const attention: ShaderFamily<Binds> = {
  name: "attention",
  hash: "c758c321",
  text: [t0, t1, t2, t3],
};
