// Generated from shaders/view.wgsl by `npm run shaders`. Do not edit.
import type { ShaderFamily } from "../../device/shader.ts";

type Binds = {
  draw: { grid: "images" | "channels" | "height" | "width" | "columns" | "stride" | "scale"; images: true; pixels: true };
};

export const view: ShaderFamily<Binds> = {
  name: "view",
  hash: "6bad0d17",
  text: [`











const WG: u32 = 64u;

struct Grid {
  images: u32,
  channels: u32,
  height: u32,
  width: u32,
  columns: u32,
  stride: u32,
  scale: f32,
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
    let further = select(0u, size, grid.channels == 3u);
    let value = vec3f(images[first], images[first + further], images[first + 2u * further]);
    colour = vec4f(clamp(grid.scale * value + 0.5, vec3f(0.0), vec3f(1.0)), 1.0);
  }
  let bytes = vec4u(255.0 * colour + 0.5) << vec4u(0u, 8u, 16u, 24u);
  pixels[id.y * grid.stride + id.x] = bytes.x | bytes.y | bytes.z | bytes.w;
}`],
};
