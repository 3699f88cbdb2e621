// The page of the conformance run: offers it under a name that the script can call.
import { Gpu } from "../../../src/device/gpu.ts";
import { conform, type DeviceResult } from "../run.ts";

declare global {
  interface Window {
    conformance?: () => Promise<DeviceResult>;
  }
}

window.conformance = async () => {
  const gpu = await Gpu.open();
  try {
    return await conform(gpu);
  } finally {
    gpu.dispose();
  }
};
