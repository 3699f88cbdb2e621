// Generated from shaders/histogram.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  chunk: { dims: "count" | "groups"; x: true; partial: true };
  total: { dims: "count" | "groups"; parts: true; counts: true };
};

export const histogram: ShaderFamily<Binds> = {
  name: "histogram",
  hash: "c14e182d",
  text: [`














const WG: u32 = 64u;
const TURNS: u32 = 64u;
const HALF: bool = false;

const FIELDS: u32 = 54u;
const LARGEST: u32 = 52u;
const FIRST: u32 = 53u;
const NONE: u32 = 0xffffffffu;

struct Dims {
  count: u32,
  groups: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> partial: array<u32>;

@group(0) @binding(3) var<storage, read> parts: array<u32>;
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;

var<workgroup> of_lanes: array<u32, 3456>;


fn widened(half: u32) -> u32 {
  let sign = (half & 0x8000u) << 16u;
  let exponent = (half >> 10u) & 31u;
  let mantissa = half & 1023u;
  if (exponent == 31u) {
    return sign | 0x7f800000u | (mantissa << 13u);
  }
  if (exponent > 0u) {
    return sign | ((exponent + 112u) << 23u) | (mantissa << 13u);
  }
  if (mantissa == 0u) {
    return sign;
  }
  let top = firstLeadingBit(mantissa);
  return sign | ((top + 103u) << 23u) | ((mantissa << (23u - top)) & 0x7fffffu);
}

fn bits_of(i: u32) -> u32 {
  if (HALF) {
    return widened((x[i / 2u] >> (16u * (i % 2u))) & 0xffffu);
  }
  return x[i];
}

fn bin_of(bits: u32) -> u32 {
  let exponent = (bits >> 23u) & 255u;
  if (exponent == 0u) {
    return 0u;
  }
  if (exponent == 255u) {
    return select(50u, 49u, (bits & 0x7fffffu) == 0u);
  }
  return u32(clamp(i32(exponent) - 95, 1, 48));
}

@compute @workgroup_size(WG)
fn chunk(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let g = group.y * groups.x + group.x;


  var own: array<u32, FIELDS>;
  own[FIRST] = NONE;
  for (var k = 0u; k < TURNS; k++) {
    let i = (g * TURNS + k) * WG + lane;
    if (i < dims.count) {
      let bits = bits_of(i);
      let bin = bin_of(bits);
      own[bin] += 1u;
      if (bin >= 49u) {
        own[FIRST] = min(own[FIRST], i);
      } else {
        own[LARGEST] = max(own[LARGEST], bits & 0x7fffffffu);
        own[51] += u32(bin > 0u && (bits >> 31u) == 1u);
      }
    }
  }
  for (var f = 0u; f < FIELDS; f++) {
    of_lanes[f * WG + lane] = own[f];
  }
  workgroupBarrier();


  if (lane < FIELDS && g < dims.groups) {
    var whole = of_lanes[lane * WG];
    for (var k = 1u; k < WG; k++) {
      whole = joined(lane, whole, of_lanes[lane * WG + k]);
    }
    partial[g * FIELDS + lane] = whole;
  }
}

fn joined(field: u32, a: u32, b: u32) -> u32 {
  if (field == LARGEST) {
    return max(a, b);
  }
  if (field == FIRST) {
    return min(a, b);
  }
  return a + b;
}

@compute @workgroup_size(WG)
fn total(@builtin(local_invocation_index) lane: u32) {
  if (lane >= FIELDS) {
    return;
  }
  var whole = parts[lane];
  for (var g = 1u; g < dims.groups; g++) {
    whole = joined(lane, whole, parts[g * FIELDS + lane]);
  }
  counts[lane] = whole;
}`],
};
