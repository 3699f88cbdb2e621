// What a worker does for each operation, with the same functions that a page would call itself.
import { loadFolder } from "../data/load_folder.ts";
import { CanvasView } from "../device/canvas.ts";
import type { Gpu } from "../device/gpu.ts";
import { dataBound } from "../evaluate/data_bound.ts";
import { DiffusionModel } from "../nn/model.ts";
import { saveModel } from "../nn/save_model.ts";
import type { Weights } from "../nn/weights.ts";
import { sample } from "../samplers/sample.ts";
import { steering } from "../samplers/steering.ts";
import { readCheckpoint } from "../train/checkpoint.ts";
import { Trainer } from "../train/trainer.ts";
import type { Handles, ShownCanvas } from "./handles.ts";
import type {
  FramePlace,
  GpuFacts,
  Handle,
  ItemOf,
  ModelFacts,
  OpenRequest,
  OperationName,
  RequestOf,
  TrainerFacts,
  ValueOf,
} from "./messages.ts";

/** What operations work with. */
export interface Workshop {
  readonly handles: Handles;
  /** the device; opened with the defaults where nobody opened it, anew where it was lost */
  gpu(): Promise<Gpu>;
  open(options: OpenRequest): Promise<Gpu>;
}

/** Of one operation that is under way. */
export interface Task {
  readonly id: number;
  readonly signal: AbortSignal;
  /** sends an item unasked: progress */
  tell(item: unknown): void;
}

type Work = {
  [Name in OperationName]: (
    shop: Workshop,
    request: RequestOf<Name>,
    task: Task,
  ) => Promise<ValueOf<Name>> | AsyncGenerator<ItemOf<Name>, ValueOf<Name>, void>;
};

export const WORK: Work = {
  open: async (shop, request) => factsOf(await shop.open(request)),

  async load(shop, { folder }, { signal, tell }) {
    return keep(shop, await loadFolder(await shop.gpu(), folder, { signal, onProgress: tell }));
  },

  async create(shop, { config, seed, scheduler }) {
    return keep(shop, await DiffusionModel.create(await shop.gpu(), config, { seed, scheduler }));
  },

  files({ handles }, { model, trainer, options }) {
    return saveModel(handles.get("model", model), averageOf(handles, trainer), options);
  },

  async *sample({ handles }, { model, trainer, options }, { id, signal }) {
    const weights = averageOf(handles, trainer);
    const sampled = handles.get("model", model);
    const steer = options.steer && steering(options.steer);
    try {
      for await (const frame of sample(sampled, { ...options, steer, weights, signal })) {
        handles.setFrame(id, { frame, gpu: sampled.gpu });
        const { step, of, timestep, shape } = frame;
        yield { step, of, timestep, shape };
      }
    } finally {
      handles.setFrame(id, undefined);
    }
  },

  read({ handles }, place) {
    const { frame } = handles.frame(place);
    return { x: frame.images, x0Hat: frame.x0Hat, epsHat: frame.epsHat }[place.view]();
  },

  async picture({ handles }, place) {
    const canvas = new OffscreenCanvas(1, 1);
    await show(handles, place, { canvas, view: undefined });
    return canvas.transferToImageBitmap();
  },

  draw: ({ handles }, { canvas, ...place }) => show(handles, place, handles.get("canvas", canvas)),

  canvas: async ({ handles }, { canvas }) =>
    handles.put({ kind: "canvas", value: { canvas, view: undefined } }),

  async trainer({ handles }, { model, source, options }) {
    const trainer = await Trainer.create(handles.get("model", model), source, options);
    return trainerFacts(handles.put({ kind: "trainer", value: trainer }), trainer);
  },

  async resume(shop, { files, source, changes }) {
    const bytes = async (name: string) => {
      const file = files.get(name);
      return file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
    };
    const checkpoint = await readCheckpoint(bytes, "the checkpoint");
    const model = await DiffusionModel.load(await shop.gpu(), checkpoint.read, checkpoint.where);
    try {
      const trainer = await Trainer.resume(model, checkpoint, source, changes);
      const facts = keep(shop, model); // before its trainer, so that it is freed after it
      const handle = shop.handles.put({ kind: "trainer", value: trainer });
      return { model: facts, trainer: trainerFacts(handle, trainer) };
    } catch (error) {
      model.dispose();
      throw error;
    }
  },

  async *train({ handles }, { trainer, ...options }, { signal }) {
    yield* handles.get("trainer", trainer).run({ ...options, signal });
  },

  save: ({ handles }, { trainer, by }) => handles.get("trainer", trainer).save(by),

  losses: ({ handles }, { trainer }) => handles.get("trainer", trainer).lossByTimestep(),

  async *bound({ handles }, { model, trainer, options }, { signal }) {
    const weights = averageOf(handles, trainer) ?? handles.get("model", model).weights;
    const records = dataBound(handles.get("model", model), { ...options, weights, signal });
    for await (const record of records) {
      yield record;
      if (record.report) return record.report;
    }
    return undefined;
  },

  free: async ({ handles }, { handle }) => handles.free(handle),
};

/** A trainer's average; undefined: the model's own weights. */
const averageOf = (handles: Handles, trainer: Handle | undefined): Weights | undefined =>
  trainer === undefined ? undefined : handles.get("trainer", trainer).ema;

function keep({ handles }: Workshop, model: DiffusionModel): ModelFacts {
  const { config, scheduler, weights } = model;
  const handle = handles.put({ kind: "model", value: model });
  return { handle, config, scheduler, parameters: weights.count };
}

const trainerFacts = (handle: Handle, { options, report, step }: Trainer): TrainerFacts => ({
  handle,
  options,
  report,
  step,
});

function factsOf({ info, target, device }: Gpu): GpuFacts {
  const { vendor, architecture, description, isFallbackAdapter } = info;
  const isSoftware = target.software !== undefined || isFallbackAdapter;
  const features = [...device.features].sort();
  return { vendor, architecture, device: info.device, description, isSoftware, features };
}

async function show(handles: Handles, place: FramePlace, shown: ShownCanvas): Promise<void> {
  const { frame, gpu } = handles.frame(place);
  const texture = await frame.texture(place.view);
  if (shown.view?.gpu !== gpu) shown.view = { gpu, view: new CanvasView(gpu, shown.canvas) };
  shown.view.view.show(texture);
}
