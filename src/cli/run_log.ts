// What a run tells of its steps: loss.csv, which holds the whole curve, whoever was interrupted.
import { join } from "node:path";
import { lineChart } from "../formats/chart.ts";
import { encodePng } from "../formats/png.ts";
import { readBytesIfAny, writeBytes } from "../platform/files.ts";
import type { TrainingRecord } from "../train/step_records.ts";

const HEADER = "step,loss,gradient_norm";
const MEAN_OF = 50; // steps whose mean loss is told

export class RunLog {
  /** of all steps of the run, those before it was resumed too */
  readonly records: TrainingRecord[];

  private constructor(records: TrainingRecord[]) {
    this.records = records;
  }

  /** A log that begins, or goes on after a step with what folders hold up to it. */
  static async open(folders: readonly string[], step: number): Promise<RunLog> {
    for (const folder of folders) {
      const csv = await readBytesIfAny(join(folder, "loss.csv"));
      if (csv) return new RunLog(recordsOf(new TextDecoder().decode(csv), step));
    }
    return new RunLog([]);
  }

  add(record: TrainingRecord): void {
    this.records.push(record);
  }

  /** Mean loss of the last steps, as far as they are numbers. */
  get lastLoss(): number {
    return meanLoss(this.records.slice(-MEAN_OF));
  }

  get firstLoss(): number {
    return meanLoss(this.records.slice(0, MEAN_OF));
  }

  get meanOf(): number {
    return MEAN_OF;
  }

  /** Writes loss.csv. */
  async save(folder: string): Promise<void> {
    const lines = this.records.map(
      ({ step, loss, gradientNorm }) => `${step},${loss},${gradientNorm}`,
    );
    await writeBytes(join(folder, "loss.csv"), `${[HEADER, ...lines].join("\n")}\n`);
  }

  /** Writes loss.png. */
  async draw(folder: string): Promise<void> {
    const finite = this.records.filter(({ loss }) => Number.isFinite(loss));
    const series = finite.map(({ step, loss }) => ({ step, value: loss }));
    const chart = lineChart(series, { title: "L_simple", xLabel: "step", yLabel: "loss" });
    await writeBytes(join(folder, "loss.png"), encodePng(chart));
  }
}

/** The lines of a loss.csv up to a step; a line that is cut short is left out. */
function recordsOf(csv: string, last: number): TrainingRecord[] {
  return csv.split("\n").flatMap((line) => {
    const [step, loss, gradientNorm, ...rest] = line.split(",").map(Number);
    const isRecord = Number.isInteger(step) && gradientNorm !== undefined && rest.length === 0;
    if (!isRecord || step! > last) return [];
    return [{ step: step!, loss: loss!, gradientNorm }];
  });
}

function meanLoss(records: readonly TrainingRecord[]): number {
  const finite = records.filter(({ loss }) => Number.isFinite(loss));
  return finite.reduce((sum, { loss }) => sum + loss, 0) / Math.max(1, finite.length);
}
