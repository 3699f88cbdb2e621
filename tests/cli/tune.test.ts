// `tune`, and the commands that use what it found.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lastLine, runCommand } from "../support/command.ts";

const CONFIG = {
  ...{ sample_size: 8, in_channels: 1, out_channels: 1, block_out_channels: [8] },
  ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
  ...{ layers_per_block: 1, norm_num_groups: 4, add_attention: false },
};

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-tune-"));
  await writeFile(join(folder, "tiny.json"), JSON.stringify(CONFIG));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (args: string[], interruptAt?: RegExp) => runCommand(folder, args, interruptAt);
const TUNE = ["tune", "--config", "tiny.json", "--batch", "2", "--runs", "1", "--most", "2"];
const TRAIN = ["train", "--config", "tiny.json", "--batch", "2", "--steps", "2", "--samples", "0"];

const fileOf = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));

test("each choice is printed with its candidates' times, kept in a file, and measured once", async () => {
  const outcome = await run([...TUNE, "--save", "tuned/mine.json"]);
  expect(outcome.code, outcome.err).toBe(0);
  expect(outcome.out).toMatch(
    /^conv2d forward f32 \[2,1,8,8\] by \[8,1,3,3\].*\n(?:→| ) +[\d.]+ ms {2}conv2d \{"entry":"quads"/m,
  );
  const [, count] = /^(\d+) choices measured in [\d.]+ s: \d+ others/m.exec(outcome.out)!;
  const { adapter, choices } = await fileOf("tuned/mine.json");
  expect(adapter).toMatch(/swiftshader/i);
  expect(Object.keys(choices)).toHaveLength(Number(count));
  const again = await run([...TUNE, "--save", "tuned/mine.json", "--json"]);
  expect(again.code, again.err).toBe(0);
  expect(lastLine(again)).toMatchObject({ tuned: [], interrupted: false, batch: 2, for: "train" });

  const trained = await run([...TRAIN, "--tuned", "tuned/mine.json", "--out", "run"]);
  expect(trained.code, trained.err).toBe(0);
  expect(trained.err).toContain(`${count} tuned choices in tuned/mine.json, `);
  const sampled = ["sample", "--model", "run/ema", "--count", "2", "--steps", "2"];
  const missing = await run([...sampled, "--tuned", "other.json"]);
  expect(missing.code, missing.err).toBe(0);
  expect(missing.err).toContain("nothing is tuned for this adapter in other.json, ");
}, 120_000);

test("Ctrl-C keeps what was found", async () => {
  const long = [...TUNE, "--runs", "200"]; // progress is told every five seconds
  const outcome = await run([...long, "--save", "early.json", "--json"], /choices \d+\//);
  expect(outcome.code, outcome.err).toBe(130);
  const { interrupted, tuned } = lastLine(outcome);
  expect(interrupted).toBe(true);
  const { choices } = await fileOf("early.json");
  expect(Object.keys(choices)).toHaveLength(tuned.length);
  expect(tuned.length).toBeGreaterThan(0);
}, 120_000);

test("a use that is unknown is a usage error", async () => {
  const outcome = await run([...TUNE, "--for", "speed"]);
  expect(outcome.code).toBe(2);
  expect(outcome.err).toContain("Allowed choices are train, sample.");
});
