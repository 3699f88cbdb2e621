// Checkpoints on disk: what is kept, what is found again, and what a failing disk or a kill can do.
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { FolderStorage } from "../../src/platform/folder_storage.ts";
import { CheckpointStore, type Score } from "../../src/train/checkpoint_store.ts";
import { stepCheckpoint, stepOf } from "../support/step_checkpoint.ts";

/** Which call of the file system fails, counted from 0; and whether all after it do. */
const disk = vi.hoisted(() => ({ calls: 0, failsAt: -1, isDead: false }));

vi.mock("node:fs/promises", async (load) => {
  const real = await load<typeof import("node:fs/promises")>();
  const fail = () => {
    const call = disk.calls++;
    const isHit = disk.failsAt >= 0 && (disk.isDead ? call >= disk.failsAt : call === disk.failsAt);
    if (isHit) throw Object.assign(new Error(`no space, call ${call}`), { code: "ENOSPC" });
  };
  const open = async (...args: Parameters<typeof real.open>) => {
    fail();
    const handle = await real.open(...args);
    for (const name of ["sync", "writeFile"] as const) {
      const method = handle[name].bind(handle) as (...given: unknown[]) => Promise<void>;
      const half = async (...given: unknown[]) => {
        try {
          fail();
        } catch (error) {
          const [bytes] = given; // a disk that is full takes a part of what is written
          if (bytes instanceof Uint8Array) await method(bytes.subarray(0, bytes.length >> 1));
          throw error;
        }
        await method(...given);
      };
      Object.assign(handle, { [name]: half });
    }
    return handle;
  };
  const counted = ["mkdir", "rename", "rm"] as const;
  const failing = counted.map((name) => {
    const method = real[name] as (...given: unknown[]) => Promise<unknown>;
    const call = async (...given: unknown[]) => {
      fail();
      return method(...given);
    };
    return [name, call];
  });
  return { ...real, open, ...Object.fromEntries(failing) };
});

let parent = "";
beforeAll(async () => {
  parent = await fs.mkdtemp(join(tmpdir(), "wgsl-diffusion-store-"));
});
beforeEach(() => {
  disk.failsAt = -1;
  disk.isDead = false;
});
afterAll(() => fs.rm(parent, { recursive: true }));

let runs = 0;
const newStorage = () => new FolderStorage(join(parent, `run${runs++}`, "checkpoints"));

async function saved(scores: readonly Score[], keep = 2) {
  const storage = newStorage();
  const store = await CheckpointStore.open(storage, { keep });
  for (const [i, score] of scores.entries())
    await store.add(i + 1, await stepCheckpoint(i + 1), score);
  return { storage, store };
}

/** The step of the latest that is whole, and what was told on the way. */
async function found(storage: FolderStorage) {
  const told: string[] = [];
  const store = await CheckpointStore.open(storage);
  return { step: stepOf(await store.latest((message) => told.push(message))), told };
}

const flat = (count: number): Score[] => Array.from({ length: count }, () => ({ loss: 1 }));
const damage = async (storage: FolderStorage, path: string) => {
  const file = join(storage.where, path);
  const bytes = await fs.readFile(file);
  bytes[bytes.length - 5]! ^= 1;
  await fs.writeFile(file, bytes);
};

describe("what is kept", () => {
  test("the last, and the best by loss", async () => {
    const { storage, store } = await saved([3, 1, 2, 4, 5].map((loss) => ({ loss })));
    expect((await fs.readdir(storage.where)).sort()).toEqual([
      "latest.json",
      "step-000002",
      "step-000004",
      "step-000005",
    ]);
    expect(store.best?.step).toBe(2);
    const pointer = JSON.parse(await fs.readFile(join(storage.where, "latest.json"), "utf8"));
    expect(pointer).toMatchObject({ format: 1, latest: "step-000005", best: "step-000002" });
  });

  test("the best by validation loss, where there is one", async () => {
    const losses = [
      { loss: 1, validationLoss: 5 },
      { loss: 3, validationLoss: 2 },
      { loss: 2, validationLoss: 3 },
      { loss: 1, validationLoss: 4 },
    ];
    const { store } = await saved(losses, 1);
    expect(store.kept.map(({ step }) => step)).toEqual([4, 2]);
  });

  test("what a killed writer left is removed by the next save", async () => {
    const { storage, store } = await saved(flat(1));
    await fs.mkdir(join(storage.where, ".step-000002-Xy12Zq"));
    await fs.writeFile(join(storage.where, ".latest.json.77.partial"), "{");
    await fs.writeFile(join(storage.where, "notes.txt"), "mine");
    await store.add(2, await stepCheckpoint(2), { loss: 1 });
    expect((await fs.readdir(storage.where)).sort()).toEqual([
      "latest.json",
      "notes.txt",
      "step-000001",
      "step-000002",
    ]);
  });
});

describe("the latest that is whole is found", () => {
  test.each([
    "step-000003/training_state.json",
    "step-000003/training_state.safetensors",
    "step-000003/diffusion_pytorch_model.safetensors",
    "step-000003/config.json",
  ])("a bit of %s changed: the one before, and it is told", async (path) => {
    const { storage } = await saved(flat(3));
    await damage(storage, path);
    const { step, told } = await found(storage);
    expect(step).toBe(2);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain("step-000003 is damaged, and left out: ");
  });

  test("without latest.json, or with a damaged one, the folders tell", async () => {
    const { storage } = await saved(flat(2));
    const pointer = join(storage.where, "latest.json");
    await fs.writeFile(pointer, "{");
    expect((await found(storage)).step).toBe(2);
    await fs.rm(pointer);
    expect((await found(storage)).step).toBe(2);
  });

  test("a folder after the one that latest.json names is older than it", async () => {
    const { storage } = await saved(flat(2));
    await fs.cp(join(storage.where, "step-000001"), join(storage.where, "step-000009"), {
      recursive: true,
    });
    expect((await found(storage)).step).toBe(2);
  });

  test("a damaged one is replaced when the run comes there again", async () => {
    const { storage } = await saved(flat(3));
    await damage(storage, "step-000003/training_state.safetensors");
    const store = await CheckpointStore.open(storage);
    await store.add(3, await stepCheckpoint(3), { loss: 1 });
    expect(await found(storage)).toEqual({ step: 3, told: [] });
  });

  test("none at all is an error", async () => {
    const storage = newStorage();
    await expect(found(storage)).rejects.toThrow(`${storage.where}: holds no checkpoint that is`);
  });
});

describe("a file system whose n-th call fails, for every n", () => {
  test.each([
    ["once", false],
    ["for good", true],
  ])("%s: what was saved before is found, and nothing half", async (_, isDead) => {
    let hits = 0;
    for (let n = 0; ; n++) {
      const { storage, store } = await saved(flat(3));
      Object.assign(disk, { calls: 0, failsAt: n, isDead });
      const failure = await store
        .add(4, await stepCheckpoint(4), { loss: 1 })
        .catch((error) => error);
      const reached = disk.calls > n;
      disk.failsAt = -1;
      if (failure) expect(failure.message, `call ${n}`).toContain("no space, call ");
      const { step, told } = await found(storage);
      expect(told, `call ${n}`).toEqual([]);
      expect(step, `call ${n}`).toBe(failure ? step : 4);
      expect([3, 4]).toContain(step);
      hits += failure ? 1 : 0;
      const next = await CheckpointStore.open(storage);
      await next.add(5, await stepCheckpoint(5), { loss: 1 });
      expect((await found(storage)).step).toBe(5);
      if (!reached) break;
    }
    expect(hits).toBeGreaterThan(20);
  });
});
