// Saves checkpoints one after the other into a folder, until it is killed: node save_for_ever.mjs DIR

import { modelFiles } from "../../dist/formats/model_folder.js";
import { float32Tensor } from "../../dist/formats/safetensors.js";
import { parseUNetConfig } from "../../dist/formats/unet_config.js";
import { FolderStorage } from "../../dist/platform/folder_storage.js";
import { checkpointFiles } from "../../dist/train/checkpoint.js";
import { CheckpointStore } from "../../dist/train/checkpoint_store.js";
import { HYPER_PARAMETERS } from "../../dist/train/hyper_parameters.js";

const config = parseUNetConfig({ sample_size: 8, in_channels: 1, out_channels: 1 });
const store = await CheckpointStore.open(new FolderStorage(process.argv[2]));
const size = 50_000;

for (let step = (store.kept[0]?.step ?? 0) + 1; ; step++) {
  const data = new Float32Array(size).fill(step);
  const values = new Map([["w", { shape: [size], data }]]);
  const tensors = new Map([["w", float32Tensor([size], data)]]);
  const model = modelFiles({ config, tensors, scheduler: undefined });
  const sets = { ema: values, exp_avg: values, exp_avg_sq: values };
  const state = { step, hyperParameters: HYPER_PARAMETERS, skippedSteps: 0 };
  const files = await checkpointFiles(state, { model, sets, history: new Map() });
  await store.add(step, files, { loss: 1 });
  process.stdout.write(`${step}\n`);
}
