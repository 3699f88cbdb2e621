// `gradients`: the loss and every parameter's gradient on given tensors.
import { Command } from "commander";
import type { NetworkDtype } from "../nn/half_weights.ts";
import { lossGradients } from "../train/gradients.ts";
import { commandGpu, dtypeOption, printResult } from "./console.ts";
import { loadModel, TensorFile, writeTensors } from "./inputs.ts";

interface Options {
  model: string;
  inputs: string;
  out: string;
  dtype?: NetworkDtype;
  json?: boolean;
}

export const gradientsCommand = (): Command =>
  new Command("gradients")
    .description("Loss and gradients of L_simple on a given batch.")
    .requiredOption("--model <dir>", "model folder; its scheduler makes x_t, else DDPM's")
    .requiredOption(
      "--inputs <file>",
      "safetensors: x0, noise [N,C,H,W], timestep [N], class_labels [N] optional",
    )
    .requiredOption("--out <file>", "safetensors to write: loss, and one tensor a parameter")
    .addOption(dtypeOption())
    .option("--json", "print one JSON object")
    .action(run);

async function run({ model: folder, inputs, out, dtype, json }: Options): Promise<void> {
  const file = await TensorFile.open(inputs);
  const { gpu, description } = await commandGpu();
  const model = await loadModel(gpu, folder);
  const { loss, parameters } = await lossGradients(model, {
    x0: file.floats("x0"),
    noise: file.floats("noise"),
    timestep: file.numbers("timestep").data,
    classLabels: file.optionalNumbers("class_labels")?.data,
    dtype,
  });
  const lossTensor = { shape: [1], data: Float32Array.of(loss) };
  await writeTensors(out, new Map([["loss", lossTensor], ...parameters]));
  printResult(json, { out, loss, tensors: parameters.size, adapter: description }, [
    `${out}: loss ${loss}, ${parameters.size} gradients, on ${description}`,
  ]);
}
