// A texture of the page's own that takes every frame's picture. A sampling's texture ends with it; this
// one stays, so that meshes keep their pictures. The copy is on the GPU.

export class LiveTexture {
  readonly #device: GPUDevice;
  #texture: GPUTexture | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /**
   * Takes a frame's picture.
   *
   * @param source  rgba8unorm, of a frame
   * @returns       the page's own, rgba8unorm-srgb, for renderers that compute in linear light; another
   *                one only where the size of the pictures has changed
   */
  take(source: GPUTexture): GPUTexture {
    const { width, height } = source;
    const texture = this.#fitting(width, height);
    const encoder = this.#device.createCommandEncoder({ label: "live texture" });
    encoder.copyTextureToTexture({ texture: source }, { texture }, [width, height]);
    this.#device.queue.submit([encoder.finish()]);
    return texture;
  }

  #fitting(width: number, height: number): GPUTexture {
    const own = this.#texture;
    if (own?.width === width && own.height === height) return own;
    own?.destroy();
    this.#texture = this.#device.createTexture({
      label: "live texture",
      size: [width, height],
      format: "rgba8unorm-srgb",
      usage: GPUTextureUsage.COPY_DST | GPUTextureUsage.TEXTURE_BINDING,
    });
    return this.#texture;
  }
}
