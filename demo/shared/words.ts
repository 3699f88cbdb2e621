// What every page says of the adapter, and of what failed. No elements here.
import { DiffusionError, type Gpu } from "../../src/index.ts";

/** What is told of an adapter: of a Gpu here, or of a worker's. */
export interface Adapter {
  vendor: string;
  architecture: string;
  description: string;
  /** it runs on the processor */
  isSoftware: boolean;
}

export function adapterOf({ info, target }: Gpu): Adapter {
  const { vendor, architecture, description, isFallbackAdapter } = info;
  const isSoftware = target.software !== undefined || isFallbackAdapter;
  return { vendor, architecture, description, isSoftware };
}

/**
 * One sentence on what the page runs on.
 *
 * @param cost  what a software adapter means for this page, a sentence
 */
export function adapterWords(adapter: Adapter, cost: string): string {
  const { vendor, architecture, description, isSoftware } = adapter;
  const name = description || [vendor, architecture].filter(Boolean).join(" ") || "unnamed";
  if (!isSoftware) return `It runs on this computer’s GPU: ${name}.`;
  return `There is no GPU here, only a software adapter: ${name}. ${cost}`;
}

/** Failures after which nothing can be done in the page, and what to do. */
const ENDS: Readonly<Record<string, string>> = {
  "device/unsupported":
    "This browser has no WebGPU, so nothing can be computed here. Open the page in a current " +
    "Chrome, Edge, Safari or Firefox, at an address that begins with https:// or with " +
    "http://localhost.",
  "device/no-adapter":
    "This browser has WebGPU, but no GPU to offer it. Switch on hardware acceleration in the " +
    "browser’s settings, update the graphics driver, and load the page again.",
};

const CURES: Readonly<Record<string, string>> = {
  "device/lost": "The browser lost the GPU, and what lay on it. Load the page again to go on.",
  "file/missing":
    "The model is not on this site. Build the site with its models folder, or open another model.",
};

export const codeOf = (error: unknown): string =>
  error instanceof DiffusionError ? error.code : "unexpected";

/** Whether the page can do nothing at all, here. */
export const isEnd = (error: unknown): boolean => codeOf(error) in ENDS;

/** What went wrong, and what to do. */
export function failureWords(error: unknown): string {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return ENDS[code] ?? CURES[code] ?? message;
}
