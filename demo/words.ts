// What the page says of the adapter, and of what failed. No elements here.
import type { Adapter } from "./messages.ts";

/** What is told of an adapter before anything is trained on it. */
export function adapterWords({ name, isSoftware }: Adapter): string {
  if (!isSoftware) return `It runs on this computer’s GPU: ${name}.`;
  return (
    `There is no GPU here, only a software adapter: ${name}. It does the same sums on the ` +
    "processor, many times slower, so a small network learns small pictures. Allow some minutes."
  );
}

/** What went wrong in a run, and what to do. */
export function failureWords(code: string, message: string): string {
  if (code !== "device/lost") return message;
  return (
    "The browser lost the GPU, and the run with it. Press Start to begin anew; if that fails, " +
    "load the page again."
  );
}

/** Why nothing can be trained here, and what to do; undefined where it can. */
export function unavailableWords(code: string): string | undefined {
  if (code === "device/unsupported") {
    return (
      "This browser has no WebGPU, so nothing can be trained here. Open the page in a current " +
      "Chrome, Edge, Safari or Firefox, at an address that begins with https:// or with " +
      "http://localhost."
    );
  }
  if (code === "device/no-adapter") {
    return (
      "This browser has WebGPU, but no GPU to offer it. Switch on hardware acceleration in the " +
      "browser’s settings, update the graphics driver, and load the page again."
    );
  }
  return undefined;
}
