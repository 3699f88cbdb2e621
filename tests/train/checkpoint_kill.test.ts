// A process that is killed while it saves: whenever that is, the last checkpoint or the one before loads.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FolderStorage } from "../../src/platform/folder_storage.ts";
import { CheckpointStore } from "../../src/train/checkpoint_store.ts";
import { stepOf } from "../support/step_checkpoint.ts";

const child = fileURLToPath(new URL("../support/save_for_ever.mjs", import.meta.url));

/** Saves into a folder, and is killed some time after the first save; gives the last step it told. */
function killedAfter(folder: string, ms: number): Promise<number> {
  const saver = spawn(process.execPath, [child, folder], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  saver.stdout.on("data", (text) => {
    if (told === "") setTimeout(() => saver.kill("SIGKILL"), ms);
    told += text;
  });
  return new Promise((done) =>
    saver.on("close", () => done(Number(told.trimEnd().split("\n").at(-1)))),
  );
}

test("killed at ten moments while it saves every step: it loads, never older than one save", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-kill-"));
  let before = 0;
  for (let n = 0; n < 10; n++) {
    const told = await killedAfter(folder, 3 + 7.3 * n);
    expect(told, "steps saved go on from what was loaded").toBeGreaterThan(before);
    const store = await CheckpointStore.open(new FolderStorage(folder));
    const damaged: string[] = [];
    const step = stepOf(await store.latest((message) => damaged.push(message)));
    expect(damaged).toEqual([]);
    expect([told, told + 1]).toContain(step);
    before = step;
  }
  await rm(folder, { recursive: true });
}, 60_000);
