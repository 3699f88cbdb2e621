// What `inspect --browser` runs: a page loads this module as it lies. Plain data comes back.
import { Gpu } from "../device/gpu.ts";
import { type NumericsReport, numericsReport } from "./numerics_report.ts";
import { type StepOptions, type StepReport, type StepSource, stepReport } from "./step_report.ts";

/** A source whose folder lies under an address of the page's server. */
export type PageSource = Pick<StepSource, "config"> & {
  folder?: { name: string; address: string } | undefined;
};

/** The adapter's name, as a page is told it. */
export interface Described {
  description: string;
}

/** `stepReport` on a device of its own. */
export const stepReportInPage = (
  source: PageSource,
  options: StepOptions,
): Promise<StepReport & Described> => inPage(source, (gpu, own) => stepReport(gpu, own, options));

/** `numericsReport` on a device of its own. */
export const numericsReportInPage = (
  source: PageSource,
  options: { batch: number },
): Promise<NumericsReport & Described> =>
  inPage(source, (gpu, own) => numericsReport(gpu, own, options));

async function inPage<T extends object>(
  { config, folder }: PageSource,
  job: (gpu: Gpu, source: StepSource) => Promise<T>,
): Promise<T & Described> {
  const gpu = await Gpu.open();
  const read = async (file: string) => {
    const response = await fetch(folder?.address + file);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  };
  const { vendor, architecture, description } = gpu.info;
  try {
    const result = await job(gpu, { config, folder: folder && { name: folder.name, read } });
    return { ...result, description: description || `${vendor} ${architecture}` };
  } finally {
    gpu.dispose();
  }
}
