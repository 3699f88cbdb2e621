// Generated from shaders/derivation.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  walk: { dims: "count"; state: true; steps: true; previous: true; z: true; next: true };
  sums: { image: "size" | "stride"; state: true; steps: true; x0: true; previous: true; xt: true; output: true; results: true };
};

export const derivation: ShaderFamily<Binds> = {
  name: "derivation",
  hash: "f51af49b",
  text: [`



















const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Step {
  signal: f32,
  spread: f32,
  step_rest: f32,
  jump_rest: f32,
  coef_x0: f32,
  coef_rest: f32,
  from_x: f32,
  from_output: f32,
  clip: f32,
}

struct Walk {
  count: u32,
}

struct Image {
  size: u32,
  stride: u32,
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
  first: vec4f,
  second: vec4f,
}


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
const LANES: u32 = 256u;

var<workgroup> partials: array<vec4f, LANES>;
var<workgroup> row_sums: array<vec4f, ROWS>;



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
}`],
};
