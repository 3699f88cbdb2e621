// The device: one GPUDevice, its limits and features asked for explicitly, its errors collected.
//
// WebGPU reports most failures late and to nobody. Here an error or a loss is kept
// (./health.ts), and check() throws it: whoever hands out a result calls check() first, for after a loss
// almost everything still "succeeds".
import { DeviceError, DiffusionError, OptionError } from "../core/errors.ts";
import { DeviceHealth, invalid } from "./health.ts";
import { PipelineCache } from "./pipelines.ts";
import { type DeviceSource, newDevice } from "./request.ts";
import type { MapDtype } from "./shader.ts";
import { type Choices, type Offered, PLAIN_TARGET, type Target } from "./target.ts";

export { WANTED_LIMITS } from "./request.ts";
export { type Choices, type Offered, PLAIN_TARGET, type Target } from "./target.ts";

export interface GpuOptions extends DeviceSource {
  /** a device to share: it is never destroyed here, and what its owner does wrong is the owner's to hear */
  device?: GPUDevice | undefined;
  /**
   * Tests every kernel family first, gives those that are wrong here their plain variants, and does
   * without shader-f16 where float16 stays wrong: pass `selfTest`. Default: no test.
   */
  selfTest?: SelfTest | undefined;
  /** Gives every family its plain variants, to compare with. Default false. */
  plain?: boolean | undefined;
  /** bytes that all buffers made here may take together: what needs more is refused; default no limit */
  memoryLimit?: number | undefined;
  /**
   * Every launcher takes its first candidate, or the one that a resumed checkpoint pins: choices that were
   * saved, shipped or tuned are refused, and so is tuning. Default false.
   */
  deterministic?: boolean | undefined;
  /**
   * Offers kernels on the GPU's matrix units, by the experimental WGSL of subgroup matrices, to a tuning:
   * pass `subgroupMatrix`. Where the adapter has none, or `deterministic`, nothing changes. Default: none.
   */
  subgroupMatrix?: SubgroupMatrix | undefined;
}

/** A feature to open a device with, and what finds its kernels there. */
export interface SubgroupMatrix {
  readonly feature: string;
  /** undefined where the device, or this WGSL compiler, has no use for them */
  find(gpu: Gpu): Promise<Offered | undefined>;
}

/** Whether each kernel family computes on this device what it should, on maps of each type. */
export type SelfTest = (gpu: Gpu) => Promise<readonly SelfTestVerdict[]>;

export interface SelfTestVerdict {
  readonly family: string;
  readonly dtype: MapDtype;
  readonly ok: boolean;
}

/** What is made on the GPU, counted: a step must not make any of it. */
export interface GpuCounters {
  buffers: number;
  bufferBytes: number;
  bindGroups: number;
  submissions: number;
  dispatches: number;
}

export class Gpu {
  readonly device: GPUDevice;
  readonly info: GPUAdapterInfo;
  readonly pipelines: PipelineCache;
  readonly counters: GpuCounters = {
    buffers: 0,
    bufferBytes: 0,
    bindGroups: 0,
    submissions: 0,
    dispatches: 0,
  };
  /** `deterministic` was asked for */
  readonly deterministic: boolean;
  /** bytes that all buffers together may take */
  readonly memoryLimit: number | undefined;
  /** given by who may choose it, such as a tuning */
  winograd: Offered | undefined;
  #choices: Choices = {};
  #matrixUnits: Offered | undefined;
  readonly #owned: boolean;
  readonly #plain = new Set<string>();
  #isHalfWrong = false;
  readonly #isPlain: boolean;
  readonly #health: DeviceHealth;
  readonly #live = new WeakSet<GPUBuffer>();
  /** what guarded() must free where it fails */
  #made: GPUBuffer[] | undefined;
  #disposed = false;

  private constructor(
    device: GPUDevice,
    owned: boolean,
    { plain = false, memoryLimit, deterministic = false }: GpuOptions,
  ) {
    this.device = device;
    this.#isPlain = plain;
    this.memoryLimit = memoryLimit;
    this.deterministic = deterministic;
    this.info = device.adapterInfo;
    this.#health = new DeviceHealth(device, owned);
    this.pipelines = new PipelineCache(device, this.#health);
    this.#owned = owned;
  }

  /**
   * Opens a device, or takes the one that is given.
   *
   * @throws DeviceError device/unsupported (no WebGPU here), device/no-adapter, device/lost (meanwhile),
   *         device/self-test (a self-test was asked for, and the plain variants fail it too)
   */
  static async open(options: GpuOptions = {}): Promise<Gpu> {
    const { device, selfTest, deterministic } = options;
    const matrices = deterministic ? undefined : options.subgroupMatrix;
    const opened = device ?? (await newDevice(options, matrices && [matrices.feature]));
    const gpu = new Gpu(opened, device === undefined, options);
    gpu.#matrixUnits = await matrices?.find(gpu);
    if (selfTest) await gpu.#avoidWrongVariants(selfTest);
    return gpu;
  }

  async #avoidWrongVariants(selfTest: SelfTest): Promise<void> {
    if (!this.fallBack(await selfTest(this))) return;
    const wrong = (await selfTest(this)).filter(({ ok }) => !ok);
    this.#isHalfWrong = wrong.some(({ dtype }) => dtype === "f16");
    const families = wrong.filter(({ dtype }) => dtype === "f32").map(({ family }) => family);
    if (families.length === 0) return;
    this.dispose();
    throw new DeviceError(
      "device/self-test",
      `Gpu: this device computes wrong numbers, with the plainest kernels too: ${families.join(", ")}.`,
      "Update the GPU's driver, or take another adapter; `wgsl-diffusion doctor` says more.",
    );
  }

  /** Gives the families that are wrong their plain variants from here on. @returns whether any is */
  fallBack(verdicts: readonly SelfTestVerdict[]): boolean {
    const wrong = verdicts.filter(({ ok }) => !ok);
    for (const { family } of wrong) this.#plain.add(family);
    return wrong.length > 0;
  }

  get limits(): GPUSupportedLimits {
    return this.device.limits;
  }

  /** Whether the device has a feature, and it may be used. */
  has(feature: GPUFeatureName): boolean {
    if (feature === "shader-f16" && this.#isHalfWrong) return false;
    return this.device.features.has(feature);
  }

  /**
   * What launchers take instead of their first candidates, such as a tuning's result; {}, the default:
   * the same variants on every run, whatever was measured.
   */
  get choices(): Choices {
    return this.#choices;
  }

  /** @throws OptionError option/deterministic for any, where the device is to be deterministic */
  set choices(choices: Choices) {
    if (Object.keys(choices).length > 0) this.requireChoosable("Gpu.choices");
    this.#choices = choices;
  }

  /** Takes a checkpoint's choices, deterministic or not: it goes on with the kernels that it was made with. */
  pin(choices: Choices): void {
    this.#choices = choices;
  }

  /** @throws OptionError option/deterministic where no choice may be made */
  requireChoosable(operation: string): void {
    if (!this.deterministic) return;
    throw new OptionError(
      "option/deterministic",
      `${operation}: this device was opened with deterministic: true, and takes no other variants than its first.`,
      "Open it without, or leave the tuning out.",
    );
  }

  get target(): Target {
    if (this.#isPlain) return PLAIN_TARGET;
    const { subgroupMinSize, subgroupMaxSize, architecture, device, description } = this.info;
    const isFixed = this.has("subgroups") && subgroupMinSize === subgroupMaxSize;
    const text = `${architecture} ${device} ${description}`.toLowerCase();
    const software = (["swiftshader", "llvmpipe"] as const).find((name) => text.includes(name));
    const plain = this.#plain.size > 0 ? { plain: this.#plain } : {};
    const subgroupSize = (isFixed && subgroupMinSize) || 0;
    const { winograd } = this;
    const choices = this.#choices;
    const units = this.#matrixUnits ? { matrixUnits: this.#matrixUnits } : {};
    const tiles = software === undefined;
    return { subgroupSize, software, tiles, fuses: tiles, winograd, choices, ...units, ...plain };
  }

  /** @throws DeviceError the first error, or the loss of the device */
  check(): void {
    this.#health.check();
  }

  /**
   * Waits for what was submitted, to pace it. It proves no work: read a result to know that it is there.
   *
   * @throws DeviceError as soon as the device fails
   */
  async idle(): Promise<void> {
    await this.#waited(this.device.queue.onSubmittedWorkDone());
  }

  /** A promise of the device's. @throws DeviceError its failure, where that is why it is rejected */
  async #waited<T>(work: Promise<T>): Promise<T> {
    try {
      return await this.#health.wait(work);
    } catch (error) {
      throw (await this.#health.behind()) ?? error;
    }
  }

  /**
   * Runs `allocate` inside error scopes for validation and memory. Where it fails the buffers that it
   * made are destroyed.
   *
   * @throws DeviceError device/out-of-memory, device/validation; what `allocate` throws
   */
  async guarded<T>(what: string, allocate: () => T): Promise<T> {
    this.check();
    const made: GPUBuffer[] = [];
    try {
      this.device.pushErrorScope("validation");
      this.device.pushErrorScope("out-of-memory");
      const outcome = this.#collecting(made, allocate);
      const scopes = Promise.all([this.device.popErrorScope(), this.device.popErrorScope()]);
      const [memory, validation] = await this.#waited(scopes);
      if ("error" in outcome) throw outcome.error;
      if (memory) throw outOfMemory(what, memory);
      if (validation) throw invalid(what, validation);
      return outcome.result;
    } catch (error) {
      for (const buffer of made) this.destroyBuffer(buffer);
      throw error;
    }
  }

  /** Runs `allocate`; the buffers that it makes go to `made`. */
  #collecting<T>(made: GPUBuffer[], allocate: () => T): { result: T } | { error: unknown } {
    const outer = this.#made;
    this.#made = made;
    try {
      return { result: allocate() };
    } catch (error) {
      return { error };
    } finally {
      this.#made = outer;
    }
  }

  /** @throws DeviceError device/too-large where so many more bytes are more than the memory limit */
  requireRoom(what: string, bytes: number): void {
    const all = this.counters.bufferBytes + bytes;
    if (this.memoryLimit === undefined || all <= this.memoryLimit) return;
    throw new DeviceError(
      "device/too-large",
      `${what}: memoryLimit is ${this.memoryLimit} bytes, all buffers together would need ${all}.`,
      "Raise it, dispose of what is not needed, or lower the channels.",
    );
  }

  /** Makes a buffer. Call inside `guarded`. */
  createBuffer(label: string, size: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.device.createBuffer({ label, size, usage });
    this.counters.buffers++;
    this.counters.bufferBytes += size;
    this.#live.add(buffer);
    this.#made?.push(buffer);
    return buffer;
  }

  /** Whether a buffer is one of createBuffer's that was not destroyed. */
  holds(buffer: GPUBuffer): boolean {
    return this.#live.has(buffer);
  }

  /** Frees a buffer; a second call does nothing. */
  destroyBuffer(buffer: GPUBuffer): void {
    if (!this.#live.delete(buffer)) return;
    this.counters.bufferBytes -= buffer.size;
    buffer.destroy();
  }

  createBindGroup(descriptor: GPUBindGroupDescriptor): GPUBindGroup {
    this.counters.bindGroups++;
    return this.device.createBindGroup(descriptor);
  }

  submit(commands: readonly GPUCommandBuffer[]): void {
    this.counters.submissions++;
    const isHeard = this.#owned || this.#made !== undefined; // by all errors of the device, or guarded()
    if (isHeard) this.device.queue.submit(commands);
    else this.#health.watch(() => this.device.queue.submit(commands));
  }

  /**
   * Copies bytes of a buffer to the host. Waits for everything submitted before.
   *
   * @throws DeviceError where the device is lost or reported an error: no result is made up
   */
  async read(buffer: GPUBuffer, offset: number, size: number): Promise<ArrayBuffer> {
    const staging = await this.guarded("reading back", () => {
      const staging = this.createBuffer("read", size, 1 | 8 /* MAP_READ | COPY_DST */);
      const encoder = this.device.createCommandEncoder({ label: "read" });
      encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
      this.submit([encoder.finish()]);
      return staging;
    });
    try {
      return await this.readMapped(staging, size);
    } finally {
      this.destroyBuffer(staging);
    }
  }

  /** Maps a staging buffer, copies its first `size` bytes, and unmaps it. */
  async readMapped(staging: GPUBuffer, size: number): Promise<ArrayBuffer> {
    try {
      await this.#waited(staging.mapAsync(1 /* READ */, 0, size));
    } catch (cause) {
      throw cause instanceof DiffusionError ? cause : unread(staging, cause);
    }
    const copy = staging.getMappedRange(0, size).slice(0);
    staging.unmap();
    return copy;
  }

  /** Frees the device, if it is ours. What was made on a caller's device is freed by its owner. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#health.close();
    const hint = "Make a new one with Gpu.open().";
    this.#health.fail(new DeviceError("device/disposed", "Gpu: it was disposed of.", hint));
    if (this.#owned) this.device.destroy();
  }
}

function outOfMemory(what: string, { message }: GPUError): DeviceError {
  return new DeviceError(
    "device/out-of-memory",
    `${what}: the GPU is out of memory: ${message}.`,
    "Lower the batch or the channels.",
  );
}

const unread = ({ label }: GPUBuffer, cause: unknown): DeviceError =>
  new DeviceError(
    "device/read",
    `${label}: the GPU did not give its results: ${(cause as Error).message}.`,
    "The device may be lost: open a new one.",
    { cause },
  );
