// The page's end of the channel: operations that are under way, and what came back of each.
import { DeviceError } from "../core/errors.ts";
import { errorOf } from "./errors.ts";
import {
  type Answer,
  Channel,
  type FromWorker,
  type ItemOf,
  type OperationName,
  type Port,
  type RequestOf,
  type Start,
  type ToWorker,
  type ValueOf,
} from "./messages.ts";

export interface CallOptions<Item = never> {
  signal?: AbortSignal | undefined;
  /** moved to the worker, not copied */
  transfer?: Transferable[] | undefined;
  onItem?: ((item: Item) => void) | undefined;
}

export interface StreamOptions {
  signal?: AbortSignal | undefined;
  /** items that the worker may make before they are asked for; default 0 */
  ahead?: number | undefined;
}

export class Calls {
  readonly #channel: Channel<ToWorker, FromWorker>;
  readonly #inboxes = new Map<number, Inbox>();
  readonly #unlisten: () => void;
  #next = 1;
  #ended: Error | undefined;
  #lost: Promise<Error> | undefined;
  #onLoss: (error: Error) => void = () => {};

  constructor(port: Port) {
    this.#channel = new Channel(port);
    this.#unlisten = this.#channel.listen((message) => {
      if (message.type === "lost") this.#tellLoss(errorOf(message.error));
      else this.#inboxes.get(message.id)?.put(message);
    });
  }

  /** Resolves when the worker's device is lost: the next time, for each who asks. */
  get lost(): Promise<Error> {
    this.#lost ??= new Promise((resolve) => {
      this.#onLoss = resolve;
    });
    return this.#lost;
  }

  /** Starts an operation, and waits for its end. @throws what it throws there */
  async call<Name extends OperationName>(
    name: Name,
    request: RequestOf<Name>,
    { signal, transfer, onItem }: CallOptions<ItemOf<Name>> = {},
  ): Promise<ValueOf<Name>> {
    const operation = this.#start({ name, request, credits: Number.POSITIVE_INFINITY }, transfer);
    const items = this.#answers(operation, signal);
    for (;;) {
      const { done, value } = await items.next();
      if (done) return value as ValueOf<Name>;
      onItem?.(value as ItemOf<Name>);
    }
  }

  /**
   * Starts an operation with the first pull; the worker goes on with each one. Leaving the loop waits
   * until the worker has freed what the operation held.
   */
  async *stream<Name extends OperationName>(
    name: Name,
    request: RequestOf<Name>,
    { signal, ahead = 0 }: StreamOptions,
  ): AsyncGenerator<{ id: number; item: ItemOf<Name> }, ValueOf<Name>, void> {
    signal?.throwIfAborted();
    const operation = this.#start({ name, request, credits: 1 + ahead });
    const items = this.#answers(operation, signal);
    try {
      for (;;) {
        const { done, value } = await items.next();
        if (done) return value as ValueOf<Name>;
        yield { id: operation.id, item: value as ItemOf<Name> };
        this.#send({ type: "want", id: operation.id });
      }
    } finally {
      await items.return(undefined);
    }
  }

  /** Ends everything that is under way, and tells the worker to free all it has. */
  close(reason: Error): void {
    if (this.#ended) return;
    this.#channel.send({ type: "close" });
    this.#unlisten();
    this.fail(reason);
  }

  /** Fails what is under way and whatever is asked for from here on. */
  fail(reason: Error): void {
    this.#ended ??= reason;
    for (const inbox of this.#inboxes.values()) inbox.fail(reason);
  }

  #tellLoss(error: Error): void {
    this.#lost = undefined;
    this.#onLoss(error);
  }

  #send(message: ToWorker): void {
    if (!this.#ended) this.#channel.send(message);
  }

  #start(
    { name, request, credits }: { name: OperationName; request: unknown; credits: number },
    transfer: Transferable[] = [],
  ): { id: number; inbox: Inbox } {
    if (this.#ended) throw this.#ended;
    const id = this.#next++;
    const inbox = new Inbox();
    this.#channel.send({ type: "start", id, name, request, credits } as Start, transfer);
    this.#inboxes.set(id, inbox);
    return { id, inbox };
  }

  /** The items of an operation; its value at the end. */
  async *#answers(
    { id, inbox }: { id: number; inbox: Inbox },
    signal: AbortSignal | undefined,
  ): AsyncGenerator<unknown, unknown, void> {
    const abort = () => this.#send({ type: "abort", id });
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    let isOver = false;
    try {
      for (;;) {
        const answer = await inbox.take();
        isOver = answer.type !== "item";
        if (answer.type === "item") yield answer.item;
        else if (answer.type === "end") return answer.value;
        else throw answer.isAbort && signal?.aborted ? signal.reason : errorOf(answer.error);
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      if (!isOver && !this.#ended) {
        this.#send({ type: "leave", id });
        await inbox.ended().catch(() => undefined);
      }
      this.#inboxes.delete(id);
    }
  }
}

/** The answers to one operation, in their order, for the one who reads them. */
class Inbox {
  readonly #answers: Answer[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => {};

  put(answer: Answer): void {
    this.#answers.push(answer);
    this.#wake();
  }

  fail(reason: Error): void {
    this.#failure = reason;
    this.#wake();
  }

  async take(): Promise<Answer> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      const answer = this.#answers.shift();
      if (answer) return answer;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Waits for the end, and drops what comes before it. */
  async ended(): Promise<void> {
    while ((await this.take()).type === "item");
  }
}

/** Of a client that was disposed of. */
export const disposedOf = (): DeviceError =>
  new DeviceError(
    "device/disposed",
    "WorkerClient: it was disposed of.",
    "Make another one with createWorkerClient().",
  );
