// Generated from shaders/batch_images.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  gather: { gathering: "count" | "ring" | "stream" | "first" | "stored" | "size" | "height" | "width" | "padding" | "mirrors"; state: true; images: true; order: true; batch: true };
};

export const batch_images: ShaderFamily<Binds> = {
  name: "batch_images",
  hash: "3e1aa9b3",
  text: [`














const WG: u32 = 64u;

struct StepState {
  step: u32,
  seed_low: u32,
  seed_high: u32,
  skipped: u32,
  first_image: u32,
}

struct Gathering {
  count: u32,
  ring: u32,
  stream: u32,
  first: u32,
  stored: u32,
  size: u32,
  height: u32,
  width: u32,
  padding: u32,
  mirrors: u32,
}

@group(0) @binding(0) var<uniform> gathering: Gathering;
@group(0) @binding(1) var<storage, read> state: StepState;
@group(0) @binding(2) var<storage, read> images: array<u32>;
@group(0) @binding(3) var<storage, read> order: array<u32>;
@group(0) @binding(4) var<storage, read_write> batch: array<u32>;


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


fn reflected(i: i32, count: u32) -> u32 {
  let last = i32(count) - 1;
  return u32(last - abs(last - abs(i)));
}


fn source_of(i: u32, change: Change) -> u32 {
  let x = i % gathering.width;
  let row = i / gathering.width;
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

      let place = order[(state.step % gathering.ring) * gathering.count + n] - gathering.first;
      if (place < gathering.stored) {
        let origin = place * gathering.size + source_of(at % gathering.size, change);
        let byte = (images[origin / 4u] >> (8u * (origin % 4u))) & 255u;
        bytes = (bytes & ~(255u << (8u * k))) | (byte << (8u * k));
      }
    }
  }
  batch[word] = bytes;
}`],
};
