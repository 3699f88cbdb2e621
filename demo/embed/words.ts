// What the pages of this folder say of the adapter, and of what failed. No elements here.
import { DiffusionError, type Gpu } from "../../src/index.ts";

/** What is told of an adapter. */
export function adapterWords({ info, target }: Gpu): string {
  const { vendor, architecture, description, isFallbackAdapter } = info;
  const name = description || [vendor, architecture].filter(Boolean).join(" ") || "unnamed";
  if (!target.software && !isFallbackAdapter) return `It runs on this computer’s GPU: ${name}.`;
  return (
    `There is no GPU here, only a software adapter: ${name}. The page and the model share the ` +
    "processor, so both are many times slower than on a GPU, and drawn more coarsely."
  );
}

const FAILURES: Readonly<Record<string, string>> = {
  "device/unsupported":
    "This browser has no WebGPU, so nothing can be drawn here. Open the page in a current Chrome, " +
    "Edge, Safari or Firefox, at an address that begins with https:// or with http://localhost.",
  "device/no-adapter":
    "This browser has WebGPU, but no GPU to offer it. Switch on hardware acceleration in the " +
    "browser’s settings, update the graphics driver, and load the page again.",
  "device/lost": "The browser lost the GPU, and the scene with it. Load the page again.",
  "file/missing":
    "The model is not on this site. Build the site with its models folder, or name another model’s " +
    "folder with ?model= in the address.",
};

/** What went wrong, and what to do. */
export function failureWords(error: unknown): string {
  if (error instanceof DiffusionError) return FAILURES[error.code] ?? error.message;
  return error instanceof Error ? error.message : String(error);
}
