// `train --data` as a user gives it: folders of photographs, archives, other files; and mistakes.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lastLine, runCommand } from "../support/command.ts";
import { type PictureFormat, pictureFile } from "../support/pictures.ts";

const PHOTOS: readonly [path: string, width: number, height: number, PictureFormat][] = [
  ["hills/a.jpg", 90, 60, "jpeg"],
  ["hills/b.png", 33, 71, "png"],
  ["hills/more/c.webp", 120, 40, "webp"],
  ["lakes/d.jpg", 48, 48, "jpeg"],
  ["lakes/e.jpg", 64, 96, "jpeg"],
  ["lakes/f.png", 20, 17, "png"],
];

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-data-"));
  const files: Record<string, Uint8Array> = {};
  for (const [seed, [path, width, height, format]] of PHOTOS.entries()) {
    const bytes = await pictureFile([width, height], seed, format);
    files[`photos/${path}`] = bytes;
    await mkdir(join(folder, "photos", path, ".."), { recursive: true });
    await writeFile(join(folder, "photos", path), bytes);
  }
  await writeFile(join(folder, "photos.zip"), zipSync(files));
});
afterAll(() => rm(folder, { recursive: true }));

const train = (...args: string[]) => runCommand(folder, ["train", "--batch", "2", ...args]);

describe("train on photographs of mixed sizes", () => {
  const asked = ["--image-size", "8", "--classes", "auto", "--steps", "2", "--samples", "0"];

  test("a folder: cropped, scaled, in colours, with a class a folder; figures of preparing", async () => {
    const outcome = await train("--data", "photos", ...asked, "--out", "a", "--json");
    expect(outcome.code, outcome.err).toBe(0);
    const { data } = lastLine(outcome);
    expect(data).toMatchObject({ images: 6, shape: [3, 8, 8] });
    expect(data.seconds).toBeGreaterThan(0);
    expect(data.imagesPerSecond * data.seconds).toBeCloseTo(6, 6);
    expect(data.shareOfStep).toBeGreaterThan(0);
    const config = JSON.parse(await readFile(join(folder, "a/model/config.json"), "utf8"));
    expect(config).toMatchObject({ in_channels: 3, out_channels: 3, sample_size: 8 });
    expect(config.num_class_embeds).toBe(3); // two folders, and the null class
  });

  test("the same in an archive gives the same losses, to the bit", async () => {
    const outcome = await train("--data", "photos.zip", ...asked, "--out", "b");
    expect(outcome.code, outcome.err).toBe(0);
    expect(outcome.out).toMatch(/6 images prepared in .* % of a step/);
    const [a, b] = ["a", "b"].map((out) => readFile(join(folder, out, "loss.csv"), "utf8"));
    expect(await b).toBe(await a);
  });

  test.each<[string, string[], number, RegExp]>([
    ["no such folder", ["--data", "nowhere"], 1, /nowhere: there is no such file or folder/],
    ["no images", ["--data", "none.txt"], 1, /none\.txt: holds neither IDX, CIFAR, zip, parquet/],
    ["a broken picture", ["--data", "cut.png"], 1, /cut\.png: is no picture that can be decoded/],
    [
      "no classes",
      ["--data", "photos/hills", "--classes", "auto"],
      1,
      /photos\/hills: --classes auto takes folders of pictures/,
    ],
    ["a size that is none", ["--image-size", "0"], 2, /--image-size/],
    ["channels that are none", ["--channels", "2"], 2, /--channels/],
  ])("%s: exit code and error", async (_, args, code, message) => {
    await writeFile(join(folder, "none.txt"), "nothing");
    const photo = await readFile(join(folder, "photos/hills/b.png"));
    await writeFile(join(folder, "cut.png"), photo.subarray(0, 400));
    const outcome = await train(...args, "--steps", "1", "--out", "refused");
    expect(outcome.code, outcome.err).toBe(code);
    expect(outcome.err).toMatch(message);
  });
});
