// gradient_sums.wgsl — sums over the batches of one step, and where a gradient is not finite.
//
//   accumulate  sum ← scale · x at a step's first batch, sum + scale · x at the others
//   next_batch  first_image ← (first_image + images) mod total: the next batch of the step
//   locate      found of the step ← 1 + the index of the last number that is not finite, where the
//               optimiser left the step out (applied = 0); else 0. The flat buffer has the network's
//               order, and backward goes through it from the end: the last is the first that went bad
//   source    a mean over A · B images is the mean of A means over B
//
//   shapes    sum, x [count] f32 · gradient [count] f32, a multiple of 4, as bits · applied [1]
//             found u32 [ring], slot step % ring · state u32 [8]
//   dispatch  accumulate: one lane a number, in workgroups folded into two dimensions. next_batch: one
//             lane. locate: P lanes in workgroups of WG, each lane every P-th vec4
//   numerics  two roundings a batch; not finite is told by the exponent's bits, as WGSL may assume
//             that no number is infinite; a maximum of integers does not depend on the order
//   launcher  src/kernels/gradient_sums.ts · oracle tests/reference/gradient_sums.ts

const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32, // steps left out for a gradient that is not finite
  first_image: u32, // where this batch begins among the images of the step
}

struct Adding {
  count: u32,
  scale: f32,
}

struct Batches {
  images: u32, // of a batch
  total: u32, // of a step
}

struct Locating {
  vectors: u32, // count / 4
  trips: u32, // vec4 a lane
  ring: u32, // slots of found
}

@group(0) @binding(0) var<uniform> adding: Adding;
@group(0) @binding(1) var<uniform> batches: Batches;
@group(0) @binding(2) var<uniform> locating: Locating;
@group(0) @binding(3) var<storage, read> state: StepState;
@group(0) @binding(4) var<storage, read> x: array<f32>;
@group(0) @binding(5) var<storage, read_write> sum: array<f32>;
@group(0) @binding(6) var<storage, read_write> progress: StepState;
@group(0) @binding(7) var<storage, read> applied: array<f32>;
@group(0) @binding(8) var<storage, read> gradient_bits: array<vec4u>;
@group(0) @binding(9) var<storage, read_write> found: array<atomic<u32>>;

@compute @workgroup_size(WG)
fn accumulate(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= adding.count) {
    return;
  }
  var before = 0.0;
  if (state.first_image > 0u) {
    before = sum[i];
  }
  sum[i] = before + adding.scale * x[i];
}

@compute @workgroup_size(1)
fn next_batch() {
  progress.first_image = (progress.first_image + batches.images) % batches.total;
}

@compute @workgroup_size(WG)
fn locate(
  @builtin(global_invocation_id) id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
) {
  let slot = state.step % locating.ring;
  if (id.x == 0u) {
    atomicStore(&found[(slot + 1u) % locating.ring], 0u); // the next step finds it empty
  }
  if (applied[0] != 0.0) {
    return;
  }
  var last = 0u;
  for (var trip = 0u; trip < locating.trips; trip++) {
    let i = trip * groups.x * WG + id.x;
    if (i < locating.vectors) {
      let bad = (gradient_bits[i] & vec4u(0x7f800000u)) == vec4u(0x7f800000u);
      let at = select(vec4u(0u), vec4u(1u, 2u, 3u, 4u), bad);
      let most = max(max(at.x, at.y), max(at.z, at.w));
      if (most > 0u) {
        last = 4u * i + most;
      }
    }
  }
  if (last > 0u) {
    atomicMax(&found[slot], last);
  }
}
