// The worker: opens the GPU, and does what the page asks, one thing after another. All of WebGPU
// happens here, so that the page stays free.
import { DiffusionError, Gpu } from "../../src/index.ts";
import {
  type Ceilings,
  chromeTrace,
  memoryMapSvg,
  replacementFamily,
  requireReplacement,
  rooflineSvg,
  type SelfTestResult,
  selfTest,
  shaderFamilies,
  stepModel,
  stepReport,
  stepTrainer,
  testReplacement,
  timeReplacement,
} from "../../src/inspect.ts";
import { adapterOf } from "../shared/words.ts";
import type { Asks, Checked, Complaint, ProfiledStep, Question, Reply } from "./messages.ts";

/** One device, twice: a replaced source stays in the cache of the second. */
interface Device {
  /** runs the kernels as they are */
  original: Gpu;
  /** runs the changed ones that are in use */
  changed: Gpu;
  ceilings?: Ceilings;
}

let opened: Promise<Device> | undefined;

const post = (reply: Reply) => self.postMessage(reply);

/** The device; a new one where the last was lost, or could not be had. */
function open(): Promise<Device> {
  opened ??= newDevice();
  opened.catch(forget);
  return opened;
}

const forget = () => {
  opened = undefined;
};

async function newDevice(): Promise<Device> {
  const original = await Gpu.open();
  original.device.lost.then(() => {
    forget();
    post({ lost: true });
  });
  return { original, changed: await Gpu.open({ device: original.device }) };
}

type Answers = { [K in keyof Asks]: (ask: Asks[K]["ask"]) => Promise<Asks[K]["answer"]> };

const answers: Answers = {
  open: async () => adapterOf((await open()).original),
  test: async ({ shader }) => {
    const { original } = await open();
    return shader === undefined ? testAll(original) : testOne(original, shader);
  },
  profile: async (ask) => profile(await open(), ask),
  check: async (ask) => check((await open()).original, ask),
  use: async ({ source }) => {
    const { original, changed } = await open();
    changed.pipelines.replace(replacementFamily(original, source));
    return null;
  },
  revert: async ({ shader }) => {
    const { original, changed } = await open();
    const own = shaderFamilies(original).get(shader);
    if (own) changed.pipelines.replace(own);
    return null;
  },
};

/** Every kernel: in the variants for this adapter, and in those for any. */
async function testAll(gpu: Gpu): Promise<SelfTestResult[]> {
  const plain = await Gpu.open({ device: gpu.device, plain: true });
  const results = [...(await selfTest(gpu)), ...(await selfTest(plain))];
  plain.dispose();
  gpu.check();
  return results;
}

/** The tests that launch a shader, with its own source. */
async function testOne(gpu: Gpu, shader: string): Promise<SelfTestResult[]> {
  const family = shaderFamilies(gpu).get(shader);
  const results = family ? await testReplacement(gpu, family) : [];
  gpu.check();
  return results;
}

async function profile(device: Device, ask: Asks["profile"]["ask"]): Promise<ProfiledStep> {
  const { ceilings } = device;
  const { graph, ...report } = await stepReport(device.changed, {}, { ...ask, ceilings });
  device.ceilings = report.roofline.ceilings;
  return {
    report,
    roofline: rooflineSvg(report.roofline, `a training step of ${graph.length} dispatches`),
    memory: memoryMapSvg(report.memory),
    trace: chromeTrace(report.profile, report.memory, report.host),
  };
}

async function check(gpu: Gpu, ask: Asks["check"]["ask"]): Promise<Checked> {
  const complaints = await compilerErrors(gpu, ask.source.wgsl);
  const none: Checked = { complaints, selfTest: [], times: null };
  if (complaints.length > 0) return { ...none, refused: "It does not compile." };
  const results: SelfTestResult[] = [];
  try {
    const family = replacementFamily(gpu, ask.source);
    results.push(...(await testReplacement(gpu, family)));
    requireReplacement(family, results);
  } catch (error) {
    gpu.check(); // a lost device says nothing of the source
    if (!(error instanceof DiffusionError)) throw error;
    return { ...none, selfTest: results, refused: error.message };
  }
  return { ...none, selfTest: results, times: await time(gpu, ask) };
}

/** Of the whole file, at its own lines; none where the device lacks what the file enables. */
async function compilerErrors({ device }: Gpu, wgsl: string): Promise<Complaint[]> {
  const wanted = [...wgsl.matchAll(/^enable (\w+);/gm)].map(([, name]) => name);
  const features = wanted.map((name) => (name === "f16" ? "shader-f16" : name!));
  if (!features.every((name) => device.features.has(name))) return [];
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ label: "changed", code: wgsl });
  const [{ messages }] = await Promise.all([module.getCompilationInfo(), device.popErrorScope()]);
  return messages
    .filter(({ type }) => type === "error")
    .map(({ lineNum, linePos, message }) => ({ line: lineNum, column: linePos, message }));
}

async function time(
  gpu: Gpu,
  { source, runs, batch }: Asks["check"]["ask"],
): Promise<Checked["times"]> {
  if (!gpu.has("timestamp-query")) return null;
  const family = replacementFamily(gpu, source);
  const model = await stepModel(gpu, {});
  const trainer = await stepTrainer(model, batch);
  try {
    return await timeReplacement(gpu, trainer.program, { family, runs });
  } finally {
    trainer.dispose();
    model.dispose();
  }
}

async function answer({ id, type, ask }: Question): Promise<void> {
  try {
    const asked = answers[type] as (ask: unknown) => Promise<Asks[keyof Asks]["answer"]>;
    post({ id, answer: await asked(ask) });
  } catch (error) {
    const code = error instanceof DiffusionError ? error.code : "unexpected";
    const message = error instanceof Error ? error.message : String(error);
    post({ id, failed: { code, message } });
  }
}

let last: Promise<void> = Promise.resolve();

self.addEventListener("message", ({ data }: MessageEvent<Question>) => {
  last = last.then(() => answer(data));
});
