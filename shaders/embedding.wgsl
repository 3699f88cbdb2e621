// embedding.wgsl — rows of a table by their index, and the gradient of the table.
//
//   forward   y[n, c] = table[indices[n], c]
//   backward  dtable[r, c] = Σ dy[n, c] over the n whose index is r; 0 where there is none
//   source    torch.nn.Embedding
//
//   shapes    table, dtable [rows, C] · y, dy [N, C] f32 row-major · indices u32 [N], each below rows
//   dispatch  one lane an element written, in workgroups of WG, folded into two dimensions
//   numerics  backward sums in the order of n: the same bits every time
//   launcher  src/kernels/embedding.ts · oracle tests/reference/embedding.ts

const WG: u32 = 64u;

struct Dims {
  count: u32, // elements written
  batch: u32, // N
  channels: u32, // C
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> table: array<f32>;
@group(0) @binding(2) var<storage, read> indices: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

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
  let n = i / dims.channels;
  y[i] = table[indices[n] * dims.channels + i - n * dims.channels];
}

@group(0) @binding(4) var<storage, read> dy: array<f32>;
@group(0) @binding(5) var<storage, read_write> dtable: array<f32>;

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
  let row = i / dims.channels;
  let c = i - row * dims.channels;
  var sum = 0.0;
  for (var n = 0u; n < dims.batch; n++) {
    if (indices[n] == row) {
      sum += dy[n * dims.channels + c];
    }
  }
  dtable[i] = sum;
}
