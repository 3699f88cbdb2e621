// `forward`: one evaluation of the U-Net on given tensors, for checking against other frameworks.
import { Command } from "commander";
import { evaluate } from "../nn/evaluate.ts";
import type { NetworkDtype } from "../nn/half_weights.ts";
import { commandGpu, dtypeOption, printResult } from "./console.ts";
import { loadModel, TensorFile, writeTensors } from "./inputs.ts";

interface Options {
  model: string;
  inputs: string;
  out: string;
  dtype?: NetworkDtype;
  json?: boolean;
}

export const forwardCommand = (): Command =>
  new Command("forward")
    .description("Evaluate the U-Net once on given tensors.")
    .requiredOption("--model <dir>", "model folder")
    .requiredOption(
      "--inputs <file>",
      "safetensors: sample [N,C,H,W], timestep [N], class_labels [N] optional",
    )
    .requiredOption("--out <file>", "safetensors to write: sample, the network's output")
    .addOption(dtypeOption())
    .option("--json", "print one JSON object")
    .action(run);

async function run({ model: folder, inputs, out, dtype, json }: Options): Promise<void> {
  const file = await TensorFile.open(inputs);
  const { gpu, description } = await commandGpu();
  const model = await loadModel(gpu, folder);
  const output = await evaluate(model, {
    sample: file.floats("sample"),
    timestep: file.numbers("timestep").data,
    classLabels: file.optionalNumbers("class_labels")?.data,
    dtype,
  });
  await writeTensors(out, new Map([["sample", output]]));
  printResult(json, { out, shape: output.shape, adapter: description }, [
    `${out}: sample [${output.shape.join(", ")}], on ${description}`,
  ]);
}
