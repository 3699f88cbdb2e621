// activation.wgsl — activations, element by element, and their gradients.
//
//   forward   y = f(x)          none  x
//                               silu  x σ(x), σ(x) = 1 / (1 + exp(−x))
//                               mish  x tanh(log(1 + exp x))
//                               gelu  x Φ(x), Φ the normal distribution function, not its tanh approximation
//                               relu  max(x, 0)
//   backward  dx = f'(x) · dy   relu's is 0 at 0
//   source    Ramachandran et al. 2017, arXiv:1710.05941; Misra 2019, arXiv:1908.08681; Hendrycks & Gimpel 2016, arXiv:1606.08415
//
//   shapes    x, y, dx, dy [count] f32, any shape in row-major order
//   dispatch  one lane an element, in workgroups of WG, folded into two dimensions
//   numerics  exp may be off by 3 + 2|x| ulp, which f and f' shrink to below 4 of their terms; what is below 2^-96 may be 0
//   launcher  src/kernels/activation.ts · oracle tests/reference/activation.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
const WG: u32 = 64u;
const ACTIVATION: u32 = 1u; // 0 none, 1 silu, 2 mish, 3 gelu, 4 relu

struct Dims {
  count: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<elem>;
@group(0) @binding(2) var<storage, read_write> y: array<elem>;

@group(0) @binding(3) var<storage, read> dy: array<elem>;
@group(0) @binding(4) var<storage, read_write> dx: array<elem>;

fn activation(h: f32) -> f32 {
  if (ACTIVATION == 1u) {
    let v = select(h, -87.0, h < -87.0); // exp(87) is finite; SwiftShader's `max` is thirty instructions long
    return v / (1.0 + exp(-v));
  }
  if (ACTIVATION == 2u) { // tanh(log(1 + w)) = q / (q + 2), w = exp h, q = w (w + 2)
    let w = exp(min(h, 20.0));
    let q = w * (w + 2.0);
    return h * (q / (q + 2.0));
  }
  if (ACTIVATION == 3u) {
    return h * normal_below(h, normal_tail(h));
  }
  if (ACTIVATION == 4u) {
    return max(h, 0.0);
  }
  return h;
}

// exp(−h²/2), nothing beyond 14.
fn normal_tail(h: f32) -> f32 {
  let v = clamp(h, -14.0, 14.0);
  return exp(-0.5 * v * v);
}

// Φ(h): for h ≤ 0 exp(−h²/2) times a polynomial in 1 / (1 + 0.34 |h|), a minimax fit to 3.2e-8.
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

@compute @workgroup_size(WG)
fn forward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  y[i] = elem(activation(f32(x[i])));
}

fn derivative(h: f32) -> f32 {
  if (ACTIVATION == 1u) { // σ (1 + h (1 − σ))
    let v = select(h, -87.0, h < -87.0); // as above
    let e = exp(-v);
    let s = 1.0 / (1.0 + e);
    return s * (1.0 + v * (e * s));
  }
  if (ACTIVATION == 2u) { // tanh s + h σ(h) / cosh² s,  σ = w / (1 + w), 1 / cosh² s = 4 (w + 1)² / (q + 2)²
    let v = min(h, 20.0);
    let w = exp(v);
    let q = w * (w + 2.0);
    let d = 1.0 / (q + 2.0);
    return q * d + 4.0 * v * (w * d) * ((w + 1.0) * d);
  }
  if (ACTIVATION == 3u) { // Φ(h) + h φ(h),  φ = exp(−h²/2) / √(2π)
    let tail = normal_tail(h);
    return normal_below(h, tail) + 0.3989422804 * clamp(h, -14.0, 14.0) * tail;
  }
  return select(1.0, 0.0, ACTIVATION == 4u && h <= 0.0); // relu, or none
}

@compute @workgroup_size(WG)
fn backward(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * WG + lane;
  if (i >= dims.count) {
    return;
  }
  dx[i] = elem(derivative(f32(x[i])) * f32(dy[i]));
}
