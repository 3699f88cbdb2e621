// What a texture holds, copied back: for tests alone.
import type { Gpu } from "../../src/device/gpu.ts";

/** Bytes of an rgba8unorm texture, row by row, 4 a pixel. */
export async function textureBytes(gpu: Gpu, texture: GPUTexture): Promise<Uint8Array> {
  const { width, height } = texture;
  const bytesPerRow = Math.ceil((4 * width) / 256) * 256;
  const size = bytesPerRow * height;
  const buffer = gpu.createBuffer("test.texture", size, 0x04 | 0x08 /* COPY_SRC | COPY_DST */);
  const encoder = gpu.device.createCommandEncoder();
  encoder.copyTextureToBuffer({ texture }, { buffer, bytesPerRow }, [width, height]);
  gpu.submit([encoder.finish()]);
  const padded = new Uint8Array(await gpu.read(buffer, 0, size));
  gpu.destroyBuffer(buffer);
  const rows = Array.from({ length: height }, (_, y) =>
    padded.subarray(y * bytesPerRow, y * bytesPerRow + 4 * width),
  );
  return Uint8Array.from(rows.flatMap((row) => [...row]));
}
