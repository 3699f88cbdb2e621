// The page's sentences and figures, in words. No elements here.
import type { Adapter, RunPlan } from "./messages.ts";

const number = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en");

export const stepWords = (step: number, of: number): string =>
  `${whole.format(step)} of ${whole.format(of)}`;

export const lossWords = (loss: number): string => loss.toPrecision(3);

export const speedWords = (imagesPerSecond: number): string => number.format(imagesPerSecond);

export const networkWords = ({ parameters, size }: RunPlan): string =>
  `${whole.format(parameters)} parameters, ${size.join(" × ")} pixels`;

export const planWords = ({ batch, dispatches, memoryBytes }: RunPlan): string =>
  `${batch} images, ${dispatches} dispatches, ${number.format(memoryBytes / 2 ** 20)} MiB`;

/** What is told of an adapter before anything is trained on it. */
export function adapterWords({ name, isSoftware }: Adapter): string {
  if (!isSoftware) return `It runs on this computer’s GPU: ${name}.`;
  return (
    `There is no GPU here, only a software adapter: ${name}. It does the same sums on the ` +
    "processor, many times slower, so a small network learns small pictures. Allow some minutes."
  );
}

/** Why nothing can be trained here, and what to do. */
export function failureWords(code: string, message: string): string {
  if (code === "device/unsupported") {
    return (
      "This browser has no WebGPU, so nothing can be trained here. Open the page in a current " +
      "Chrome, Edge, Safari or Firefox, at an address that begins with https or with " +
      "http://localhost."
    );
  }
  if (code === "device/no-adapter") {
    return (
      "This browser has WebGPU, but offers no GPU to it. Switch hardware acceleration on in its " +
      "settings, update the graphics driver, and load the page again."
    );
  }
  return message;
}

/** 75 → "1 min 15 s" */
export function durationWords(seconds: number): string {
  const total = Math.round(seconds);
  if (total < 60) return `${total} s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes} min ${total % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
