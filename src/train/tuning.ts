// Tunes a model's kernels for this device, and keeps what was found: a file for each adapter, in a page's
// own storage or in a folder (the `Storage` that checkpoints have).
import { Tape } from "../autograd/tape.ts";
import { sha256 } from "../core/sha256.ts";
import type { Choices, Gpu, Target } from "../device/gpu.ts";
import { isJsonObject, jsonText, parseJsonObject } from "../formats/json.ts";
import { sidesOf } from "../formats/unet_config.ts";
import { type Dispatch, Graph } from "../graph/graph.ts";
import { ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import { type TuneOptions, type Tuning, tune } from "../graph/tuner.ts";
import { winogradKernels } from "../kernels/conv2d_winograd.ts";
import { Conditions } from "../nn/conditions.ts";
import type { DiffusionModel } from "../nn/model.ts";
import { unet } from "../nn/unet.ts";
import type { Storage } from "./checkpoint_store.ts";

/** Where choices lie. */
export interface TuningPlace {
  storage?: Storage | undefined;
  /** of the storage; default: one for each adapter, driver and browser */
  file?: string | undefined;
}

export interface TuneModelOptions extends TuneOptions, TuningPlace {
  /** images a step: other batches are other choices */
  batch: number;
  /** forward and backward pass, or for sampling the forward pass alone; default true */
  trains?: boolean;
  /** where choices of earlier tunings lie, and are written to; default: they last as long as the device */
  storage?: Storage | undefined;
}

/**
 * Measures the float32 network's kernels where this device offers several, and sets `gpu.choices`: what
 * is recorded from then on uses them. Do it before a Trainer is made; left out, every run has the same
 * variants and the same bits.
 *
 * @returns what was measured now, nothing where all was known; and the file's name
 * @throws DeviceError, OptionError option/deterministic, and what the storage throws
 */
export async function tuneModel(
  model: DiffusionModel,
  { batch, trains = true, storage, file, ...options }: TuneModelOptions,
): Promise<Tuning & { file: string }> {
  model.requireAlive();
  const { gpu } = model;
  gpu.requireChoosable("tuneModel");
  const name = file ?? (await fileOf(gpu));
  gpu.choices = { ...(await savedChoices(gpu, { storage, file: name })), ...gpu.choices };
  const record = (target: Target) => recordNetwork(model, target, { batch, trains });
  const tuning = await tune(gpu, record, options);
  gpu.choices = { ...gpu.choices, ...tuning.choices };
  if (tuning.tuned.length > 0) {
    const text = jsonText({ adapter: adapterOf(gpu), choices: gpu.choices });
    await storage?.writeFile(name, new TextEncoder().encode(text));
  }
  return { ...tuning, file: name };
}

/** One evaluation of the network, and every parameter's gradient. Nothing of it runs. */
export function recordNetwork(
  model: DiffusionModel,
  target: Target,
  { batch, trains }: { batch: number; trains: boolean },
): readonly Dispatch[] {
  const { config, weights } = model;
  const [H, W] = sidesOf(config) ?? [32, 32];
  const leaves = new Map<Tensor, undefined>(weights.tensors.map((tensor) => [tensor, undefined]));
  const graph = new Graph(target);
  const tape = new Tape(graph, trains ? leaves : new Map());
  const sample = graph.alloc([batch, config.in_channels, H, W], "sample");
  const { inputs } = new Conditions(model, new ResidentBuffer("tuning"), batch);
  const y = unet({ tape, weights }, config, { sample, ...inputs });
  graph.phase = "backward";
  if (trains) tape.backward(y, graph.alloc(y.shape, "dy"));
  return graph.dispatches;
}

/** Adapter, driver and browser: what a time may depend on. The shaders' hashes are in the choices. */
function adapterOf({ info }: Gpu): string {
  const { vendor, architecture, device, description } = info;
  const browser = globalThis.navigator?.userAgent ?? "Node";
  return [vendor, architecture, device, description, browser].filter(Boolean).join("; ");
}

const fileOf = async (gpu: Gpu): Promise<string> =>
  `tuning-${(await sha256(new TextEncoder().encode(adapterOf(gpu)))).slice(0, 16)}.json`;

/**
 * What tunings on this adapter found, for `gpu.choices`; gives the device the kernels that only they name.
 * None where there is no file, or one that is broken or another adapter's: then it is measured again.
 *
 * @throws what the storage throws
 */
export async function savedChoices(gpu: Gpu, { storage, file }: TuningPlace): Promise<Choices> {
  gpu.winograd = winogradKernels;
  const name = file ?? (await fileOf(gpu));
  const bytes = await storage?.read(name);
  if (!bytes) return {};
  try {
    const { adapter, choices } = parseJsonObject(bytes, name);
    if (adapter !== adapterOf(gpu) || !isJsonObject(choices)) return {};
    const named = Object.entries(choices).filter(([, value]) => typeof value === "string");
    return Object.fromEntries(named) as Choices;
  } catch {
    return {};
  }
}
