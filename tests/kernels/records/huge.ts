// Runs a HugeSample: every element is compared, none is kept as float64.
import { DeviceError } from "../../../src/core/errors.ts";
import type { Gpu } from "../../../src/device/gpu.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { Program } from "../../../src/graph/program.ts";
import { ResidentBuffer, writeTensor } from "../../../src/graph/tensor.ts";
import type { HugeSample } from "./record.ts";

export interface HugeResult {
  /** elements that are not exact */
  wrong: number;
  /** why it did not run: the device refuses the memory */
  skipped?: string;
}

export async function runHuge(gpu: Gpu, { shape, launch, x, y }: HugeSample): Promise<HugeResult> {
  const buffer = new ResidentBuffer("huge.x");
  const input = buffer.add(shape, "x");
  const graph = new Graph(gpu.target);
  const output = launch(graph, input);
  try {
    const program = await Program.compile(gpu, graph, { label: "huge", keep: [output] });
    const count = shape.reduce((product, n) => product * n, 1);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = x(i);
    writeTensor(gpu, input, values);
    program.run();
    const results = await program.read(output);
    program.dispose();
    let wrong = 0;
    for (let i = 0; i < count; i++) if (results[i] !== y(i)) wrong++;
    return { wrong };
  } catch (cause) {
    const isRefusal =
      cause instanceof DeviceError && /device\/(too-large|out-of-memory)/.test(cause.code);
    if (isRefusal) return { wrong: 0, skipped: cause.message };
    throw cause;
  } finally {
    buffer.destroy(gpu);
  }
}
