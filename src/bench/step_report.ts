// A training step of any U-Net, looked at from all sides: time, roofline, memory, graph.
//
// For the command line, in Node or in a page (./page_jobs.ts): all is plain data.
import { philoxNormals } from "../core/philox.ts";
import { median } from "../core/statistics.ts";
import type { Gpu, Target } from "../device/gpu.ts";
import type { OpenFile } from "../formats/byte_source.ts";
import { parseJsonObject } from "../formats/json.ts";
import { parseUNetConfig, sidesOf } from "../formats/unet_config.ts";
import type { Program } from "../graph/program.ts";
import { type Ceilings, measureCeilings } from "../inspect/ceilings.ts";
import { type DumpedDispatch, dumpGraph } from "../inspect/graph_dump.ts";
import { type MemoryMap, memoryMap } from "../inspect/memory_map.ts";
import { type Profile, profileProgram } from "../inspect/profile.ts";
import {
  type ReplacedTime,
  type ReplacementSource,
  replacementFamily,
  requireReplacement,
  testReplacement,
  timeReplacement,
} from "../inspect/replace.ts";
import { type Roofline, roofline } from "../inspect/roofline.ts";
import type { SelfTestResult } from "../inspect/self_test.ts";
import type { HostTimes } from "../inspect/trace.ts";
import { hasClasses } from "../nn/conditions.ts";
import { DiffusionModel } from "../nn/model.ts";
import type { HyperParameters } from "../train/hyper_parameters.ts";
import { presetFor } from "../train/presets.ts";
import { Trainer } from "../train/trainer.ts";

/** Where the network comes from: a folder, the text of a config.json, or else the preset. */
export interface StepSource {
  folder?: { name: string; read: OpenFile } | undefined;
  config?: { name: string; text: string } | undefined;
}

export interface StepOptions {
  /** images a step */
  batch: number;
  /** of which medians are taken */
  runs: number;
  /** how dispatches are timed; default: by timestamps where the device has them */
  method?: Profile["method"] | undefined;
  /** the device's, where they are known; default: they are measured */
  ceilings?: Ceilings | undefined;
  /** a shader's source that is tested, timed against the original, and used for the report */
  replacement?: ReplacementSource | undefined;
}

export interface StepReport {
  parameters: number;
  batch: number;
  /** bytes on the GPU beside the activations: weights, moments, images */
  resident_bytes: number;
  host: HostTimes;
  profile: Profile;
  roofline: Roofline;
  memory: MemoryMap;
  graph: DumpedDispatch[];
  replacement?: { shader: string; selfTest: SelfTestResult[]; times: ReplacedTime[] };
}

/**
 * Makes a training step and reports on it.
 *
 * @throws OptionError option/replacement, DeviceError device/self-test for a replacement that is wrong
 */
export async function stepReport(
  gpu: Gpu,
  source: StepSource,
  options: StepOptions,
): Promise<StepReport> {
  const { batch, runs, method, ceilings } = options;
  const replacement = await replaced(gpu, source, options);
  const model = await stepModel(gpu, source);
  const started = performance.now();
  const trainer = await stepTrainer(model, batch);
  const created = performance.now() - started;
  for await (const _ of trainer.run({ steps: 1 })); // so that the batch and the step's numbers are there
  const { program } = trainer;
  const profile = await profileProgram(gpu, program, runs, method);
  const { plan, pipelines, bind } = program.times;
  const made = { record: created - plan - pipelines - bind, plan, compile: pipelines, bind };
  const memory = memoryMap(program.plan);
  const report = {
    parameters: model.weights.count,
    batch,
    resident_bytes: gpu.counters.bufferBytes - memory.peakBytes,
    host: { ...made, ...(await runTimes(gpu, program)) },
    profile,
    roofline: roofline(profile, ceilings ?? (await measureCeilings(gpu))),
    memory,
    graph: dumpGraph(program.dispatches),
    ...(replacement && { replacement }),
  };
  trainer.dispose();
  model.dispose();
  return report;
}

/** Tests and times a replacement; from then on the device uses it. */
async function replaced(
  gpu: Gpu,
  source: StepSource,
  { replacement, batch, runs }: StepOptions,
): Promise<StepReport["replacement"]> {
  if (!replacement) return undefined;
  const family = replacementFamily(gpu, replacement);
  const selfTest = await testReplacement(gpu, family);
  requireReplacement(family, selfTest);
  const model = await stepModel(gpu, source);
  const trainer = await stepTrainer(model, batch);
  const times = await timeReplacement(gpu, trainer.program, { family, runs });
  trainer.dispose();
  model.dispose();
  gpu.pipelines.replace(family);
  return { shader: family.name, selfTest, times };
}

/**
 * The network of a source, with starting values where it has none of its own.
 *
 * @param target  which preset is taken where the source names none; default the device's
 */
export async function stepModel(
  gpu: Gpu,
  { folder, config }: StepSource,
  target: Target = gpu.target,
): Promise<DiffusionModel> {
  if (folder) return DiffusionModel.load(gpu, folder.read, folder.name);
  const preset = presetFor(target);
  const unet = config ? parseUNetConfig(parseJsonObject(config.text, config.name)) : preset.config;
  return DiffusionModel.create(gpu, unet, { seed: 0, scheduler: preset.scheduler });
}

/** A trainer on one batch of noise: times do not depend on what the images show. */
export function stepTrainer(
  model: DiffusionModel,
  batch: number,
  options: Partial<HyperParameters> = {},
): Promise<Trainer> {
  const { in_channels: C } = model.config;
  const [H, W] = sidesOf(model.config) ?? [32, 32];
  const shape = [batch, C, H, W] as const;
  const size = batch * C * H * W;
  const noise = philoxNormals(0, size);
  const timestep = Array.from({ length: batch }, (_, n) => Math.floor(((n + 0.5) / batch) * 1000));
  const classes = hasClasses(model.config) ? { classLabels: timestep.map(() => 0) } : {};
  const batches = [{ x0: philoxNormals(1, size), noise, timestep, ...classes }];
  return Trainer.create(model, { batches, shape }, options);
}

const ENCODINGS = 32; // together they outlast a page's clock
const ENCODED = 5;

/**
 * What it costs the host to encode a run into a command buffer, in ms: a median of means. None is
 * submitted.
 */
export function encodeMs(gpu: Gpu, program: Program): number {
  const times = Array.from({ length: ENCODED }, () => {
    const start = performance.now();
    for (let i = 0; i < ENCODINGS; i++) {
      const encoder = gpu.device.createCommandEncoder({ label: "encoding" });
      program.encode(encoder);
      encoder.finish();
    }
    return (performance.now() - start) / ENCODINGS;
  });
  return median(times);
}

/** One run, from the host: encoding it, submitting it, and waiting for it and four bytes of it. */
async function runTimes(
  gpu: Gpu,
  program: Program,
): Promise<Pick<HostTimes, "encode" | "submit" | "read_back">> {
  const encode = encodeMs(gpu, program);
  const encoder = gpu.device.createCommandEncoder({ label: "trace" });
  program.encode(encoder);
  const commands = encoder.finish();
  const encoded = performance.now();
  gpu.submit([commands]);
  const submitted = performance.now();
  await gpu.idle();
  return {
    encode,
    submit: submitted - encoded,
    read_back: performance.now() - submitted,
  };
}
