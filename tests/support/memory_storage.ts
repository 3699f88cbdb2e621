// A `Storage` in memory one of whose calls fails, or lies: for every call of what uses it.
import { FileError } from "../../src/core/errors.ts";
import type { Storage } from "../../src/train/checkpoint_store.ts";

/**
 * "once": the call fails; "for good": it and all after it; "full": writes fail from then on, each after
 * half its bytes; "short": the call takes half of what is written, and says nothing.
 */
export const STORAGE_FAULTS = ["once", "for good", "full", "short"] as const;
export type StorageFault = (typeof STORAGE_FAULTS)[number];

export class MemoryStorage implements Storage {
  readonly where = "memory";
  readonly files = new Map<string, Uint8Array>();
  calls = 0;
  #fault: { at: number; kind: StorageFault } | undefined;

  /** Makes the n-th call from now on fail, counted from 0; none: all is well again. */
  fail(at?: number, kind: StorageFault = "once"): void {
    this.calls = 0;
    this.#fault = at === undefined ? undefined : { at, kind };
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    this.#call(false);
    return this.files.get(path)?.slice();
  }

  async writeFile(name: string, bytes: Uint8Array): Promise<void> {
    const fault = this.#call(true);
    if (fault === "full") throw this.#error(); // the old file is still there
    this.#put(name, bytes, fault);
  }

  async writeFolder(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const fault = this.#call(true);
    this.#drop(name);
    const entries = [...files];
    if (fault === "full") {
      for (const [file, bytes] of entries.slice(0, entries.length >> 1)) {
        this.#put(`${name}/${file}`, bytes, fault);
      }
      throw this.#error();
    }
    for (const [i, [file, bytes]] of entries.entries()) {
      this.#put(`${name}/${file}`, bytes, i === entries.length - 2 ? fault : undefined);
    }
  }

  async names(): Promise<string[]> {
    this.#call(false);
    return [...new Set([...this.files.keys()].map((path) => path.split("/")[0]!))];
  }

  async remove(name: string): Promise<void> {
    this.#call(false);
    this.#drop(name);
  }

  #drop(name: string): void {
    for (const path of [...this.files.keys()]) {
      if (path === name || path.startsWith(`${name}/`)) this.files.delete(path);
    }
  }

  #put(path: string, bytes: Uint8Array, fault: StorageFault | undefined): void {
    this.files.set(path, fault ? bytes.slice(0, bytes.length >> 1) : bytes.slice());
  }

  /** Counts a call. @returns what its write is to do wrong */
  #call(writes: boolean): StorageFault | undefined {
    const call = this.calls++;
    const { at, kind } = this.#fault ?? { at: Number.POSITIVE_INFINITY, kind: "once" };
    const isHit = kind === "once" || kind === "short" ? call === at : call >= at;
    if (!isHit) return undefined;
    if (kind === "short" || kind === "full") return writes ? kind : undefined;
    throw this.#error();
  }

  #error(): FileError {
    return new FileError("file/access", "memory: no room.", "Free some.");
  }
}
