import { test } from "vitest";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program.ts";
import { ResidentBuffer, writeTensor } from "../../src/graph/tensor.ts";
import { attention } from "../../src/kernels/attention.ts";
import { scattered } from "../reference/agreement.ts";
import { evaluate, expectWithin, testGpu } from "../support/gpu.ts";
import { attention as twin } from "../reference/attention.ts";
import { attentionBound } from "../reference/attention_bounds.ts";

async function bench(N: number, heads: number, d: number, S: number, blocks: number) {
  const gpu = await testGpu();
  const graph = new Graph(gpu.target);
  const buf = new ResidentBuffer("x");
  const T = () => buf.add([N, heads * d, S], "t");
  const q = T(), k = T(), v = T();
  const flop = 4 * N * heads * S * S * d;
  const reps = Math.max(1, Math.round(1e8 / flop));
  for (let i = 0; i < reps; i++) attention(graph, { q, k, v }, { heads, blocks });
  const t0 = performance.now(); const cc0 = process.cpuUsage();
  const program = await Program.compile(gpu, graph, { label: "bench" });
  await gpu.device.queue.onSubmittedWorkDone();
  const t1 = performance.now(); const cc = process.cpuUsage(cc0).user / 1000;
  for (const t of [q, k, v]) writeTensor(gpu, t, Float32Array.from(scattered(t.shape, 1).data));
  const times: number[] = []; const cpus: number[] = [];
  for (let i = 0; i < 8; i++) {
    const s = performance.now(); const c0 = process.cpuUsage();
    program.run();
    await gpu.device.queue.onSubmittedWorkDone();
    const c = process.cpuUsage(c0);
    times.push((performance.now() - s) / reps); cpus.push((c.user + c.system) / 1000 / reps);
  }
  times.sort((p, q) => p - q); cpus.sort((p, q) => p - q);
  console.log(`=== N${N} h${heads} d${d} S${S} blocks${blocks} cpu ${cpus[0]!.toFixed(3)} min ${times[0]!.toFixed(3)} ms ${(flop / times[0]! / 1e6).toFixed(2)} GFLOP/s compile ${(t1 - t0).toFixed(0)} cpu ${cc.toFixed(0)}`);
}
test("bench", async () => {
  for (const blocks of [4, 8]) {
    await bench(4, 4, 32, 256, blocks);
    await bench(8, 1, 64, 64, blocks);
    await bench(8, 8, 8, 64, blocks);
    await bench(8, 1, 32, 16, blocks);
  }
}, 300000);
test("right", async () => {
  for (const [N, heads, d, S] of [[1, 1, 8, 16], [2, 2, 5, 49], [1, 1, 64, 65]] as const)
    for (const blocks of [4, 8]) {
      const [q, k, v] = [1, 2, 3].map((s) => scattered([N, heads * d, S], s));
      const inp = { q: q!, k: k!, v: v! };
      const { y } = await evaluate(inp, (g, t) => ({ y: attention(g, t, { heads, blocks }).y }));
      expectWithin("y", y, { expected: twin(inp, { heads }), bound: attentionBound(inp, { heads }) });
    }
}, 300000);
