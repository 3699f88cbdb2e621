import { test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program.ts";
import { ResidentBuffer, writeTensor } from "../../src/graph/tensor.ts";
import { linear, linearBackwardInput, linearBackwardWeight } from "../../src/kernels/matmul.ts";
import { scattered } from "../reference/agreement.ts";
import { testGpu } from "../support/gpu.ts";
import { PLAIN_TARGET } from "../../src/device/gpu.ts";

async function time(name: string, rows: number, inputs: number, outputs: number, plain = false) {
  const gpu = await testGpu();
  const run = async (what: string) => {
    const graph = new Graph(plain ? PLAIN_TARGET : gpu.target);
    const buf = new ResidentBuffer("x");
    const buf2 = new ResidentBuffer("y");
    const T = (shape: number[]) => buf.add(shape, "t");
    const x = T([rows, inputs]), w = T([outputs, inputs]), b = T([outputs]), dy = T([rows, outputs]);
    const dx = buf2.add([rows, inputs], "dx"), dw = buf2.add([outputs, inputs], "dw"), db = buf2.add([outputs], "db");
    const big = rows * inputs * outputs > 3e7;
    const reps = big ? 1 : 20;
    for (let i = 0; i < reps; i++) {
      if (what === "fwd") linear(graph, { x, weight: w, bias: b });
      if (what === "dx") linearBackwardInput(graph, { dy, weight: w }, dx);
      if (what === "dw") linearBackwardWeight(graph, { x, dy }, { dweight: dw, dbias: db });
    }
    const t0 = performance.now(); const cc0 = process.cpuUsage();
    const program = await Program.compile(gpu, graph, { label: "bench" });
    await gpu.device.queue.onSubmittedWorkDone();
    const t1 = performance.now(); const cc = process.cpuUsage(cc0).user / 1000;
    for (const t of [x, w, b, dy]) writeTensor(gpu, t, Float32Array.from(scattered(t.shape, 1).data));
    const times: number[] = []; const cpus: number[] = [];
    for (let i = 0; i < (big ? 7 : 9); i++) {
      const s = performance.now(); const c0 = process.cpuUsage();
      program.run();
      await gpu.device.queue.onSubmittedWorkDone();
      const c = process.cpuUsage(c0);
      if (i > 1) { times.push((performance.now() - s) / reps); cpus.push((c.user + c.system) / 1000 / reps); }
    }
    times.sort((p, q) => p - q);
    const m = times[0]!; cpus.sort((p, q) => p - q);
    console.log(`=== cpu ${cpus[0]!.toFixed(4)} ${name} ${plain ? "tile" : "lanes"} ${what} [${rows},${inputs},${outputs}] ${m.toFixed(4)} ms  ${(2 * rows * inputs * outputs / m / 1e6).toFixed(2)} GFLOP/s  compile ${(t1 - t0).toFixed(0)} cpu ${cc.toFixed(0)}`);
  };
  for (const w of ["fwd", "dx", "dw"]) await run(w);
}
test("bench", async () => {
  for (const plain of process.env.PLAIN ? [true] : [false]) {
    if (!plain) await time("big", 512, 512, 512, plain);
    await time("b8", 8, 128, 64, plain);
    await time("b8", 8, 128, 128, plain);
    await time("b8", 8, 512, 512, plain);
    await time("b64", 64, 128, 256, plain);
    await time("b1", 1, 128, 128, plain);
  }
}, 300000);
