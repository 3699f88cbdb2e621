// The page of the browser tests: offers the job under a name that a test can call.
import address from "../../../data/fashion-mnist/t10k-images-idx3-ubyte.gz?url";
import { Gpu } from "../../../src/index.ts";
import { type JobResult, trainAndSample } from "../job.ts";

declare global {
  interface Window {
    job?: () => Promise<JobResult>;
  }
}

window.job = async () => {
  const file = new Uint8Array(await (await fetch(address)).arrayBuffer());
  const gpu = await Gpu.open();
  try {
    return await trainAndSample(gpu, file);
  } finally {
    gpu.dispose();
  }
};
