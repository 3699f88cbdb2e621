// conv2d_weight_pointwise_tile.wgsl — the gradient of a 1×1 convolution by its weights, in parts, for GPUs.
//
//   tile      w_s[o,c] = Σ_{n,p of part s} dy[n,o,p] · z[n,c,p], p over the pixels of an image,
//             and then dweight = Σ_s w_s: a product of matrices
//             z = x, or with NORMED f((x − mean) · factor + offset), lines[n,c] = (mean, factor, offset)
//   source    the transpose of torch.nn.functional.conv2d in its weights
//
//   A workgroup makes 64 × 64 weights. Turn by turn it stages 16 pixels in 64 channels of dy and 64 of
//   z; from there a lane makes 8 × 4 weights.
//
//   shapes    dy [N, O, pixels] · x [N, C, pixels] row-major, pixels a multiple of 4 · lines [N, C, 3] ·
//             partials [parts, O, C] f32; x may be joined: channel c of image n is plane c + n·split, from c = split on
//             c + n·(C − split) + (N − 1)·split
//   dispatch  (⌈C/64⌉, ⌈O/64⌉, parts) workgroups of 128 lanes
//   numerics  f32; pixel by pixel in fixed order, then part by part
//   launcher  src/kernels/conv2d_weight_tile_record.ts · oracle tests/reference/conv2d.ts

alias elem = f32; // or f16: how maps are stored; sums are f32

const NORMED: u32 = 0u; // 1: yes, f(h) = h; 2: yes, f = silu
const WG: u32 = 128u;
const SIDE: u32 = 64u; // channels of dy, and of x, a workgroup
const QUADS: u32 = 4u; // fours of pixels a turn
const PITCH: u32 = QUADS + 1u; // odd: channels lie in other banks

struct Dims {
  images: u32, // N
  in_channels: u32, // C
  split: u32, // channels of x's first part, a multiple of 8; else C
  out_channels: u32, // O
  quads: u32, // fours of pixels of an image
  all_quads: u32, // of all N
  turns: u32, // ⌈all_quads / QUADS⌉
  turns_a_part: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> dy: array<elem>;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read> lines: array<Line>;

// h = (x − mean) · factor + offset, as groupnorm.wgsl has it.
struct Line {
  mean: f32,
  factor: f32,
  offset: f32,
}

var<workgroup> outputs: array<vec4f, SIDE * PITCH>; // of dy
var<workgroup> inputs: array<vec4f, SIDE * PITCH>; // of z

fn stage(turn: u32, group: vec3u, lane: u32) {
  for (var i = 0u; i < SIDE * QUADS / WG; i++) {
    let at = i * WG + lane;
    let channel = at / QUADS;
    let quad = turn * QUADS + at % QUADS;
    outputs[channel * PITCH + at % QUADS] = outputs_at(group.y * SIDE + channel, quad);
    inputs[channel * PITCH + at % QUADS] = inputs_at(group.x * SIDE + channel, quad);
  }
}

fn outputs_at(o: u32, quad: u32) -> vec4f {
  if (o >= dims.out_channels || quad >= dims.all_quads) {
    return vec4f();
  }
  let at = ((quad / dims.quads * dims.out_channels + o) * dims.quads + quad % dims.quads) * 4u;
  return vec4f(f32(dy[at]), f32(dy[at + 1u]), f32(dy[at + 2u]), f32(dy[at + 3u]));
}

fn inputs_at(c: u32, quad: u32) -> vec4f {
  if (c >= dims.in_channels || quad >= dims.all_quads) {
    return vec4f();
  }
  let image = quad / dims.quads;
  let plane = planes_before(image, c, dims.in_channels, dims.split) + c;
  let at = (plane * dims.quads + quad % dims.quads) * 4u;
  return finished(image, c, vec4f(f32(x[at]), f32(x[at + 1u]), f32(x[at + 2u]), f32(x[at + 3u])));
}

fn finished(image: u32, channel: u32, pixels: vec4f) -> vec4f {
  var z = pixels;
  if (NORMED != 0u) {
    let line = lines[image * dims.in_channels + channel];
    z = (z - line.mean) * line.factor + line.offset;
  }
  if (NORMED == 2u) {
    z /= 1.0 + exp(min(-z, vec4f(87.0)));
  }
  return z;
}

// Added to channel c it gives its plane.
fn planes_before(n: u32, c: u32, channels: u32, split: u32) -> u32 {
  return select(n * (channels - split) + (dims.images - 1u) * split, n * split, c < split);
}

alias Sums = array<vec4f, 8>; // of eight channels of dy: four of x

fn multiply(w: Sums, output: u32, input: u32) -> Sums {
  let c = transpose(mat4x4f(inputs[input], inputs[input + 16u * PITCH],
    inputs[input + 32u * PITCH], inputs[input + 48u * PITCH]));
  return Sums(
    row(w[0], outputs[output], c), row(w[1], outputs[output + PITCH], c),
    row(w[2], outputs[output + 2u * PITCH], c), row(w[3], outputs[output + 3u * PITCH], c),
    row(w[4], outputs[output + 4u * PITCH], c), row(w[5], outputs[output + 5u * PITCH], c),
    row(w[6], outputs[output + 6u * PITCH], c), row(w[7], outputs[output + 7u * PITCH], c));
}

fn row(sum: vec4f, d: vec4f, c: mat4x4f) -> vec4f {
  return fma(vec4f(d.w), c[3], fma(vec4f(d.z), c[2], fma(vec4f(d.y), c[1], fma(vec4f(d.x), c[0], sum))));
}

fn put(part: u32, o: u32, c: u32, w: vec4f) {
  if (o >= dims.out_channels) {
    return;
  }
  let start = (part * dims.out_channels + o) * dims.in_channels;
  put_one(start, c, w.x);
  put_one(start, c + 16u, w.y);
  put_one(start, c + 32u, w.z);
  put_one(start, c + 48u, w.w);
}

fn put_one(start: u32, c: u32, w: f32) {
  if (c < dims.in_channels) {
    partials[start + c] = w;
  }
}

@compute @workgroup_size(WG)
fn tile(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first_turn = group.z * dims.turns_a_part;
  let own = lane % 16u; // and 16, 32, 48 more
  let output = lane / 16u * 8u;
  var w = Sums();
  for (var turn = first_turn; turn < min(first_turn + dims.turns_a_part, dims.turns); turn++) {
    stage(turn, group, lane);
    workgroupBarrier();
    for (var i = 0u; i < QUADS; i++) {
      w = multiply(w, output * PITCH + i, own * PITCH + i);
    }
    workgroupBarrier();
  }
  let o = group.y * SIDE + output;
  let c = group.x * SIDE + own;
  put(group.z, o, c, w[0]);
  put(group.z, o + 1u, c, w[1]);
  put(group.z, o + 2u, c, w[2]);
  put(group.z, o + 3u, c, w[3]);
  put(group.z, o + 4u, c, w[4]);
  put(group.z, o + 5u, c, w[5]);
  put(group.z, o + 6u, c, w[6]);
  put(group.z, o + 7u, c, w[7]);
}
