// steer.wgsl — a loss L of x̂_0 steers sampling: its gradient by x, back through the network.
//
//   x0        x̂_0 = x0_from_x · x + x0_from_output · o, clipped; o = u + w · (c − u), as in reverse_step.wgsl
//   chain     g = ∂L/∂x̂_0, 0 where x̂_0 is clipped:  direct = x0_from_x · g;  the output's gradient
//             doutput = x0_from_output · w · g of c, x0_from_output · (1 − w) · g of u, 0 of a variance
//   descend   x ← x − strength · (direct + dsample), dsample = doutput taken back through the network
//   gradient  ∂L/∂x̂_0[n, c, i, j]: users put their own in its place. Here L = ½ Σ (x̂_0 − goal)²
//   source    Chung et al. 2022 (DPS, arXiv:2209.14687) Algorithm 1, line 7, for any L
//
//   shapes    sample, dsample, xt [N, C, H, W], with guidance [2N, …], both halves of xt written · goal, direct
//             [N, C, H, W] · output, doutput [N, C or 2C, H, W], with guidance [2N, …] · rows, state as there
//   dispatch  one lane an element of [N, C, H, W], in workgroups of WG, folded into two dimensions
//   numerics  a few roundings an element, and what gradient does
//   launcher  src/kernels/steer.ts · oracle tests/reference/steer.ts

const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32, // where this batch begins among all images that are drawn
}

struct Row {
  x0_from_x: f32,
  x0_from_output: f32,
  eps_from_x: f32,
  eps_from_output: f32,
  clip: f32, // a huge number where nothing is clipped
  rederive_eps: f32, // 1: ε̂ from the clipped x̂_0
  eps_of_x: f32,
  eps_of_x0: f32,
  a: f32,
  b: f32,
  c: f32,
  d: f32,
  sigma: f32,
  learned: f32, // 1: a learned variance
  log_variance_min: f32,
  log_variance_max: f32,
  guidance: f32, // w; 1: c alone
  known_signal: f32, // √ᾱ and √(1 − ᾱ) of x'
  known_spread: f32,
  again_signal: f32, // to the level that x is noised to again; spread 0: not at all
  again_spread: f32,
}

struct Dims {
  images: u32, // N
  channels: u32, // C
  height: u32, // H
  width: u32, // W
  stride: u32, // elements of one image of the output
  copies: u32, // elements of the sample from c's half to u's; 0 without guidance
  unconditional: u32, // elements of output from c's half to u's; 0 without guidance
  strength: f32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> rows: array<Row>;
@group(0) @binding(3) var<storage, read> sample: array<f32>;
@group(0) @binding(4) var<storage, read> output: array<f32>;
@group(0) @binding(5) var<storage, read> goal: array<f32>;
@group(0) @binding(6) var<storage, read_write> direct: array<f32>;
@group(0) @binding(7) var<storage, read_write> doutput: array<f32>;

/// Element [n, c, i, j] of what the loss compares with.
fn goal_at(n: u32, c: u32, i: u32, j: u32) -> f32 {
  return goal[((n * dims.channels + c) * dims.height + i) * dims.width + j];
}

/// x̂_0 of element i of image n, before it is clipped.
fn unclipped(n: u32, i: u32) -> f32 {
  let row = rows[state.step];
  let at = n * dims.stride + i;
  var o = output[at];
  if (dims.unconditional != 0u && row.guidance != 1.0) {
    let u = output[at + dims.unconditional];
    o = u + row.guidance * (o - u);
  }
  let size = dims.channels * dims.height * dims.width;
  return row.x0_from_x * sample[n * size + i] + row.x0_from_output * o;
}

/// x̂_0[n, c, i, j].
fn x0(n: u32, c: u32, i: u32, j: u32) -> f32 {
  let limit = rows[state.step].clip;
  return clamp(unclipped(n, (c * dims.height + i) * dims.width + j), -limit, limit);
}

/// ∂L/∂x̂_0[n, c, i, j]
fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 {
  return x0(n, c, i, j) - goal_at(n, c, i, j);
}

@compute @workgroup_size(WG)
fn chain(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * WG + lane;
  let size = dims.channels * dims.height * dims.width;
  if (at >= dims.images * size) {
    return;
  }
  let row = rows[state.step];
  let n = at / size;
  let element = at % size;
  let pixel = element % (dims.height * dims.width);
  let c = element / (dims.height * dims.width);

  // g, given on to x and to the output
  var g = 0.0;
  if (abs(unclipped(n, element)) <= row.clip) {
    g = gradient(n, c, pixel / dims.width, pixel % dims.width);
  }
  direct[at] = row.x0_from_x * g;
  let first = n * dims.stride + element;
  let by_output = row.x0_from_output * g;
  if (dims.unconditional == 0u) {
    doutput[first] = by_output;
  } else {
    doutput[first] = row.guidance * by_output;
    doutput[first + dims.unconditional] = (1.0 - row.guidance) * by_output;
  }

  // a variance does not move x̂_0
  if (dims.stride > size) {
    doutput[first + size] = 0.0;
    if (dims.unconditional != 0u) {
      doutput[first + size + dims.unconditional] = 0.0;
    }
  }
}

@group(0) @binding(8) var<storage, read> dsample: array<f32>;
@group(0) @binding(9) var<storage, read> direct_part: array<f32>;
@group(0) @binding(10) var<storage, read_write> xt: array<f32>;

@compute @workgroup_size(WG)
fn descend(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.y * groups.x + group.x) * WG + lane;
  if (at >= dims.images * dims.channels * dims.height * dims.width) {
    return;
  }
  var dx = direct_part[at] + dsample[at];
  if (dims.copies != 0u) {
    dx += dsample[at + dims.copies];
  }
  let next = xt[at] - dims.strength * dx;
  xt[at] = next;
  if (dims.copies != 0u) {
    xt[at + dims.copies] = next;
  }
}
