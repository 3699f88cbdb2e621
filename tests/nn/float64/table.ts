// The table of scripts/numerics.mjs.
import { columns } from "../../../src/cli/inspect_tables.ts";
import { Gpu } from "../../../src/device/gpu.ts";
import { parseJsonObject } from "../../../src/formats/json.ts";
import { parseUNetConfig } from "../../../src/formats/unet_config.ts";
import { openGpu } from "../../../src/platform/node_gpu.ts";
import { presetFor } from "../../../src/train/presets.ts";
import { type Float64Error, float64Errors } from "./layer_errors.ts";

export interface Asked {
  /** a config.json and its text; default: the preset's */
  name?: string | undefined;
  text?: string | undefined;
  batch: number;
}

/** A line a layer, the worst of both passes below. */
export async function numericsTable({ name, text, batch }: Asked) {
  const gpu = await Gpu.open({
    gpu: (await openGpu(process.env.WGSL_DIFFUSION_ADAPTER ? {} : { adapter: "swiftshader" })).gpu,
  });
  const { config: preset } = presetFor(gpu.target);
  const config =
    text === undefined ? preset : parseUNetConfig(parseJsonObject(text, name ?? "config.json"));
  const started = performance.now();
  const errors = await float64Errors(gpu, config, { batch });
  const seconds = (performance.now() - started) / 1000;
  const { vendor, architecture, description } = gpu.info;
  gpu.dispose();
  const lines = [
    `${[vendor, architecture, description].filter(Boolean).join(" ")}: ${name ?? "the model of train"}, batch ${batch}, in ${seconds.toFixed(0)} s`,
    "largest error of a tensor, as a part of its largest value in float64:",
    "",
    ...columns([["layer", "phase", "tensor", "shape", "error", "allowed"], ...errors.map(rowOf)]),
    "",
    ...(["forward", "backward"] as const).map((phase) => summary(errors, phase)),
  ];
  return { lines, errors };
}

const rowOf = ({ layer, phase, tensor, shape, error, bound }: Float64Error): string[] => [
  layer,
  phase,
  tensor,
  `[${shape.join(", ")}]`,
  error.toExponential(1),
  bound.toExponential(0),
];

function summary(errors: readonly Float64Error[], phase: Float64Error["phase"]): string {
  const all = errors.filter((one) => one.phase === phase).sort((a, b) => b.error - a.error);
  const wrong = all.filter(({ ok }) => !ok).length;
  const [worst] = all;
  if (!worst) return `${phase}: nothing`;
  const middle = all[all.length >> 1]!.error.toExponential(1);
  return `${phase}: ${all.length - wrong} of ${all.length} right; worst ${worst.error.toExponential(1)} (${worst.layer}, ${worst.tensor}), median ${middle}`;
}
