// The worker's end of the channel: starts operations, and goes on with each as its page asks.
import { Gpu } from "../device/gpu.ts";
import { selfTest } from "../inspect/self_test.ts";
import { recordOf } from "./errors.ts";
import { Handles } from "./handles.ts";
import {
  Channel,
  type FromWorker,
  type OpenRequest,
  type Port,
  type Start,
  type ToWorker,
} from "./messages.ts";
import { type Task, WORK, type Workshop } from "./operations.ts";

export interface ServeOptions {
  /** opens a device, default `Gpu.open` of what a page's worker has */
  open?: ((options: OpenRequest) => Promise<Gpu>) | undefined;
}

/**
 * Does what the page at the other end of a port asks for, until it says that it is done.
 *
 * @param port  a worker's own scope, or an end of a MessageChannel
 */
export function serve(port: Port, options: ServeOptions = {}): void {
  const server = new Server(new Channel(port), options.open ?? openHere);
  const unlisten = server.channel.listen((message) => {
    if (message.type === "start") void server.run(message);
    else if (message.type === "close") {
      unlisten();
      server.close();
    } else server.task(message.id)?.[message.type]();
  });
}

// No import() in what a worker runs: Vite 7 and before refuse to build it.
const openHere = ({ selfTest: isTested, ...options }: OpenRequest): Promise<Gpu> =>
  Gpu.open({ ...options, selfTest: isTested ? selfTest : undefined });

class Server implements Workshop {
  readonly channel: Channel<FromWorker, ToWorker>;
  readonly handles = new Handles();
  readonly #openGpu: (options: OpenRequest) => Promise<Gpu>;
  readonly #tasks = new Map<number, RunningTask>();
  #gpu: Promise<Gpu> | undefined;

  constructor(
    channel: Channel<FromWorker, ToWorker>,
    openGpu: (options: OpenRequest) => Promise<Gpu>,
  ) {
    this.channel = channel;
    this.#openGpu = openGpu;
  }

  task(id: number): RunningTask | undefined {
    return this.#tasks.get(id);
  }

  gpu(): Promise<Gpu> {
    return this.#gpu ?? this.open({});
  }

  async open(options: OpenRequest): Promise<Gpu> {
    await this.#gpu?.then(
      (gpu) => {
        this.handles.clear(); // they are of the device that goes
        gpu.dispose();
      },
      () => undefined,
    );
    const opening = this.#openGpu(options);
    this.#gpu = opening;
    opening.then(
      (gpu) => this.#watch(gpu, opening),
      () => this.#forget(opening),
    );
    return opening;
  }

  close(): void {
    for (const task of this.#tasks.values()) task.abort();
    this.handles.clear();
    const closed = this.#gpu;
    this.#gpu = undefined;
    closed?.then(
      (gpu) => gpu.dispose(),
      () => undefined,
    );
  }

  /** Runs an operation to its end, an item at a time. */
  async run({ id, name, request, credits }: Start): Promise<void> {
    const tell = (item: unknown) => this.channel.send({ type: "item", id, item });
    const task = new RunningTask(id, credits, tell);
    this.#tasks.set(id, task);
    try {
      const work = WORK[name] as (shop: Workshop, asked: unknown, task: Task) => unknown;
      const value = await this.#worked(work(this, request, task), task);
      this.channel.send({ type: "end", id, value }, transferablesOf(value));
    } catch (error) {
      const isAbort = task.signal.aborted && error === task.signal.reason;
      this.channel.send({ type: "failed", id, error: recordOf(error), isAbort });
    } finally {
      this.#tasks.delete(id);
    }
  }

  async #worked(working: unknown, task: RunningTask): Promise<unknown> {
    if (!isGenerator(working)) return working;
    for (;;) {
      await task.credit();
      if (task.isLeft) return void (await working.return(undefined));
      const { done, value } = await working.next();
      if (done) return value;
      task.tell(value);
    }
  }

  #watch(gpu: Gpu, opening: Promise<Gpu>): void {
    gpu.device.lost.then(() => {
      if (this.#gpu !== opening) return; // it was given back
      this.#forget(opening);
      try {
        gpu.check();
      } catch (error) {
        this.channel.send({ type: "lost", error: recordOf(error) });
      }
    });
  }

  #forget(opening: Promise<Gpu>): void {
    if (this.#gpu === opening) this.#gpu = undefined;
  }
}

/** An operation, and what the page has said about it. */
class RunningTask implements Task {
  readonly id: number;
  readonly tell: (item: unknown) => void;
  readonly #abort = new AbortController();
  #credits: number;
  #isLeft = false;
  #wake: () => void = () => {};

  constructor(id: number, credits: number, tell: (item: unknown) => void) {
    this.id = id;
    this.#credits = credits;
    this.tell = tell;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isLeft(): boolean {
    return this.#isLeft;
  }

  want(): void {
    this.#credits++;
    this.#wake();
  }

  /** The next item is asked for without its page, so that what is held is freed at once. */
  abort(): void {
    this.#abort.abort();
    this.#credits = Number.POSITIVE_INFINITY;
    this.#wake();
  }

  leave(): void {
    this.#isLeft = true;
    this.#wake();
  }

  /** Waits until the page wants an item, or leaves. */
  async credit(): Promise<void> {
    while (this.#credits <= 0 && !this.#isLeft) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#credits--;
  }
}

const isGenerator = (value: unknown): value is AsyncGenerator<unknown, unknown, void> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/** What is moved to the page: pixels, files and pictures, of which the worker keeps nothing. */
function transferablesOf(value: unknown): Transferable[] {
  const values: unknown[] = value instanceof Map ? [...value.values()] : [value];
  const found = new Set<Transferable>();
  for (const one of values) {
    if (one instanceof Float32Array || one instanceof Uint8Array)
      found.add(one.buffer as ArrayBuffer);
    if (typeof ImageBitmap !== "undefined" && one instanceof ImageBitmap) found.add(one);
  }
  return [...found];
}
