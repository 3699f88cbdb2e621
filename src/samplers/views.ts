// What a step holds, as textures on the caller's device: nothing is read back.
import type { Gpu } from "../device/gpu.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import { draw, pictureOf } from "../kernels/view.ts";

/** x after the row; x̂_0 and ε̂ of the row. */
export const VIEWS = ["x", "x0Hat", "epsHat"] as const;
export type View = (typeof VIEWS)[number];

/** ½ shows [−1, 1]; of noise three standard deviations are shown. */
const SCALE: Record<View, number> = { x: 1 / 2, x0Hat: 1 / 2, epsHat: 1 / 6 };

interface Drawn {
  program: Program;
  buffer: ResidentBuffer;
  texture: GPUTexture;
}

export class Views {
  readonly #gpu: Gpu;
  readonly #tensors: Readonly<Record<View, Tensor>>;
  readonly #drawn = new Map<View, Promise<Drawn>>();

  /** @param tensors  [N, C, H, W] each, resident */
  constructor(gpu: Gpu, tensors: Readonly<Record<View, Tensor>>) {
    this.#gpu = gpu;
    this.#tensors = tensors;
  }

  /**
   * The images of a view side by side, ⌈√N⌉ in a row, as they are now.
   *
   * @returns rgba8unorm; the same texture at every call, drawn anew, and destroyed with the views
   * @throws ShapeError unless the images have 1 or 3 channels; DeviceError
   */
  async texture(view: View): Promise<GPUTexture> {
    let drawn = this.#drawn.get(view);
    if (!drawn) {
      drawn = this.#prepare(view);
      this.#drawn.set(view, drawn);
    }
    const { program, buffer, texture } = await drawn;
    const { stride } = pictureOf(this.#tensors[view].shape);
    const encoder = this.#gpu.device.createCommandEncoder({ label: `view.${view}` });
    program.encode(encoder);
    const size = [texture.width, texture.height];
    encoder.copyBufferToTexture(
      { buffer: buffer.buffer, bytesPerRow: 4 * stride },
      { texture },
      size,
    );
    this.#gpu.submit([encoder.finish()]);
    return texture;
  }

  async #prepare(view: View): Promise<Drawn> {
    const images = this.#tensors[view];
    const { width, height, stride } = pictureOf(images.shape);
    const buffer = new ResidentBuffer(`view.${view}`);
    const pixels = buffer.add([height, stride], "pixels", "u32");
    const graph = new Graph(this.#gpu.target);
    draw(graph, { images }, { scale: SCALE[view] }, pixels);
    const program = await Program.compile(this.#gpu, graph, { label: `view.${view}` });
    try {
      const texture = await this.#gpu.guarded(`making the texture of ${view}`, () =>
        this.#gpu.device.createTexture({
          label: `view.${view}`,
          size: [width, height],
          format: "rgba8unorm",
          usage: 0x01 | 0x02 | 0x04 /* COPY_SRC | COPY_DST | TEXTURE_BINDING */,
        }),
      );
      return { program, buffer, texture };
    } catch (error) {
      program.dispose();
      buffer.destroy(this.#gpu);
      throw error;
    }
  }

  dispose(): void {
    for (const drawn of this.#drawn.values()) {
      const free = ({ program, buffer, texture }: Drawn) => {
        program.dispose();
        buffer.destroy(this.#gpu);
        texture.destroy();
      };
      drawn.then(free, () => undefined); // one that failed has nothing to free
    }
    this.#drawn.clear();
  }
}
