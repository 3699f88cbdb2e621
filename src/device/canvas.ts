// A canvas that shows a device's textures: no shader, no reading back.
import { DeviceError } from "../core/errors.ts";
import type { Gpu } from "./gpu.ts";

const COPY_DST = 0x02;

export class CanvasView {
  readonly canvas: HTMLCanvasElement | OffscreenCanvas;
  readonly #gpu: Gpu;
  readonly #context: GPUCanvasContext;

  /**
   * Takes a canvas for a device; the canvas takes the size of what it shows.
   *
   * @throws DeviceError device/canvas where the canvas gives no WebGPU context
   */
  constructor(gpu: Gpu, canvas: HTMLCanvasElement | OffscreenCanvas) {
    const context = canvas.getContext("webgpu") as GPUCanvasContext | null;
    if (!context) {
      throw new DeviceError(
        "device/canvas",
        "CanvasView: the canvas gives no WebGPU context.",
        "Take a canvas that has no context of another kind, such as 2d.",
      );
    }
    this.canvas = canvas;
    this.#gpu = gpu;
    this.#context = context;
    const { device } = gpu;
    context.configure({ device, format: "rgba8unorm", usage: COPY_DST, alphaMode: "opaque" });
  }

  /** Shows a texture, rgba8unorm with COPY_SRC, such as `frame.texture` gives, pixel for pixel. */
  show(texture: GPUTexture): void {
    const { width, height } = texture;
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const encoder = this.#gpu.device.createCommandEncoder({ label: "canvas" });
    const shown = this.#context.getCurrentTexture();
    encoder.copyTextureToTexture({ texture }, { texture: shown }, [width, height]);
    this.#gpu.submit([encoder.finish()]);
  }

  /** Gives the canvas back, empty. */
  dispose(): void {
    this.#context.unconfigure();
  }
}
