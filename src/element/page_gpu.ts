// The device that all elements of a page share, unless they are given one: opened once, and anew after
// a loss.
import { Gpu } from "../device/gpu.ts";

let opened: Promise<Gpu> | undefined;

/** @throws DeviceError as `Gpu.open` does; the next call tries again */
export function pageGpu(): Promise<Gpu> {
  if (opened) return opened;
  const opening = Gpu.open();
  const forget = () => {
    if (opened === opening) opened = undefined;
  };
  opening.then((gpu) => gpu.device.lost.then(forget), forget);
  opened = opening;
  return opening;
}
