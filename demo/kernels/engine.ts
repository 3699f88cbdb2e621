// The page's side of its worker: questions, and promises of their answers.
import { DiffusionError } from "../../src/index.ts";
import type { Asks, Reply } from "./messages.ts";

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

export class Engine {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  readonly #waiting = new Map<number, Waiting>();
  #next = 0;

  /** @param onLost  is called when the device was lost, whether or not it was at work */
  constructor(onLost: () => void) {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      if ("lost" in data) onLost();
      else this.#settle(data);
    });
    this.#worker.addEventListener("error", ({ message }) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(message || "The worker failed."));
      this.#waiting.clear();
    });
  }

  /** @throws DiffusionError with the code of what failed in the worker */
  ask<K extends keyof Asks>(type: K, ask: Asks[K]["ask"]): Promise<Asks[K]["answer"]> {
    const id = this.#next++;
    this.#worker.postMessage({ id, type, ask });
    return new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    }) as Promise<Asks[K]["answer"]>;
  }

  #settle(reply: Exclude<Reply, { lost: true }>): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ("answer" in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(new DiffusionError(reply.failed.code, reply.failed.message, ""));
  }
}
