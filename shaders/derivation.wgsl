// derivation.wgsl — one step of a trajectory x_0 … x_T, and the sums of squares of its densities.
//
//   walk  x_t = √α_t · x_{t−1} + √β_t · z
//   sums  x̂_0 = from_x · x_t + from_output · o, clipped       o: what the denoiser gives for x_t
//         0  Σ (x_t − √α_t x_{t−1})²                 of q(x_t | x_{t−1})
//         1  Σ (x_{t−1} − c_0 x_0 − c_t x_t)²        of q(x_{t−1} | x_t, x_0)
//         2  Σ (x_t − √ᾱ_t x_0)²                     of q(x_t | x_0)
//         3  Σ (x_{t−1} − c_0 x̂_0 − c_t x_t)²        of p_θ(x_{t−1} | x_t)
//         4  Σ (c_0 (x_0 − x̂_0))²                    of KL(q(x_{t−1} | x_t, x_0) ‖ p_θ)
//         5  Σ x_t²     6  Σ x_0²                    of p(x_T) and L_T
//   source    Ho et al. 2020 (DDPM, arXiv:2006.11239) eq. 2, 4, 6, 7, 17–22
//
//   shapes    x0, previous, xt, z [N, C, H, W] · output [N, C or 2C, H, W] f32 · steps [T] of Step
//             state u32 [8]; its step s = 0 … T−1 is the paper's t = s + 1 · results [T, N, 7]
//   dispatch  walk: one lane an element, folded. sums: one workgroup an image
//   numerics  a near difference is formed first, and exact: x_t − √α x_{t−1} is
//             (x_t − x_{t−1}) + (1 − √α) x_{t−1}, with 1 − √α from float64; sums of an image in a
//             fixed order. Variances and logarithms are the host's, in float64
//   launcher  src/kernels/derivation.ts · oracle tests/reference/derivation.ts

const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Step {
  signal: f32, // √α_t
  spread: f32, // √β_t
  step_rest: f32, // 1 − √α_t
  jump_rest: f32, // 1 − √ᾱ_t
  coef_x0: f32, // c_0
  coef_rest: f32, // 1 − c_0 − c_t
  from_x: f32,
  from_output: f32,
  clip: f32, // a huge number where nothing is clipped
}

struct Walk {
  count: u32, // N · C · H · W
}

struct Image {
  size: u32, // C · H · W
  stride: u32, // elements of one image of the output: size, or 2 · size
}

@group(0) @binding(0) var<uniform> dims: Walk;
@group(0) @binding(1) var<uniform> image: Image;
@group(0) @binding(2) var<storage, read> state: StepState;
@group(0) @binding(3) var<storage, read> steps: array<Step>;
@group(0) @binding(4) var<storage, read> x0: array<f32>;
@group(0) @binding(5) var<storage, read> previous: array<f32>;
@group(0) @binding(6) var<storage, read> z: array<f32>;
@group(0) @binding(7) var<storage, read> xt: array<f32>;
@group(0) @binding(8) var<storage, read> output: array<f32>;
@group(0) @binding(9) var<storage, read_write> next: array<f32>;
@group(0) @binding(10) var<storage, read_write> results: array<f32>;

@compute @workgroup_size(WG)
fn walk(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i < dims.count) {
    let step = steps[state.step];
    next[i] = step.signal * previous[i] + step.spread * z[i];
  }
}

struct Sums {
  first: vec4f, // sums 0 … 3
  second: vec4f, // sums 4 … 6
}

/// The squares of element i of image n.
fn squares(n: u32, i: u32, step: Step) -> Sums {
  let at = n * image.size + i;
  let clean = x0[at];
  let before = previous[at];
  let x = xt[at];
  let predicted = step.from_x * x + step.from_output * output[n * image.stride + i];
  let x0_hat = clamp(predicted, -step.clip, step.clip);

  let moved = before - x;
  let rest = step.coef_rest * x;
  let differences = vec4f(
    step.step_rest * before - moved,
    moved + (step.coef_x0 * (x - clean) + rest),
    (x - clean) + step.jump_rest * clean,
    moved + (step.coef_x0 * (x - x0_hat) + rest),
  );
  let others = vec4f(step.coef_x0 * (clean - x0_hat), x, clean, 0.0);
  return Sums(differences * differences, others * others);
}

const ROWS: u32 = 16u;
const LANES: u32 = 256u; // ROWS²: the lanes that share an image

var<workgroup> partials: array<vec4f, LANES>;
var<workgroup> row_sums: array<vec4f, ROWS>;

/// Σ of the lanes' values, in a fixed order; only lane 0 gets it.
/// contract  call in uniform control flow: it holds barriers
fn workgroup_sum(value: vec4f, lane: u32) -> vec4f {
  partials[lane] = value;
  workgroupBarrier();
  var sum = vec4f(0.0);
  if (lane < ROWS) {
    for (var k = 0u; k < ROWS; k++) {
      sum += partials[lane * ROWS + k];
    }
    row_sums[lane] = sum;
  }
  workgroupBarrier();
  sum = vec4f(0.0);
  if (lane == 0u) {
    for (var k = 0u; k < ROWS; k++) {
      sum += row_sums[k];
    }
  }
  return sum;
}

@compute @workgroup_size(LANES)
fn sums(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let n = group.x;
  let step = steps[state.step];
  let trips = (image.size + LANES - 1u) / LANES;
  var first = vec4f(0.0);
  var second = vec4f(0.0);
  for (var trip = 0u; trip < trips; trip++) {
    let i = trip * LANES + lane;
    if (i < image.size) {
      let part = squares(n, i, step);
      first += part.first;
      second += part.second;
    }
  }
  first = workgroup_sum(first, lane);
  second = workgroup_sum(second, lane);
  if (lane == 0u) {
    let at = 7u * (state.step * groups.x + n);
    for (var k = 0u; k < 4u; k++) {
      results[at + k] = first[k];
    }
    for (var k = 0u; k < 3u; k++) {
      results[at + 4u + k] = second[k];
    }
  }
}
