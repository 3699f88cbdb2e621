// What commands share: the GPU, interruption, progress, and how errors are told.
import { SingleBar } from "cli-progress";
import { InvalidArgumentError, Option } from "commander";
import { DiffusionError } from "../core/errors.ts";
import { Gpu } from "../device/gpu.ts";
import { subgroupMatrix } from "../kernels/subgroup_matrix.ts";
import { NETWORK_DTYPES } from "../nn/half_weights.ts";
import { openGpu } from "../platform/node_gpu.ts";

/** What a command that was interrupted throws, after it has saved what it had. */
export const INTERRUPTED = Symbol("interrupted");

export interface OpenedGpu {
  gpu: Gpu;
  /** adapter and why it was chosen, for people */
  description: string;
}

interface CommandGpuOptions {
  /** bytes that all buffers may take */
  memoryLimit?: number | undefined;
  /** offers kernels on matrix units to a tuning */
  subgroupMatrix?: boolean | undefined;
}

/** Opens a device. */
export type OpenGpu = (options?: CommandGpuOptions) => Promise<OpenedGpu>;

/** The GPU that this machine has: see `openGpu`. */
export const commandGpu: OpenGpu = async ({ memoryLimit, ...asked } = {}) => {
  const { gpu: source, driver, reason } = await openGpu();
  const matrices = asked.subgroupMatrix ? subgroupMatrix : undefined;
  const gpu = await Gpu.open({ gpu: source, memoryLimit, subgroupMatrix: matrices });
  const { vendor, architecture, description } = gpu.info;
  const name = description || `${vendor} ${architecture}`;
  const units = matrices ? `; matrix units: ${gpu.target.matrixUnits?.described ?? "none"}` : "";
  return { gpu, description: `${name} (${driver}: ${reason})${units}` };
};

/** A signal that Ctrl-C or a polite kill aborts; a second one ends the process at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(INTERRUPTED);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

/** A bar on a terminal, plain lines elsewhere; always on stderr, for stdout is the result's. */
export interface Progress {
  update(done: number, note: string): void;
  end(): void;
}

const LINE_INTERVAL_MS = 5000;

/** @param from  what was done before; default nothing */
export function progressOf(what: string, total: number, from = 0): Progress {
  const isTerminal = process.stderr.isTTY === true && !process.env.CI;
  return isTerminal ? progressBar(what, total, from) : progressLines(what, total);
}

function progressBar(what: string, total: number, from: number): Progress {
  const bar = new SingleBar({
    format: `${what} {bar} {value}/{total} · {note} · {eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    hideCursor: true,
    stream: process.stderr,
  });
  bar.start(total, from, { note: "compiling" });
  return {
    update: (done, note) => bar.update(done, { note }),
    end: () => bar.stop(),
  };
}

function progressLines(what: string, total: number): Progress {
  let last = 0;
  let first: { done: number; ms: number } | undefined;
  return {
    update(done, note) {
      const now = performance.now();
      first ??= { done, ms: now };
      if (done < total && now - last < LINE_INTERVAL_MS) return;
      last = now;
      const left = ((now - first.ms) / (done - first.done)) * (total - done); // NaN at the first
      const time = done < total && left >= 0 ? ` · ${Math.ceil(left / 1000)} s left` : "";
      process.stderr.write(`${what} ${done}/${total} · ${note}${time}\n`);
    },
    end() {},
  };
}

/** How an error is told: class, code, message; the stack only of what nobody foresaw. */
export function failureText(error: unknown): string {
  if (error instanceof DiffusionError) return `${error.name} [${error.code}]: ${error.message}`;
  if (error instanceof Error) return `unexpected ${error.stack ?? error.message}`;
  return `unexpected ${String(error)}`;
}

/** Prints a command's result: one JSON object as the last line, or lines for people. */
export function printResult(isJson: boolean | undefined, result: object, lines: string[]): void {
  process.stdout.write(isJson ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
}

type Check = (value: number) => boolean;

/** A parser of a number option, for commander: usage errors exit with 2. */
export function numberOption(rule: string, accepts: Check): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value) && accepts(value)) return value;
    throw new InvalidArgumentError(`It must be ${rule}.`);
  };
}

export const positiveInteger = numberOption(
  "a whole number above 0",
  (n) => Number.isSafeInteger(n) && n > 0,
);
export const positiveNumber = numberOption("a number above 0", (n) => n > 0);
export const atLeastZero = numberOption("a number, 0 or more", (n) => n >= 0);
export const fraction = numberOption("a number from 0 to below 1", (n) => n >= 0 && n < 1);

/** `--seed`; its default is told as text, for help can not print a bigint. */
export const seedFlag = (description: string): Option =>
  new Option("--seed <n>", description).argParser(seedOption).default(0n, "0");

/** A seed: a whole number 0 … 2⁶⁴ − 1. */
export function seedOption(text: string): bigint {
  if (/^\d{1,20}$/.test(text) && BigInt(text) < 2n ** 64n) return BigInt(text);
  throw new InvalidArgumentError("It must be a whole number from 0 to 2^64 − 1.");
}

/** What the network's maps are stored in. */
export const dtypeOption = (): Option =>
  new Option("--dtype <name>", "of the network's maps; float16 needs shader-f16").choices(
    NETWORK_DTYPES,
  );

/** Kernels on matrix units, where the adapter has the feature. */
export const subgroupMatrixOption = (): Option =>
  new Option(
    "--subgroup-matrix",
    "kernels on the GPU's matrix units, where it has them, for `tune` and --tuned; experimental",
  );

/** What all buffers on the GPU may take together; parsed to bytes. */
export const memoryLimitOption = (): Option =>
  new Option(
    "--memory-limit <MiB>",
    "that all buffers on the GPU may take; what needs more is refused, with what would fit",
  ).argParser((text) => Math.floor(positiveNumber(text) * 2 ** 20));
