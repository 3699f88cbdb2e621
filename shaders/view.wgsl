// view.wgsl — a tensor of images as one picture, for a texture: nothing goes through the CPU.
//
//   draw      pixel = rgba8(scale · value + ½, clamped to [0, 1]) of the image that covers it, the images side by
//             side, row by row; transparent black where there is none; grey for C = 1, red green blue for C = 3
//   source    the picture of src/formats/png.ts, without gaps
//
//   shapes    images [N, C, H, W] f32 · pixels u32 [height of the picture, stride], red in the low byte, as
//             rgba8unorm
//   dispatch  one lane a pixel: x across the picture in workgroups of WG, y = its row
//   numerics  round(255 · v), halves up
//   launcher  src/kernels/view.ts · oracle tests/reference/view.ts

const WG: u32 = 64u;

struct Grid {
  images: u32, // N
  channels: u32, // C: 1 or 3
  height: u32, // H
  width: u32, // W
  columns: u32, // images side by side
  stride: u32, // pixels from one row of the picture to the next
  scale: f32, // ½ shows [−1, 1]
}

@group(0) @binding(0) var<uniform> grid: Grid;
@group(0) @binding(1) var<storage, read> images: array<f32>;
@group(0) @binding(2) var<storage, read_write> pixels: array<u32>;

@compute @workgroup_size(WG)
fn draw(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= grid.stride) {
    return;
  }
  let column = id.x / grid.width;
  let n = id.y / grid.height * grid.columns + column;
  var colour = vec4f(0.0);
  if (column < grid.columns && n < grid.images) {
    let size = grid.height * grid.width;
    let first = n * grid.channels * size + id.y % grid.height * grid.width + id.x % grid.width;
    let further = select(0u, size, grid.channels == 3u); // grey: the same three times
    let value = vec3f(images[first], images[first + further], images[first + 2u * further]);
    colour = vec4f(clamp(grid.scale * value + 0.5, vec3f(0.0), vec3f(1.0)), 1.0);
  }
  let bytes = vec4u(255.0 * colour + 0.5) << vec4u(0u, 8u, 16u, 24u);
  pixels[id.y * grid.stride + id.x] = bytes.x | bytes.y | bytes.z | bytes.w;
}
