// A diffusion model on a WebGPU canvas of your own: this is all of it.
import { Gpu, loadModel, sample } from "../../../src/index.ts"; // yours: from "wgsl-diffusion"

/** Draws pictures, step by step, until the signal is aborted. */
export async function draw(canvas: HTMLCanvasElement, url: string, signal?: AbortSignal) {
  const adapter = await navigator.gpu?.requestAdapter();
  const device = await adapter?.requestDevice(); // your page's own
  const gpu = await Gpu.open({ device });
  const model = await loadModel(gpu, url, { signal });

  const format = "rgba8unorm"; // the frames' own
  const usage = GPUTextureUsage.COPY_DST;
  const context = canvas.getContext("webgpu")!;
  context.configure({ device: gpu.device, format, usage });

  const classLabels = Array.from({ length: 16 }, (_, i) => i % 10);
  const asked = { count: 16, classLabels, steps: 25, sampler: "ddim" } as const;
  for (let seed = 0; !signal?.aborted; seed++) {
    const options = { ...asked, seed, signal, frameBudgetMs: 6 };
    for await (const frame of sample(model, options)) {
      const texture = await frame.texture("x"); // nothing is read back
      canvas.width = texture.width;
      canvas.height = texture.height;
      const shown = context.getCurrentTexture();
      const encoder = gpu.device.createCommandEncoder();
      encoder.copyTextureToTexture({ texture }, { texture: shown }, shown);
      gpu.device.queue.submit([encoder.finish()]);
    }
    await new Promise((wait) => setTimeout(wait, 2000)); // to look at them
  }
}
