// `evaluate`: the variational bound of a model, on data or on given tensors.
import { Command } from "commander";
import { OptionError, ShapeError } from "../core/errors.ts";
import { type BoundReport, dataBound, type Mean } from "../evaluate/data_bound.ts";
import { type GivenTermsRecord, givenTerms } from "../evaluate/given_terms.ts";
import type { DiffusionModel } from "../nn/model.ts";
import {
  commandGpu,
  interruptSignal,
  positiveInteger,
  printResult,
  progressOf,
  seedFlag,
} from "./console.ts";
import { loadModel, TensorFile } from "./inputs.ts";
import { fitDataset, openData } from "./training_data.ts";

interface Options {
  model: string;
  data?: string;
  images?: number;
  timesteps?: number;
  inputs?: string;
  batch: number;
  seed: bigint;
  clip?: boolean;
  json?: boolean;
}

export const evaluateCommand = (): Command =>
  new Command("evaluate")
    .description("The variational bound in bits/dim, term by term, on data or on given tensors.")
    .requiredOption("--model <dir>", "model folder; its scheduler says variance and clipping")
    .option("--data <name>", "fashion-mnist, a folder of pictures, or a file as of train")
    .option("--images <n>", "the first n images of the data; default 32", positiveInteger)
    .option(
      "--timesteps <k>",
      "estimate from k timesteps an image, one drawn of each of k intervals; default: all, exactly",
      positiveInteger,
    )
    .option(
      "--inputs <file>",
      "safetensors instead of data: x0 [N,C,H,W], timestep [K] from 0, noise [K,N,C,H,W], " +
        "class_labels [N] optional",
    )
    .option("--batch <n>", "rows of one evaluation of the network", positiveInteger, 32)
    .addOption(seedFlag("of the noise of --data"))
    .option("--clip", "clip x̂_0; default as the scheduler's clip_sample")
    .option("--no-clip", "do not clip x̂_0")
    .option("--json", "print one JSON object")
    .action(run);

async function run(options: Options): Promise<void> {
  requireOneSource(options);
  const { inputs } = options;
  const given = inputs === undefined ? undefined : await readGiven(inputs);
  const { gpu, description } = await commandGpu();
  const model = await loadModel(gpu, options.model);
  if (given) await runGiven(model, given, options);
  else await runData(model, options, description);
}

function requireOneSource({ inputs, data, images, timesteps }: Options): void {
  const others = { "--data": data, "--images": images, "--timesteps": timesteps };
  const names = Object.entries(others).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  if (inputs === undefined || names.length === 0) return;
  throw new OptionError(
    "option/source",
    `evaluate: --inputs brings its own images, timesteps and noise, but ${names.join(", ")} was given.`,
    "Leave one of them out.",
  );
}

type Given = Pick<Parameters<typeof givenTerms>[1], "x0" | "noise" | "timestep" | "classLabels">;

async function readGiven(path: string): Promise<Given> {
  const file = await TensorFile.open(path);
  const timestep = file.numbers("timestep");
  if (timestep.shape.length !== 1) {
    throw new ShapeError(
      "shape/rank",
      `${path}: timestep must be [K], got [${timestep.shape.join(", ")}].`,
      "The same timesteps are evaluated for every image.",
    );
  }
  return {
    x0: file.floats("x0"),
    noise: file.floats("noise"),
    timestep: timestep.data,
    classLabels: file.optionalNumbers("class_labels")?.data,
  };
}

async function runGiven(model: DiffusionModel, given: Given, options: Options): Promise<void> {
  const { batch, clip: clips } = options;
  const N = given.x0.shape[0] ?? 0;
  const progress = progressOf("evaluating", given.timestep.length * N);
  let last: GivenTermsRecord | undefined;
  const signal = interruptSignal();
  for await (const record of givenTerms(model, { ...given, batch, clips, signal })) {
    progress.update(record.done, "terms");
    last = record;
  }
  progress.end();
  if (!last) throw new Error("evaluate: no batch was evaluated");
  const { prior, terms } = last;
  printResult(options.json, { prior, terms }, [
    "bits/dim of each image",
    `prior  ${prior.map(figures).join("  ")}`,
    ...terms.map(({ timestep, bitsPerDim }) => {
      return `t = ${timestep}  ${bitsPerDim.map(figures).join("  ")}`;
    }),
  ]);
}

async function runData(
  model: DiffusionModel,
  options: Options,
  description: string,
): Promise<void> {
  const { timesteps, batch, seed, clip: clips, json } = options;
  const network = { config: model.config, isGiven: true };
  const opened = await openData({ data: options.data ?? "fashion-mnist" }, network);
  const { data } = fitDataset(opened, model.config);
  const images = options.images ?? Math.min(32, data.count);
  const { pixels, shape } = data;
  const signal = interruptSignal();
  const asked = { pixels, shape, images, timesteps, batch, seed, clips, signal };
  let report: BoundReport | undefined;
  let progress: ReturnType<typeof progressOf> | undefined;
  for await (const record of dataBound(model, asked)) {
    progress ??= progressOf("evaluating", record.of);
    progress.update(record.done, "terms");
    report = record.report;
  }
  progress?.end();
  if (!report) throw new Error("evaluate: no batch was evaluated");
  const result = { model: options.model, data: data.name, ...report, adapter: description };
  printResult(json, result, reportLines(report, description));
}

const figures = (value: number) => value.toPrecision(7);
const show = ({ mean, standardError }: Mean) =>
  `${mean.toFixed(5)} ± ${standardError.toFixed(5)} bits/dim`;

function reportLines(report: BoundReport, description: string): string[] {
  const { images, timesteps, trainTimesteps, isEstimate } = report;
  const what = isEstimate
    ? `an estimate: ${timesteps} of ${trainTimesteps} timesteps an image, one drawn of each interval`
    : `all ${trainTimesteps} timesteps`;
  return [
    `${images} images, ${what}; ± is the standard error over images; on ${description}`,
    `prior L_T          ${show(report.prior)}`,
    `sum of L_1 … L_T-1 ${show(report.kl)}`,
    `rate               ${show(report.rate)}`,
    `distortion L_0     ${show(report.distortion)}   RMSE ${report.rmse.toFixed(3)} of 0 … 255`,
    `total              ${show(report.total)}${isEstimate ? "   (estimate)" : ""}`,
  ];
}
