// The gallery says what the pages will run on. It asks for an adapter, and opens no device.

import { DeviceError } from "../src/index.ts";
import { element } from "./shared/elements.ts";
import { adapterWords, failureWords } from "./shared/words.ts";

const adapter = element("adapter", HTMLElement);

async function tell(): Promise<void> {
  if (!navigator.gpu) throw new DeviceError("device/unsupported", "", "");
  const found = await navigator.gpu.requestAdapter();
  if (!found) throw new DeviceError("device/no-adapter", "", "");
  const { vendor, architecture, description, isFallbackAdapter } = found.info;
  const isSoftware = isFallbackAdapter || /swiftshader|llvmpipe/i.test(architecture + description);
  const facts = { vendor, architecture, description, isSoftware };
  adapter.textContent = adapterWords(facts, "The pages work on it, many times slower.");
  document.body.dataset.phase = "ready";
}

tell().catch((error) => {
  adapter.textContent = failureWords(error);
  document.body.dataset.phase = "unavailable";
});
