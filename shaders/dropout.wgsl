// dropout.wgsl — dropout of [N, ...] tensors with a mask that is drawn again whenever it is needed.
//
//   forward   y = x / (1 − p) with probability 1 − p, else 0
//   backward  the same kernel: dx = dy / (1 − p) where y was kept, else 0
//   source    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from
//             overfitting", JMLR 15; scaled in training, as in PyTorch
//
//   shapes    x, y [N, ...] f32, `size` elements an image · state of the step
//   dispatch  one lane four elements: (⌈(size + 3) / 4 / WG⌉, N) workgroups
//   numerics  element i of image n is number (first_image + n) · size + i of its stream at the step,
//             so that a mask depends neither on batches nor on dispatch; kept where word ≥ ⌊p · 2³²⌋
//   launcher  src/kernels/dropout.ts · oracle tests/reference/dropout.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32, // steps left out for a gradient that is not finite
  first_image: u32, // where this batch begins among the images of the step
}

struct Mask {
  size: u32, // elements of an image
  stream: u32,
  least: u32, // the least word of a kept element, ⌊p · 2³²⌋
  scale: f32, // 1 / (1 − p)
}

@group(0) @binding(0) var<uniform> mask: Mask;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

/// The high 32 bits of a · b, from four 16-bit products; no sum of them overflows.
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
  // image m begins at m · size = 4 · counter + rest % 4
  let m = state.first_image + id.y;
  let rest = m * (mask.size % 4u);
  let counter = m * (mask.size / 4u) + rest / 4u + id.x;
  let first = 4u * id.x - rest % 4u; // wraps below 0 where the counter begins in the image before
  let four = philox(vec4u(counter, mask.stream, state.step, 0u));
  for (var k = 0u; k < 4u; k++) {
    let i = first + k;
    if (i < mask.size) {
      let at = id.y * mask.size + i;
      y[at] = elem(select(0.0, mask.scale * f32(x[at]), four[k] >= mask.least));
    }
  }
}
