// The suite "growth": how the time of a training step grows with its work, along four axes. A slope
// above 1 would say that something takes longer than the operations that it counts.
import { DeviceError } from "../core/errors.ts";
import { median } from "../core/statistics.ts";
import { Gpu } from "../device/gpu.ts";
import { type BenchResult, benchResult } from "./result.ts";
import { stepModel, stepTrainer } from "./step_report.ts";

interface Size {
  batch: number;
  /** of the first level; the second has twice as many */
  channels: number;
  /** height and width */
  side: number;
  /** ResNet blocks a level */
  depth: number;
}

const BASE: Size = { batch: 4, channels: 32, side: 16, depth: 1 };

const AXES: { [A in keyof Size]: readonly number[] } = {
  batch: [2, 4, 8, 16],
  channels: [16, 32, 64, 128],
  side: [8, 16, 32],
  depth: [1, 2, 4, 8],
};

const TOLERANCE = 1e-4; // of a loss, against the plain kernels'

interface Measured {
  axis: keyof Size;
  value: number;
  gflop: number;
  bytes: number;
  error: number;
  samples: number[];
}

/**
 * Times training steps of U-Nets of two levels, one axis at a time.
 *
 * @returns a result a size; `check` holds the axis's slopes: of log time against log operations, and of
 *          the log of the activations' bytes against the log of the images a step
 * @throws DeviceError bench/wrong for a loss that is not that of the plain kernels
 */
export async function growthSuite(gpu: Gpu, samples: number): Promise<BenchResult[]> {
  const plain = await Gpu.open({ device: gpu.device, plain: true });
  const results: BenchResult[] = [];
  try {
    for (const axis of Object.keys(AXES) as (keyof Size)[]) {
      const measured: Measured[] = [];
      for (const value of AXES[axis]) {
        const size = { ...BASE, [axis]: value };
        measured.push({ axis, value, ...(await measure({ gpu, plain }, size, samples)) });
      }
      results.push(...resultsOf(measured));
    }
  } finally {
    plain.dispose();
  }
  return results;
}

async function measure({ gpu, plain }: { gpu: Gpu; plain: Gpu }, size: Size, count: number) {
  const [expected = Number.NaN] = (await stepsOf(plain, size, 1)).losses;
  const { losses, samples, gflop, bytes } = await stepsOf(gpu, size, count + 1);
  const error = Math.abs(losses[0]! / expected - 1);
  if (error <= TOLERANCE) return { samples: samples.slice(1), gflop, bytes, error };
  throw new DeviceError(
    "bench/wrong",
    `bench: growth at ${JSON.stringify(size)} gives the loss ${losses[0]}, the plain kernels ${expected}.`,
    "Run `wgsl-diffusion doctor`: it names the kernel that is wrong here.",
  );
}

async function stepsOf(gpu: Gpu, size: Size, steps: number) {
  const model = await stepModel(gpu, { config: { name: "growth", text: configOf(size) } });
  const trainer = await stepTrainer(model, size.batch);
  const losses: number[] = [];
  const samples: number[] = [];
  for (let i = 0; i < steps; i++) {
    const start = performance.now();
    for await (const { loss } of trainer.run({ steps: 1 })) losses.push(loss);
    samples.push(performance.now() - start);
  }
  const gflop = trainer.program.dispatches.reduce((sum, { flops }) => sum + flops, 0) / 1e9;
  const bytes = trainer.report.peakBytes;
  trainer.dispose();
  model.dispose();
  return { losses, samples, gflop, bytes };
}

const configOf = ({ channels, side, depth }: Size): string =>
  JSON.stringify({
    _class_name: "UNet2DModel",
    sample_size: side,
    in_channels: 1,
    out_channels: 1,
    layers_per_block: depth,
    block_out_channels: [channels, 2 * channels],
    norm_num_groups: 8,
    down_block_types: ["DownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "UpBlock2D"],
    attention_head_dim: channels,
  });

function resultsOf(measured: readonly Measured[]): BenchResult[] {
  const times = measured.map(({ samples }) => median(samples));
  const slope = slopeOf(
    measured.map(({ gflop }) => gflop),
    times,
  );
  const byBatch = {
    bytes_slope: slopeOf(
      measured.map(({ value }) => value),
      measured.map(({ bytes }) => bytes),
    ),
  };
  return measured.map(({ axis, value, gflop, bytes, error, samples }) => {
    const check = { gflop, relative_error: error, slope, ...(axis === "batch" && byBatch) };
    return benchResult({ suite: "growth", name: `${axis}/${value}`, check, bytes }, samples);
  });
}

/** Of the straight line of least squares through (log x, log y). */
export function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [logX, logY] = [x.map(Math.log), y.map(Math.log)];
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [centreX, centreY] = [mean(logX), mean(logY)];
  const covariance = logX.map((value, i) => (value - centreX) * (logY[i]! - centreY));
  const variance = logX.map((value) => (value - centreX) ** 2);
  return mean(covariance) / mean(variance);
}
