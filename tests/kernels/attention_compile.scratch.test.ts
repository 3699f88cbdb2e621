import { test } from "vitest";
import { readFileSync } from "node:fs";
import { testGpu } from "../support/gpu.ts";
const SHAPES = [[4, 4, 32, 256], [8, 1, 64, 64], [8, 8, 8, 64], [8, 1, 32, 16]] as const;
test("run", async () => {
  const gpu = await testGpu();
  const lanes = gpu.target.subgroupSize;
  const files = process.env.FILES!.split(",");
  const rows: { f: string; pipe: GPUComputePipeline; best: Map<string, number>; wall: Map<string, number> }[] = [];
  for (const f of files) {
    const code = readFileSync(f, "utf8").replace("const LANES: u32 = 4u", `const LANES: u32 = ${lanes}u`);
    const c0 = process.cpuUsage();
    const m = gpu.device.createShaderModule({ code });
    const pipe = await gpu.device.createComputePipelineAsync({ layout: "auto", compute: { module: m, entryPoint: process.env.ENTRY ?? "forward_lanes" } });
    const c = process.cpuUsage(c0);
    console.log(`=== ${f} compile ${((c.user + c.system) / 1000).toFixed(0)} ms cpu`);
    rows.push({ f, pipe, best: new Map(), wall: new Map() });
  }
  for (const [N, h, d, S] of SHAPES) {
    const size = N * h * d * S * 4;
    const usage = 0x80 | 8;
    const B = (n: number) => gpu.device.createBuffer({ size: n, usage });
    const data = new Float32Array(size / 4).map(() => Math.random() * 2 - 1);
    const q = B(size), k = B(size), v = B(size), y = B(size), st = B(N * h * S * 8);
    for (const b of [q, k, v]) gpu.device.queue.writeBuffer(b, 0, data);
    const u = gpu.device.createBuffer({ size: 16, usage: 0x40 | 8 });
    const uni = new ArrayBuffer(16); new Uint32Array(uni).set([S, d]); new Float32Array(uni).set([1 / Math.sqrt(d), Math.LOG2E / Math.sqrt(d)], 2);
    gpu.device.queue.writeBuffer(u, 0, uni);
    const reps = Math.max(1, Math.round(1e8 / (4 * N * h * S * S * d)));
    const groups = rows.map(({ pipe }) => gpu.device.createBindGroup({ layout: pipe.getBindGroupLayout(0), entries: [[0, u], [1, q], [2, k], [4, v], [9, y], [10, st]].map(([binding, buffer]) => ({ binding: binding as number, resource: { buffer: buffer as GPUBuffer } })) }));
    for (let round = 0; round < 8; round++) for (const [i, row] of rows.entries()) {
      const enc = gpu.device.createCommandEncoder(); const pass = enc.beginComputePass();
      pass.setPipeline(row.pipe); pass.setBindGroup(0, groups[i]!);
      const qpl = Number(process.env.QPL ?? 8);
      for (let r = 0; r < reps; r++) pass.dispatchWorkgroups(Math.ceil(S / (qpl * lanes)), h, N);
      pass.end();
      const c0 = process.cpuUsage(); const t0 = performance.now();
      gpu.device.queue.submit([enc.finish()]);
      await gpu.device.queue.onSubmittedWorkDone();
      const c = process.cpuUsage(c0); const ms = (c.user + c.system) / 1000 / reps;
      const key = [N, h, d, S].join("x");
      row.best.set(key, Math.min(row.best.get(key) ?? 1e9, ms));
      row.wall.set(key, Math.min(row.wall.get(key) ?? 1e9, (performance.now() - t0) / reps));
    }
  }
  for (const { f, best, wall } of rows) console.log(`=== ${f} ` + [...best].map(([k, v]) => `${k}: ${v.toFixed(3)} (${wall.get(k)!.toFixed(3)})`).join("  "));
  gpu.check();
}, 280000);
