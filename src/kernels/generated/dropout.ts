// Generated from shaders/dropout.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  apply: { mask: "size" | "stream" | "least" | "scale"; state: true; x: true; y: true };
};

export const dropout: ShaderFamily<Binds> = {
  name: "dropout",
  hash: "86379da7",
  text: [`












alias elem = f32;
const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Mask {
  size: u32,
  stream: u32,
  least: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> mask: Mask;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;


fn mul_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let cross = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let middle = (a & 0xffffu) * (b >> 16u) + (cross & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (cross >> 16u) + (middle >> 16u);
}

fn philox(counter: vec4u) -> vec4u {
  var c = counter;
  var key = vec2u(state.seed_low, state.seed_high);
  for (var round = 0u; round < 10u; round++) {
    let high = vec2u(mul_high(0xcd9e8d57u, c.z), mul_high(0xd2511f53u, c.x));
    c = vec4u(high.x ^ c.y ^ key.x, 0xcd9e8d57u * c.z, high.y ^ c.w ^ key.y, 0xd2511f53u * c.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

@compute @workgroup_size(WG)
fn apply(@builtin(global_invocation_id) id: vec3u) {

  let m = state.first_image + id.y;
  let rest = m * (mask.size % 4u);
  let counter = m * (mask.size / 4u) + rest / 4u + id.x;
  let first = 4u * id.x - rest % 4u;
  let four = philox(vec4u(counter, mask.stream, state.step, 0u));
  for (var k = 0u; k < 4u; k++) {
    let i = first + k;
    if (i < mask.size) {
      let at = id.y * mask.size + i;
      y[at] = elem(select(0.0, mask.scale * f32(x[at]), four[k] >= mask.least));
    }
  }
}`],
};
