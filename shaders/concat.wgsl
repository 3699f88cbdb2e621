// concat.wgsl — the channels of one image after those of another, and the way back: where kernels cannot read
// both where they lie (Graph.join).
//
//   forward   y[n] = a[n], then b[n]
//   backward  da[n] = the first channels of dy[n], db[n] = the rest
//   source    the skip connections of Ronneberger et al. 2015, arXiv:1505.04597, §2
//
//   shapes    a, da [N, Ca, H, W] · b, db [N, Cb, H, W] · y, dy [N, Ca + Cb, H, W], f32 row-major
//   dispatch  one lane an element of y or dy, in workgroups of WG, folded into two dimensions
//   numerics  copies: no rounding
//   launcher  src/kernels/concat.ts · oracle tests/reference/concat.ts

alias elem = f32; // or f16: how maps are stored; sums are f32
const WG: u32 = 64u;

struct Dims {
  count: u32, // elements of y or dy
  first: u32, // elements of an image of a: Ca · H · W
  second: u32, // elements of an image of b
}

// An element of y: its image, and how far into it.
struct Place {
  image: u32,
  offset: u32,
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> a: array<elem>;
@group(0) @binding(2) var<storage, read> b: array<elem>;
@group(0) @binding(3) var<storage, read_write> y: array<elem>;

fn place_of(i: u32) -> Place {
  let image = i / (dims.first + dims.second);
  return Place(image, i - image * (dims.first + dims.second));
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
  let place = place_of(i);
  if (place.offset < dims.first) {
    y[i] = a[place.image * dims.first + place.offset];
  } else {
    y[i] = b[place.image * dims.second + place.offset - dims.first];
  }
}

@group(0) @binding(4) var<storage, read> dy: array<elem>;
@group(0) @binding(5) var<storage, read_write> da: array<elem>;
@group(0) @binding(6) var<storage, read_write> db: array<elem>;

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
  let place = place_of(i);
  if (place.offset < dims.first) {
    da[place.image * dims.first + place.offset] = dy[i];
  } else {
    db[place.image * dims.second + place.offset - dims.first] = dy[i];
  }
}
