// `train` that saves every step, killed at random moments: what it leaves always loads, is never older
// than one save, and the run goes on from there. Four kills here, `npm run faults` takes 50.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { philoxUniforms } from "../../src/core/philox.ts";
import { readModelFolder } from "../../src/formats/model_folder.ts";
import { readBytesIfAny } from "../../src/platform/files.ts";
import { FolderStorage } from "../../src/platform/folder_storage.ts";
import { CheckpointStore } from "../../src/train/checkpoint_store.ts";
import { times } from "../support/faults.ts";

const KILLS = times(4, 50);
const SEED = Number(process.env.WGSL_DIFFUSION_FAULTS_SEED ?? 1);
const SPREAD_MS = 150; // some saves long
const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

const CONFIG = {
  ...{ sample_size: 4, in_channels: 1, out_channels: 1, block_out_channels: [8] },
  ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
  ...{ layers_per_block: 1, norm_num_groups: 4, add_attention: false },
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-kills-"));
  await writeFile(join(folder, "tiny.json"), JSON.stringify(CONFIG));
  const header = [0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 4, 0, 0, 0, 4];
  const pixels = Array.from({ length: 6 * 16 }, (_, i) => (i * 53) % 256);
  await writeFile(join(folder, "images.idx"), Uint8Array.from([...header, ...pixels]));
});
afterAll(() => rm(folder, { recursive: true }));

const checkpoints = () => join(folder, "run", "checkpoints");

/** The step that latest.json names; 0 before the first save. */
async function namedStep(): Promise<number> {
  const bytes = await readBytesIfAny(join(checkpoints(), "latest.json"));
  return bytes ? JSON.parse(new TextDecoder().decode(bytes)).checkpoints[0].step : 0;
}

function started(args: string[]): { child: ChildProcess; told: () => string } {
  const env = { WGSL_DIFFUSION_ADAPTER: "swiftshader", ...process.env, CI: "1" };
  const child = spawn(process.execPath, [main, "train", ...args], { cwd: folder, env });
  let told = "";
  child.stderr?.on("data", (text) => {
    told += text;
  });
  return { child, told: () => told };
}

/** Trains until some time after its first save. @returns the step named just before the kill */
async function killed(args: string[], waitMs: number): Promise<{ named: number; told: string }> {
  const before = await namedStep();
  const { child, told } = started(args);
  const closed = new Promise((done) => child.on("close", done));
  while ((await namedStep()) === before) {
    if (child.exitCode !== null) throw new Error(`train ended by itself: ${told()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  const named = await namedStep();
  child.kill("SIGKILL");
  await closed;
  return { named, told: told() };
}

test(`${KILLS} kills: always loadable, never older than one save`, {
  timeout: 1_800_000,
}, async () => {
  const fresh = ["--config", "tiny.json", "--data", "images.idx", "--batch", "2", "--samples", "0"];
  const saves = ["--steps", "1000000", "--save-every", "1"];
  const waits = philoxUniforms(SEED, KILLS, { stream: 0, step: 1 });
  let last = 0;
  for (let n = 0; n < KILLS; n++) {
    const args = n === 0 ? [...fresh, ...saves, "--out", "run"] : ["--resume", "run"];
    const { named, told } = await killed(args, waits[n]! * SPREAD_MS);
    if (n > 0) expect(told, "goes on from what was found").toContain(`at step ${last}\n`);

    const damaged: string[] = [];
    const store = await CheckpointStore.open(new FolderStorage(checkpoints()));
    const { state } = await store.latest((message) => damaged.push(message));
    expect(damaged, `kill ${n}`).toEqual([]);
    expect([named, named + 1], `kill ${n}`).toContain(state.step);
    last = state.step;
    for (const part of ["model", "ema"]) {
      const path = join(folder, "run", part);
      const isThere = (await readdir(join(folder, "run"))).includes(part);
      if (n > 0) expect(isThere, `${part} of the save before kill ${n}`).toBe(true);
      if (!isThere) continue; // within the first save
      const read = (name: string) => readBytesIfAny(join(path, name));
      expect((await readModelFolder(read, path)).tensors.size).toBeGreaterThan(10);
    }
  }
  const leftOver = (await readdir(join(folder, "run"))).filter((name) => name.startsWith("."));
  expect(leftOver.length, "what kills leave is tidied up").toBeLessThan(6);
  expect((await readFile(join(folder, "run", "loss.csv"), "utf8")).split("\n")[1]).toMatch(/^1,/);
});
