// `inspect`: where the time and the memory of a training step go, kernel by kernel.
import { Command } from "commander";
import { philoxNormals } from "../core/philox.ts";
import type { Gpu } from "../device/gpu.ts";
import { parseJsonObject } from "../formats/json.ts";
import { parseUNetConfig, sidesOf } from "../formats/unet_config.ts";
import { dumpGraph, graphviz } from "../inspect/graph_dump.ts";
import { type MemoryMap, memoryMap, memoryMapSvg } from "../inspect/memory_map.ts";
import { type Profile, profileProgram, type WorkSum } from "../inspect/profile.ts";
import { chromeTrace } from "../inspect/trace.ts";
import { hasClasses } from "../nn/conditions.ts";
import { DiffusionModel } from "../nn/model.ts";
import { readBytes, writeBytes } from "../platform/files.ts";
import { ownVersions } from "../platform/versions.ts";
import { presetFor } from "../train/presets.ts";
import { Trainer } from "../train/trainer.ts";
import { commandGpu, positiveInteger, printResult } from "./console.ts";
import { loadModel } from "./inputs.ts";

interface Options {
  model?: string;
  config?: string;
  batch: number;
  runs: number;
  trace?: string;
  memoryMap?: string;
  dumpGraph?: string;
  json?: boolean;
}

export const inspectCommand = (): Command =>
  new Command("inspect")
    .description("Profile a training step: time, work and memory, kernel by kernel.")
    .option("--model <dir>", "model folder")
    .option("--config <file>", "config.json of a U-Net instead; default: that of train")
    .option("--batch <n>", "images a step", positiveInteger, 8)
    .option("--runs <n>", "of which medians are taken", positiveInteger, 5)
    .option("--trace <file>", "write a Chrome trace: opens in Perfetto")
    .option("--memory-map <file>", "write the memory plan as SVG")
    .option("--dump-graph <file>", "write the step's dispatches: Graphviz if FILE.dot, else JSON")
    .option("--json", "print one JSON object")
    .action(run);

async function run(options: Options): Promise<void> {
  const { gpu, description } = await commandGpu();
  const model = await modelOf(gpu, options);
  const started = performance.now();
  const trainer = await randomTrainer(model, options.batch);
  const record_and_compile = performance.now() - started;
  const profile = await profileProgram(gpu, trainer.program, options.runs);
  const memory = memoryMap(trainer.program.plan);
  await writeFiles(options, {
    trace: () => chromeTrace(profile, memory, { record_and_compile }),
    memoryMap: () => memoryMapSvg(memory),
    dumpGraph: (file) => {
      const dump = dumpGraph(trainer.program.dispatches);
      return file.endsWith(".dot") ? graphviz(dump) : JSON.stringify(dump);
    },
  });
  const resident_bytes = gpu.counters.bufferBytes - memory.peakBytes;
  const result = {
    adapter: description,
    versions: ownVersions(),
    parameters: model.weights.count,
    batch: options.batch,
    compile_ms: record_and_compile,
    resident_bytes,
    profile,
    memory,
  };
  printResult(options.json, result, linesOf(result));
}

async function modelOf(gpu: Gpu, { model, config }: Options): Promise<DiffusionModel> {
  if (model !== undefined) return loadModel(gpu, model);
  const preset = presetFor(gpu.target);
  const json = config
    ? parseJsonObject(new TextDecoder().decode(await readBytes(config)), config)
    : undefined;
  const unet = json ? parseUNetConfig(json) : preset.config;
  return DiffusionModel.create(gpu, unet, { seed: 0, scheduler: preset.scheduler });
}

/** A trainer on one batch of noise: times do not depend on what the images show. */
function randomTrainer(model: DiffusionModel, batch: number): Promise<Trainer> {
  const { in_channels: C } = model.config;
  const [H, W] = sidesOf(model.config) ?? [32, 32];
  const shape = [batch, C, H, W] as const;
  const size = batch * C * H * W;
  const noise = philoxNormals(0, size);
  const timestep = Array.from({ length: batch }, (_, n) => Math.floor(((n + 0.5) / batch) * 1000));
  const classes = hasClasses(model.config) ? { classLabels: timestep.map(() => 0) } : {};
  const batches = [{ x0: philoxNormals(1, size), noise, timestep, ...classes }];
  return Trainer.create(model, { batches, shape }, {});
}

type FileName = "trace" | "memoryMap" | "dumpGraph";

async function writeFiles(
  options: Options,
  makers: Record<FileName, (file: string) => string>,
): Promise<void> {
  for (const name of Object.keys(makers) as FileName[]) {
    const file = options[name];
    if (file !== undefined) await writeBytes(file, makers[name](file));
  }
}

const MOST_KERNELS = 20;

function linesOf(result: {
  adapter: string;
  parameters: number;
  batch: number;
  compile_ms: number;
  resident_bytes: number;
  profile: Profile;
  memory: MemoryMap;
}): string[] {
  const { adapter, parameters, batch, compile_ms, resident_bytes, profile, memory } = result;
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  const { wall_ms, gpu_ms, phases, kernels } = profile;
  return [
    `${adapter}: ${parameters} parameters, batch ${batch}`,
    `a step takes ${wall_ms.toFixed(1)} ms; its ${memory.dispatches} dispatches, each in its own pass, ${gpu_ms.toFixed(1)} ms`,
    `recording and compiling took ${compile_ms.toFixed(0)} ms`,
    `activations ${mib(memory.peakBytes)} in ${memory.banks.length} banks (${mib(memory.lowerBoundBytes)} is the least, ${mib(memory.bytesWithoutReuse)} without reuse), all else ${mib(resident_bytes)}`,
    "",
    ...table(phases),
    "",
    ...table(kernels.slice(0, MOST_KERNELS)),
    "",
    `alive at the peak, dispatch ${memory.peak.dispatch}:`,
    ...memory.peak.tensors.slice(0, 5).map(({ label, shape, bytes }) => {
      return `  ${label} [${shape.join(", ")}] ${mib(bytes)}`;
    }),
  ];
}

function table(rows: readonly WorkSum[]): string[] {
  const heading = ["", "dispatches", "ms", "share", "GFLOP/s", "GB/s"];
  const cells = rows.map(({ name, dispatches, ms, share, gflops_per_s, gbytes_per_s }) => [
    name,
    String(dispatches),
    ms.toFixed(2),
    `${(100 * share).toFixed(1)} %`,
    gflops_per_s.toFixed(2),
    gbytes_per_s.toFixed(2),
  ]);
  return [heading, ...cells].map(([name = "", ...numbers]) =>
    [name.padEnd(38), ...numbers.map((text) => text.padStart(11))].join(""),
  );
}
