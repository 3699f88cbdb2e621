// Whether a device still works: its first error, its loss, or that it was disposed of; and who waits
// for it meanwhile.
//
// After a loss WebGPU promises resolve as if all were well, are rejected with words of their own, or
// never settle. Whoever waits through wait() is told the failure instead, as soon as it is known.
import { DeviceError } from "../core/errors.ts";

/** The promise of a loss may come after the errors that it causes: so long is waited for it. */
const LOSS_FOLLOWS_MS = 250;

export class DeviceHealth {
  #failure: DeviceError | undefined;
  readonly #waiting = new Set<(failure: DeviceError) => void>();
  readonly #device: GPUDevice;

  /** @param owned  else errors that nobody captures are told to the device's owner, and may be its own */
  constructor(device: GPUDevice, owned: boolean) {
    this.#device = device;
    if (owned) device.addEventListener("uncapturederror", this.#onError);
    device.lost.then(({ reason, message }) => this.fail(lost(reason, message)));
  }

  /** @throws DeviceError the first failure */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Keeps the first failure, and tells it to all who wait. */
  fail(failure: DeviceError): void {
    this.#failure ??= failure;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const tell of waiting) tell(this.#failure);
  }

  /**
   * Waits for a promise of the device's.
   *
   * @throws DeviceError the failure, where one comes first, or was there when the promise settled
   */
  async wait<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined); // where the device has failed already nobody else hears it
    this.check();
    let tell: ((failure: DeviceError) => void) | undefined;
    const failed = new Promise<never>((_, reject) => {
      tell = reject;
      this.#waiting.add(reject);
    });
    try {
      const result = await Promise.race([work, failed]);
      this.check();
      return result;
    } finally {
      if (tell) this.#waiting.delete(tell);
    }
  }

  /** Runs a command; where WebGPU refuses it, that is the device's failure, whoever owns the device. */
  watch(command: () => void): void {
    this.#device.pushErrorScope("validation");
    command();
    const refused = this.#device.popErrorScope();
    refused.then((error) => error && this.fail(invalid("GPU", error))).catch(() => undefined);
  }

  /** The failure behind an error that the device gave, where it comes within a moment. */
  async behind(): Promise<DeviceError | undefined> {
    if (this.#failure) return this.#failure;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LOSS_FOLLOWS_MS);
    });
    await this.wait(late).catch(() => undefined);
    clearTimeout(timer);
    return this.#failure;
  }

  /** Hears no more uncaptured errors. */
  close(): void {
    this.#device.removeEventListener("uncapturederror", this.#onError);
  }

  readonly #onError = ({ error }: GPUUncapturedErrorEvent): void => {
    this.fail(invalid("GPU", error));
  };
}

/** WebGPU refused a command. */
export function invalid(what: string, error: GPUError): DeviceError {
  return new DeviceError(
    "device/validation",
    `${what}: WebGPU refused a command: ${error.message}`,
    "This is a bug of wgsl-diffusion, or of what was passed to it: report it with this message.",
  );
}

const lost = (reason: GPUDeviceLostReason, message: string): DeviceError =>
  new DeviceError(
    "device/lost",
    `Gpu: the device was lost (${reason}): ${message.replace(/\.$/, "")}.`,
    "Open a new one and resume from the last checkpoint; in a page, reload if that fails.",
  );
