// A run's folder: model/ and ema/ as diffusers lays them, samples.png, loss.csv, loss.png.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../core/errors.ts";
import { lineChart } from "../formats/chart.ts";
import { encodePng, type PixelImage } from "../formats/png.ts";
import { exists, writeBytes, writeFolder } from "../platform/files.ts";
import type { Trainer, TrainingRecord } from "../train/trainer.ts";

export class RunFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * A new folder; its parents are made.
   *
   * @param path   default: one in runs/, named by the time
   * @throws FileError where there is one already, unless `force`
   */
  static async create(path: string | undefined, force: boolean): Promise<RunFolder> {
    const folder = path ?? join("runs", new Date().toISOString().slice(0, 19).replace(/:/g, "-"));
    if (!force && (await exists(folder))) {
      throw new FileError(
        "file/exists",
        `${folder}: exists already.`,
        "Name another folder with --out, or say --force to write into it.",
      );
    }
    return new RunFolder(folder);
  }

  /** model/ and ema/, each whole or not at all. */
  async saveModels(trainer: Trainer): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeFolder(join(this.path, "model"), await trainer.model.files());
    await writeFolder(join(this.path, "ema"), await trainer.model.files(trainer.ema));
  }

  /** loss.csv and loss.png. */
  async saveLosses(records: readonly TrainingRecord[]): Promise<void> {
    const lines = records.map(({ step, loss, gradientNorm }) => `${step},${loss},${gradientNorm}`);
    const csv = `${["step,loss,gradient_norm", ...lines].join("\n")}\n`;
    await writeBytes(join(this.path, "loss.csv"), csv);
    const series = records.map(({ step, loss }) => ({ step, value: loss }));
    const chart = lineChart(series, { title: "L_simple", xLabel: "step", yLabel: "loss" });
    await writeBytes(join(this.path, "loss.png"), encodePng(chart));
  }

  async savePicture(name: string, image: PixelImage): Promise<void> {
    await writeBytes(join(this.path, name), encodePng(image));
  }
}
