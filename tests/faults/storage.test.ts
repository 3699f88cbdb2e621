// A storage that fails, is full, or writes short at the n-th call, for every n: what was saved before is
// found, nothing half is taken for whole, and the next save succeeds.
import { describe, expect, test } from "vitest";
import { FileError } from "../../src/core/errors.ts";
import { CheckpointStore } from "../../src/train/checkpoint_store.ts";
import { MemoryStorage, STORAGE_FAULTS } from "../support/memory_storage.ts";
import { stepCheckpoint, stepOf } from "../support/step_checkpoint.ts";

const checkpoints = await Promise.all([0, 1, 2, 3, 4, 5].map((step) => stepCheckpoint(step)));
const save = async (store: CheckpointStore, step: number) =>
  store.add(step, checkpoints[step]!, { loss: 1 });

async function threeSaved(): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  const store = await CheckpointStore.open(storage);
  for (const step of [1, 2, 3]) await save(store, step);
  return storage;
}

async function found(storage: MemoryStorage): Promise<{ step: number; told: string[] }> {
  const told: string[] = [];
  const store = await CheckpointStore.open(storage);
  return { step: stepOf(await store.latest((message) => told.push(message))), told };
}

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error,
  );

describe.each(STORAGE_FAULTS)("%s", (kind) => {
  test("while it saves: the last save or the one before is found", async () => {
    let hits = 0;
    for (let n = 0, isReached = true; isReached; n++) {
      const storage = await threeSaved();
      const store = await CheckpointStore.open(storage);
      storage.fail(n, kind);
      const error = await outcome(save(store, 4));
      isReached = storage.calls > n;
      storage.fail();
      if (error) expect(error, `call ${n}`).toBeInstanceOf(FileError);
      const { step } = await found(storage);
      expect([3, 4], `call ${n}`).toContain(step);
      hits += error || step === 3 ? 1 : 0;
      await save(await CheckpointStore.open(storage), 5);
      expect(await found(storage), `call ${n}`).toEqual({ step: 5, told: [] });
    }
    expect(hits).toBeGreaterThan(kind === "short" ? 0 : 1);
  });

  test("while it loads: a checkpoint, or an error with a code", async () => {
    let hits = 0;
    for (let n = 0, isReached = true; isReached; n++) {
      const storage = await threeSaved();
      storage.fail(n, kind);
      const error = await outcome(found(storage));
      isReached = storage.calls > n;
      storage.fail();
      if (error) expect(error, `call ${n}`).toBeInstanceOf(FileError);
      hits += error ? 1 : 0;
      expect(await found(storage)).toEqual({ step: 3, told: [] });
    }
    if (kind === "for good") expect(hits).toBeGreaterThan(1);
  });
});
