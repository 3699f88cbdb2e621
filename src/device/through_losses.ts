// Work that outlives its device: a driver's reset, a crashed GPU process, a laptop's other GPU.
//
// It knows nothing of what is done. The work is begun anew on another device, and keeps for itself what
// it had reached; what it yields is progress.
import { DeviceError, DiffusionError } from "../core/errors.ts";
import type { Gpu } from "./gpu.ts";

export interface ThroughLosses<Item, Result> {
  /** for messages */
  what: string;
  /** opens a device: at the start, and after each loss */
  open(): Promise<Gpu>;
  /** does it on a device: from the start, or from where it was; frees what it made there if it fails */
  work(gpu: Gpu): AsyncGenerator<Item, Result, void>;
  signal?: AbortSignal | undefined;
}

/** Tries after a loss that may bring nothing new, before it is given up. */
const MOST_TRIES = 2;

const PAUSE_MS = 250; // before another device is asked for, where none was given

/**
 * Does work, on another device where one is lost. The device is disposed of, except of the one that
 * the result is on.
 *
 * @throws DeviceError device/lost where two more tries after a loss bring nothing new, or no device is
 *         given any more; whatever else `open` and `work` throw, at once
 */
export async function* throughLosses<Item, Result>(
  options: ThroughLosses<Item, Result>,
): AsyncGenerator<Item, Result, void> {
  const { what, work, signal } = options;
  let loss: DeviceError | undefined;
  for (let tries = 0; ; ) {
    const gpu = await opened(options, loss);
    const loop = work(gpu);
    let isDone = false;
    try {
      for (let next = await loop.next(); ; next = await loop.next()) {
        if (next.done) {
          gpu.check(); // nothing is reported after a loss
          isDone = true;
          return next.value;
        }
        tries = 0;
        yield next.value;
      }
    } catch (error) {
      loss = signal?.aborted ? undefined : lossBehind(gpu, error);
      if (!loss) throw error;
    } finally {
      if (!isDone) {
        await loop.return(undefined as never).catch(() => undefined); // it is being left for an error
        gpu.dispose();
      }
    }
    tries++;
    if (tries > MOST_TRIES) throw givenUp(what, loss);
  }
}

/** A device; after a loss it is asked for a few times. */
async function opened<Item, Result>(
  { what, open, signal }: ThroughLosses<Item, Result>,
  loss: DeviceError | undefined,
): Promise<Gpu> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted();
    try {
      return await open();
    } catch (error) {
      if (!loss) throw error;
      if (tries === MOST_TRIES) throw noOther(what, error);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** The loss of the device, where that is what an error comes from. */
function lossBehind(gpu: Gpu, error: unknown): DeviceError | undefined {
  const isOther = error instanceof DiffusionError && !error.code.startsWith("device/");
  if (isOther) return undefined;
  try {
    gpu.check();
  } catch (failure) {
    const isLoss = failure instanceof DeviceError && failure.code === "device/lost";
    return isLoss ? failure : undefined;
  }
  return undefined;
}

const givenUp = (what: string, cause: DeviceError): DeviceError =>
  new DeviceError(
    "device/lost",
    `${what}: the device was lost ${MOST_TRIES + 1} times without progress between.`,
    "Lower the batch or set frameBudgetMs: a long submission can trip the driver's watchdog; then resume.",
    { cause },
  );

const noOther = (what: string, cause: unknown): DeviceError =>
  new DeviceError(
    "device/lost",
    `${what}: the device was lost, and no other is given.`,
    "Reload the page, or start the program again: a browser gives none after a few crashes. Then resume.",
    { cause },
  );
