// Generated from shaders/gradient_sums.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  accumulate: { adding: "count" | "scale"; state: true; x: true; sum: true };
  next_batch: { batches: "images" | "total"; progress: true };
  locate: { locating: "vectors" | "trips" | "ring"; state: true; applied: true; gradient_bits: true; found: true };
};

export const gradient_sums: ShaderFamily<Binds> = {
  name: "gradient_sums",
  hash: "57b9f718",
  text: [`
















const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Adding {
  count: u32,
  scale: f32,
}

struct Batches {
  images: u32,
  total: u32,
}

struct Locating {
  vectors: u32,
  trips: u32,
  ring: u32,
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
    atomicStore(&found[(slot + 1u) % locating.ring], 0u);
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
}`],
};
