// batch_images.wgsl — the images of a batch, each changed by chance: mirrored, and shifted.
//
//   gather    y[c, i, j] = x[c, reflect(i + down), reflect(j' + across)]
//             j' = W − 1 − j with probability ½ where images are mirrored, else j
//             down, across uniform in −p … p;  reflect(−1) = 1, reflect(H) = H − 2
//   draws     words of Philox4x32-10, counter [image, stream, step, 0]: the image's number among those
//             of the step. Mirrored if the first's highest bit is set; ⌊word · (2p + 1) / 2³²⌋ − p
//   source    torchvision's RandomCrop with padding_mode "reflect", then RandomHorizontalFlip
//
//   shapes    images u32, four bytes a word, C · H · W bytes an image: a part of the data, or all
//             order u32 [ring, N] · batch u32, as images: those of the batch, in its order
//   dispatch  one lane a word of the batch; once for each part of the data, in their order
//   numerics  bytes are copied
//   launcher  src/kernels/batch_images.ts · oracle tests/reference/batch_images.ts

const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32, // steps left out for a gradient that is not finite
  first_image: u32, // where this batch begins among the images of the step
}

struct Gathering {
  count: u32, // N
  ring: u32, // rows of order
  stream: u32,
  first: u32, // of the images in this part, among all; 0 begins a batch
  stored: u32, // images in this part
  size: u32, // C · H · W
  height: u32,
  width: u32,
  padding: u32, // p
  mirrors: u32, // 1: images are mirrored by chance
}

@group(0) @binding(0) var<uniform> gathering: Gathering;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> images: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> batch: array<u32>;

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

/// What chance does to an image.
struct Change {
  is_mirrored: bool,
  down: i32,
  across: i32,
}

fn change_of(n: u32) -> Change {
  let four = philox(vec4u(state.first_image + n, gathering.stream, state.step, 0u));
  let places = 2u * gathering.padding + 1u;
  let padding = i32(gathering.padding);
  return Change(
    gathering.mirrors == 1u && (four.x >> 31u) == 1u,
    i32(mul_high(four.y, places)) - padding,
    i32(mul_high(four.z, places)) - padding,
  );
}

/// i, or as far inside 0 … count − 1 as it is outside, which is count − 1 at most.
fn reflected(i: i32, count: u32) -> u32 {
  let last = i32(count) - 1;
  return u32(last - abs(last - abs(i)));
}

/// Where byte i of a changed image lies in the image itself.
fn source_of(i: u32, change: Change) -> u32 {
  let x = i % gathering.width;
  let row = i / gathering.width; // of all channels
  let y = row % gathering.height;
  let turned = select(x, gathering.width - 1u - x, change.is_mirrored);
  let from_x = reflected(i32(turned) + change.across, gathering.width);
  let from_y = reflected(i32(y) + change.down, gathering.height);
  return (row - y + from_y) * gathering.width + from_x;
}

@compute @workgroup_size(WG)
fn gather(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let word = (group.y * groups.x + group.x) * WG + lane;
  if (word >= (gathering.count * gathering.size + 3u) / 4u) {
    return;
  }

  // what the parts before have left there
  var bytes = 0u;
  if (gathering.first > 0u) {
    bytes = batch[word];
  }

  var n = 4u * word / gathering.size;
  var change = change_of(n);
  for (var k = 0u; k < 4u; k++) {
    let at = 4u * word + k;
    if (at / gathering.size != n) {
      n = at / gathering.size;
      change = change_of(n);
    }
    if (n < gathering.count) {
      // images before this part wrap around, so that they are beyond it
      let place = order[(state.step % gathering.ring) * gathering.count + n] - gathering.first;
      if (place < gathering.stored) {
        let origin = place * gathering.size + source_of(at % gathering.size, change);
        let byte = (images[origin / 4u] >> (8u * (origin % 4u))) & 255u;
        bytes = (bytes & ~(255u << (8u * k))) | (byte << (8u * k));
      }
    }
  }
  batch[word] = bytes;
}
