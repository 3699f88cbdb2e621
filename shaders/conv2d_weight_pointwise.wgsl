// conv2d_weight_pointwise.wgsl — the gradient of a 1×1 convolution by its weights, in parts.
//
//   lanes, plain  w_s[o,c] = Σ_{n,i,j of part s} dy[n,o,i,j] · z[n,c, i·STRIDE, j·STRIDE]
//                  and then dweight = Σ_s w_s: a product of matrices over the pixels.
//                  z = x, or with DOUBLED x with each pixel doubled both ways
//   source         the transpose of torch.nn.functional.conv2d in its weights
//
//   shapes     dy [N, O, rows, columns] · x [N, C, x_rows, x_columns] f32 row-major · partials [parts, O, C];
//              x may be joined: channel c of image n is plane c + n·split, from c = split on
//              c + n·(C − split) + (N − 1)·split
//   dispatch   a lane takes 8 · EIGHTS o × 4 · QUADS c, by runs of 8 pixels. In `lanes` a workgroup is a
//              subgroup of LANES, whose lanes take different c: each loads a share of dy for all
//   numerics   f32; 8 products at a time, then row by row, then strip by strip, in fixed order
//   launcher   src/kernels/conv2d_weight_record.ts · oracle tests/reference/conv2d.ts
enable subgroups;

alias elem = f32; // or f16: how maps are stored; sums are f32
alias elem4 = vec4<elem>;
alias elem8 = Eight;
struct Eight {
  l: elem4,
  r: elem4,
}

const WG: u32 = 64u;
const LANES: u32 = 4u; // 4 or 8: lanes of a subgroup
const EIGHTS: u32 = 1u; // of dy's channels: 1, or 2 in `lanes`
const QUADS: u32 = 1u; // of x's: 1, or 2 in `lanes`
const STRIDE: u32 = 1u; // 1 or 2
const DOUBLED: u32 = 0u; // 1: yes
const ALIGNED: bool = false; // pixels are read by eight: STRIDE is 1, columns are multiples of 8
const FIFTH: u32 = LANES / 8u * 4u; // the lane that reads the fifth channel for all, from 0 on

struct Dims {
  images: u32, // N
  in_channels: u32, // C
  split: u32, // channels of x's first part, a multiple of 8; else C
  out_channels: u32, // O
  rows: u32, // of dy
  columns: u32,
  x_rows: u32,
  x_columns: u32,
  out_tiles: u32, // ⌈O / (8 · EIGHTS)⌉
  in_tiles: u32, // ⌈C / (4 · QUADS)⌉; of `lanes` ⌈C / (4 · QUADS · LANES)⌉
  tiles: u32, // out_tiles · in_tiles · parts
  images_a_part: u32,
  rows_a_part: u32,
  row_parts: u32, // parts that the rows are cut into
}

@group(0) @binding(0) var<uniform> dims: Dims;
@group(0) @binding(1) var<storage, read> dy: array<elem>;
@group(0) @binding(2) var<storage, read> x: array<elem>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read> dy8: array<elem8>;
@group(0) @binding(5) var<storage, read> x8: array<elem8>;

// Eight pixels of a row.
struct Run {
  lo: vec4f,
  hi: vec4f,
}

fn run_of(eight: Eight) -> Run {
  return Run(vec4f(eight.l), vec4f(eight.r));
}

// Which weights, over what.
struct Task {
  o: u32,
  part: u32,
  first_image: u32,
  strips: u32, // of all its images
  first_row: u32,
  last_row: u32, // one past
}

fn task_of(out_tile: u32, part: u32) -> Task {
  let first_image = part / dims.row_parts * dims.images_a_part;
  let images = min(dims.images_a_part, dims.images - first_image);
  let first_row = part % dims.row_parts * dims.rows_a_part;
  let last_row = min(first_row + dims.rows_a_part, dims.rows);
  let strips = images * ((dims.columns + 7u) / 8u);
  return Task(out_tile * 8u * EIGHTS, part, first_image, strips, first_row, last_row);
}

fn inside(position: u32, extent: u32) -> f32 {
  return f32(position < extent);
}

fn inside4(first: u32) -> vec4f {
  return vec4f(
    inside(first, dims.columns),
    inside(first + 1u, dims.columns),
    inside(first + 2u, dims.columns),
    inside(first + 3u, dims.columns),
  );
}

// Of z. Beyond its last column come other pixels of x, which dy's zeros meet.
fn pixels(start: u32, column: u32) -> vec4f {
  return vec4f(
    f32(x[start + (column >> DOUBLED)]),
    f32(x[start + ((column + STRIDE) >> DOUBLED)]),
    f32(x[start + ((column + 2u * STRIDE) >> DOUBLED)]),
    f32(x[start + ((column + 3u * STRIDE) >> DOUBLED)]),
  );
}

fn run_of_x(start: u32, column: u32) -> Run {
  if (ALIGNED) {
    return run_of(x8[(start + column) >> 3u]);
  }
  return Run(pixels(start, column), pixels(start, column + 4u * STRIDE));
}

fn four_runs(start: u32, column: u32) -> array<Run, 4> {
  let plane = dims.x_rows * dims.x_columns;
  return array(
    run_of_x(start, column),
    run_of_x(start + plane, column),
    run_of_x(start + 2u * plane, column),
    run_of_x(start + 3u * plane, column),
  );
}

// Added to channel c it gives its plane.
fn planes_before(n: u32, c: u32, channels: u32, split: u32) -> u32 {
  return select(n * (channels - split) + (dims.images - 1u) * split, n * split, c < split);
}

alias Sums = array<vec4f, 8>; // of 8 channels of dy, each with 4 of x
alias Weights = array<Sums, 4>; // of the first 8 and the next, then with the next 4 of x

fn product(a: Run, b: Run) -> f32 {
  return dot(a.lo, b.lo) + dot(a.hi, b.hi);
}

fn products(a: Run, b: array<Run, 4>) -> vec4f {
  return vec4f(product(a, b[0]), product(a, b[1]), product(a, b[2]), product(a, b[3]));
}

fn add_products(w: Sums, a: array<Run, 8>, b: array<Run, 4>) -> Sums {
  return Sums(
    w[0] + products(a[0], b),
    w[1] + products(a[1], b),
    w[2] + products(a[2], b),
    w[3] + products(a[3], b),
    w[4] + products(a[4], b),
    w[5] + products(a[5], b),
    w[6] + products(a[6], b),
    w[7] + products(a[7], b),
  );
}

fn all_added(a: Weights, b: Weights) -> Weights {
  return Weights(added(a[0], b[0]), added(a[1], b[1]), added(a[2], b[2]), added(a[3], b[3]));
}

fn added(a: Sums, b: Sums) -> Sums {
  return Sums(
    a[0] + b[0],
    a[1] + b[1],
    a[2] + b[2],
    a[3] + b[3],
    a[4] + b[4],
    a[5] + b[5],
    a[6] + b[6],
    a[7] + b[7],
  );
}

fn store(task: Task, c: u32, w: Weights) {
  var all = w;
  let count = min(8u * EIGHTS, dims.out_channels - task.o);
  let channels = min(4u * QUADS, max(dims.in_channels, c) - c);
  for (var k = 0u; k < count; k++) {
    let row = (task.part * dims.out_channels + task.o + k) * dims.in_channels + c;
    for (var i = 0u; i < channels; i++) {
      partials[row + i] = all[k / 8u + i / 4u * 2u][k % 8u][i % 4u];
    }
  }
}

fn first_four(own: f32) -> vec4f {
  return vec4f(subgroupBroadcast(own, 0u), subgroupBroadcast(own, 1u),
    subgroupBroadcast(own, 2u), subgroupBroadcast(own, 3u));
}

fn last_four(own: f32) -> vec4f {
  return vec4f(subgroupBroadcast(own, 4u), subgroupBroadcast(own, 5u),
    subgroupBroadcast(own, 6u), subgroupBroadcast(own, 7u));
}

// `exists` is of the lane's own pixels.
fn shared_run(at: u32, lane: u32, exists: vec2f) -> Run {
  let own = f32(dy[at + lane]) * exists.x;
  if (LANES == 8u) {
    return Run(first_four(own), last_four(own));
  }
  return Run(first_four(own), first_four(f32(dy[at + 4u + lane]) * exists.y));
}

fn shared_runs(at: u32, lane: u32, exists: vec2f) -> array<Run, 8> {
  let plane = dims.rows * dims.columns;
  if (ALIGNED) {
    return shared_eights(at, plane, lane);
  }
  return array(
    shared_run(at, lane, exists),
    shared_run(at + plane, lane, exists),
    shared_run(at + 2u * plane, lane, exists),
    shared_run(at + 3u * plane, lane, exists),
    shared_run(at + 4u * plane, lane, exists),
    shared_run(at + 5u * plane, lane, exists),
    shared_run(at + 6u * plane, lane, exists),
    shared_run(at + 7u * plane, lane, exists),
  );
}

// The same; a lane reads a channel whole, of four lanes each two.
fn shared_eights(at: u32, plane: u32, lane: u32) -> array<Run, 8> {
  let a = run_of(dy8[(at + lane * plane) >> 3u]);
  var b = a;
  if (LANES == 4u) {
    b = run_of(dy8[(at + (lane + 4u) * plane) >> 3u]);
  }
  return array(
    Run(subgroupBroadcast(a.lo, 0u), subgroupBroadcast(a.hi, 0u)),
    Run(subgroupBroadcast(a.lo, 1u), subgroupBroadcast(a.hi, 1u)),
    Run(subgroupBroadcast(a.lo, 2u), subgroupBroadcast(a.hi, 2u)),
    Run(subgroupBroadcast(a.lo, 3u), subgroupBroadcast(a.hi, 3u)),
    Run(subgroupBroadcast(b.lo, FIFTH), subgroupBroadcast(b.hi, FIFTH)),
    Run(subgroupBroadcast(b.lo, FIFTH + 1u), subgroupBroadcast(b.hi, FIFTH + 1u)),
    Run(subgroupBroadcast(b.lo, FIFTH + 2u), subgroupBroadcast(b.hi, FIFTH + 2u)),
    Run(subgroupBroadcast(b.lo, FIFTH + 3u), subgroupBroadcast(b.hi, FIFTH + 3u)),
  );
}

@compute @workgroup_size(LANES)
fn lanes(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let index = min(group.y * groups.x + group.x, dims.tiles - 1u);
  let task = task_of(
    index / dims.in_tiles % dims.out_tiles,
    index / dims.in_tiles / dims.out_tiles,
  );
  let c = (index % dims.in_tiles * LANES + local) * 4u * QUADS;
  let strips = (dims.columns + 7u) / 8u;
  let x_plane = dims.x_rows * dims.x_columns;
  let y_plane = dims.rows * dims.columns;
  var w = Weights();
  for (var k = 0u; k < task.strips; k++) {
    let n = task.first_image + k / strips;
    let j = k % strips * 8u;
    let y_start = (n * dims.out_channels + task.o) * y_plane + j;
    let x_start = (planes_before(n, c, dims.in_channels, dims.split) + c) * x_plane;
    let own = vec2f(inside(j + lane, dims.columns), inside(j + lane + 4u, dims.columns));
    var strip = Weights();
    for (var i = task.first_row; i < task.last_row; i++) {
      let at = y_start + i * dims.columns;
      let row = x_start + ((i * STRIDE) >> DOUBLED) * dims.x_columns;
      let z = four_runs(row, j * STRIDE);
      let next_z = four_runs(row + 4u * x_plane, j * STRIDE);
      let y = shared_runs(at, lane, own);
      let next_y = shared_runs(at + 8u * y_plane, lane, own);
      strip[0] = add_products(strip[0], y, z);
      strip[1] = add_products(strip[1], next_y, z);
      if (QUADS == 2u) {
        strip[2] = add_products(strip[2], y, next_z);
        strip[3] = add_products(strip[3], next_y, next_z);
      }
    }
    w = all_added(w, strip);
  }
  store(task, c, w);
}

fn plain_run(at: u32, exists: Run) -> Run {
  if (ALIGNED) {
    return run_of(dy8[at >> 3u]);
  }
  return Run(
    vec4f(elem4(dy[at], dy[at + 1u], dy[at + 2u], dy[at + 3u])) * exists.lo,
    vec4f(elem4(dy[at + 4u], dy[at + 5u], dy[at + 6u], dy[at + 7u])) * exists.hi,
  );
}

fn plain_runs(at: u32, exists: Run) -> array<Run, 8> {
  let plane = dims.rows * dims.columns;
  return array(
    plain_run(at, exists),
    plain_run(at + plane, exists),
    plain_run(at + 2u * plane, exists),
    plain_run(at + 3u * plane, exists),
    plain_run(at + 4u * plane, exists),
    plain_run(at + 5u * plane, exists),
    plain_run(at + 6u * plane, exists),
    plain_run(at + 7u * plane, exists),
  );
}

@compute @workgroup_size(WG)
fn plain(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * WG + local;
  if (index >= dims.tiles) {
    return;
  }
  let task = task_of(
    index / dims.in_tiles % dims.out_tiles,
    index / dims.in_tiles / dims.out_tiles,
  );
  let c = index % dims.in_tiles * 4u;
  let strips = (dims.columns + 7u) / 8u;
  var w = Weights();
  for (var k = 0u; k < task.strips; k++) {
    let n = task.first_image + k / strips;
    let j = k % strips * 8u;
    let y_start = (n * dims.out_channels + task.o) * dims.rows * dims.columns + j;
    let plane = planes_before(n, c, dims.in_channels, dims.split) + c;
    let x_start = plane * dims.x_rows * dims.x_columns;
    let own = Run(inside4(j), inside4(j + 4u));
    var strip = Sums();
    for (var i = task.first_row; i < task.last_row; i++) {
      let row = x_start + ((i * STRIDE) >> DOUBLED) * dims.x_columns;
      strip = add_products(
        strip,
        plain_runs(y_start + i * dims.columns, own),
        four_runs(row, j * STRIDE),
      );
    }
    w[0] = added(w[0], strip);
  }
  store(task, c, w);
}
