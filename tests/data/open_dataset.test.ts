// One door: files of every kind in, images of one size out; and what no data set is.
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cropScale } from "../../src/data/crop_scale.ts";
import type { DataFile } from "../../src/data/data_file.ts";
import { type OpenDatasetOptions, openDataset } from "../../src/data/open_dataset.ts";
import { pageFiles } from "../../src/data/page_files.ts";
import { float32Tensor, writeSafetensors } from "../../src/formats/safetensors.ts";
import { filesAt } from "../../src/platform/folder_files.ts";
import { sharpPicture } from "../../src/platform/sharp_picture.ts";
import { classCount } from "../../src/train/dataset.ts";
import { type PictureFormat, pictureFile } from "../support/pictures.ts";
import { refuses } from "../support/refusal.ts";

/** By path: files in memory. */
type Files = Record<string, Uint8Array>;

const dataFiles = (files: Files): DataFile[] =>
  Object.entries(files).map(([path, bytes]) => ({ path, read: async () => bytes }));

const open = (files: Files, options: OpenDatasetOptions = {}) =>
  openDataset(dataFiles(files), { name: "set", decode: sharpPicture, ...options });

const SIZE = [16, 20] as const;
const SIZES: readonly [width: number, height: number, PictureFormat][] = [
  [64, 48, "png"],
  [31, 90, "jpeg"],
  [200, 40, "webp"],
  [8, 8, "png"],
];

const photos: Files = {};
for (const [i, [width, height, format]] of SIZES.entries()) {
  const path = `${i % 2 ? "sea" : "land"}/deep/${i}.${format}`;
  photos[path] = await pictureFile([width, height], i, format);
}

const cifar = (...labels: number[]) =>
  Uint8Array.from(labels.flatMap((label) => [label, ...new Uint8Array(3072).fill(10 * label)]));

const idx = (sizes: readonly number[], data: readonly number[]) =>
  Uint8Array.from([0, 0, 8, sizes.length, ...sizes.flatMap((size) => [0, 0, 0, size]), ...data]);

const fixture = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/data/${name}`, import.meta.url)));

/** The same pictures, one after the other, by the parts of the door. */
async function expectedPixels(files: Files): Promise<number[]> {
  const pixels: number[] = [];
  for (const path of Object.keys(files).sort()) {
    pixels.push(...cropScale(await sharpPicture(files[path]!, path), SIZE));
  }
  return pixels;
}

describe("pictures of mixed sizes and formats become images of one size", () => {
  test("in the order of their paths, cropped and scaled, with their folders as labels", async () => {
    const set = await open(photos, { size: SIZE });
    expect([set.name, set.count, set.shape]).toEqual(["set", 4, [3, 16, 20]]);
    expect([set.classes, [...set.labels!], classCount(set)]).toEqual([
      ["land", "sea"],
      [0, 0, 1, 1],
      2,
    ]);
    expect([...set.pixels]).toEqual(await expectedPixels(photos));
  });

  test("in grey, if that is wanted", async () => {
    const [grey, colours] = await Promise.all([
      open(photos, { size: SIZE, channels: 1 }),
      open(photos, { size: SIZE }),
    ]);
    expect(grey.shape).toEqual([1, 16, 20]);
    const [r, g, b] = [0, 320, 640].map((at) => colours.pixels[at]!);
    expect(grey.pixels[0]).toBe(Math.round(0.299 * r! + 0.587 * g! + 0.114 * b!));
  });

  test("the same in a zip archive, whatever lies hidden in it or beside them", async () => {
    const beside = {
      "__MACOSX/land/deep/0.png": Uint8Array.of(1),
      "land/.DS_Store": Uint8Array.of(2),
      "read me.txt": Uint8Array.of(3),
    };
    const archive = zipSync({ ...photos, ...beside }, { level: 6 });
    const [set, same] = await Promise.all([
      open({ "photos.zip": archive }, { size: SIZE }),
      open({ archive }, { size: SIZE }), // by its first bytes
    ]);
    expect([...set.pixels]).toEqual(await expectedPixels(photos));
    expect([set.name, [...set.labels!], same.pixels]).toEqual(["set", [0, 0, 1, 1], set.pixels]);
  });

  test("what a file is counts, not what its name says", async () => {
    const jpeg = photos["sea/deep/1.jpeg"]!;
    const set = await open({ "a.png": jpeg, "b.webp": jpeg }, { size: SIZE });
    const right = await open({ "a.jpg": jpeg, "b.jpg": jpeg }, { size: SIZE });
    expect(set.pixels).toEqual(right.pixels);
  });

  test("a hundred thousand of them", async () => {
    const bytes = photos["land/deep/0.png"]!;
    const paths = Array.from({ length: 100_000 }, (_, i) => `${i % 3}/${i}.png`);
    const decode = async () => ({ width: 1, height: 1, channels: 1, data: [7] });
    const set = await open(Object.fromEntries(paths.map((path) => [path, bytes])), { decode });
    expect([set.count, set.pixels.length, set.classes]).toEqual([1e5, 3e5, ["0", "1", "2"]]);
  });

  test("pictures that are all of one size need none to be said", async () => {
    const set = await open({
      "a.png": photos["land/deep/0.png"]!,
      "b.png": photos["land/deep/0.png"]!,
    });
    expect([set.count, set.shape, set.labels]).toEqual([2, [3, 48, 64], undefined]);
  });

  test("parquet files, one after the other, training parts alone, with their labels", async () => {
    const [snappy, zstd] = [fixture("images-snappy.parquet"), fixture("images-zstd.parquet")];
    const options = { size: [4, 4] } as const;
    const set = await open(
      { "train-0.parquet": snappy, "train-1.parquet": zstd, "test-0.parquet": snappy },
      options,
    );
    expect([set.count, set.shape, set.classes]).toEqual([12, [3, 4, 4], ["ant", "bee", "cat"]]);
    expect([...set.labels!].slice(4, 8)).toEqual([0, 2, 2, 0]);
    expect([...set.pixels.subarray(48, 64)]).toEqual(new Array(16).fill(40)); // the second: (40, 225, 7)
    expect(classCount(set)).toBe(3);
  });

  test("an abort ends it", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(open(photos, { size: SIZE, signal })).rejects.toThrow("enough");
  });
});

describe("files whose images have a size of their own", () => {
  test("CIFAR-10 in several files: the training part, or the one that is named", async () => {
    const files = {
      "cifar/data_batch_1.bin": cifar(1, 2),
      "cifar/data_batch_2.bin": cifar(3),
      "cifar/test_batch.bin": cifar(9),
      "cifar/readme.html": Uint8Array.of(60),
    };
    const set = await open(files);
    expect([set.count, set.shape, [...set.labels!]]).toEqual([3, [3, 32, 32], [1, 2, 3]]);
    expect(set.pixels[2 * 3072]).toBe(30);
    const one = await open({ "test_batch.bin": cifar(9) }, { size: [8, 8], channels: 1 });
    expect([one.shape, new Set(one.pixels)]).toEqual([[1, 8, 8], new Set([90])]);
  });

  test("IDX, and its labels beside it", async () => {
    const images = idx([2, 2, 2], [0, 10, 20, 30, 40, 50, 60, 70]);
    const set = await open({
      "t-images-idx3-ubyte": images,
      "t-labels-idx1-ubyte": idx([2], [4, 5]),
    });
    expect([set.shape, [...set.labels!]]).toEqual([
      [1, 2, 2],
      [4, 5],
    ]);
    const small = await open({ images }, { size: [1, 1], channels: 3 });
    expect([small.shape, [...small.pixels]]).toEqual([
      [3, 1, 1],
      [15, 15, 15, 55, 55, 55],
    ]);
  });
});

describe("openDataset refuses, with a FileError that says why", () => {
  const picture = photos["land/deep/0.png"]!;
  test.each<[string, Files, RegExp]>([
    ["no files", {}, /set: holds no images, among 0 files/],
    ["hidden files alone", { ".a.png": picture, "b/.c/d.png": picture }, /among 0 files/],
    ["other files alone", { "a.txt": picture, "b.md": picture }, /among 2 files\. Give a folder/],
    [
      "several kinds",
      { "a.png": picture, "b.bin": cifar(1) },
      /of one kind, got 1 picture, 1 cifar/,
    ],
    ["a HEIC among pictures", { "a.png": picture, "b.HEIC": picture }, /b\.HEIC: pictures are PNG/],
    ["one file of nothing", { data: Uint8Array.of(1, 2) }, /holds neither IDX, CIFAR, zip/],
    [
      "two archives",
      { "a.zip": picture, "b.zip": picture },
      /one archive is read at a time, got 2/,
    ],
    [
      "an archive in an archive",
      { "a.zip": zipSync({ "b.zip": picture }) },
      /another archive, "b\.zip"/,
    ],
    ["an archive of nothing", { "a.zip": zipSync({}) }, /holds no images/],
    [
      "an empty picture",
      { "a.png": new Uint8Array(0), "b.png": picture },
      /a\.png: .* file is empty/,
    ],
    [
      "a web page named .jpg",
      { "a.jpg": Buffer.from("<!doctype html>") },
      /a\.jpg: .* is a web page/,
    ],
    [
      "a picture cut short",
      { "a.png": picture.subarray(0, 500) },
      /a\.png: is no picture that can be/,
    ],
    [
      "two IDX files of images",
      { "a.idx": picture, "b.idx": picture },
      /one IDX file of images is/,
    ],
    ["a damaged parquet file", { "a.parquet": Uint8Array.of(80) }, /a\.parquet: is no parquet/],
  ])("%s", (_, files, message) => refuses(() => open(files, { size: SIZE }), message));

  test("more pixels than memory should hold, before anything is decoded", async () => {
    const size = [30_000, 30_000] as const;
    await refuses(
      () => open({ "a.png": picture }, { size }),
      /may have 2147483648 bytes .* take 27/,
    );
  });

  test("files of one kind that are not alike, and labels of other images", async () => {
    const tensors = (side: number) => {
      const images = float32Tensor([1, 1, side, side], new Float32Array(side ** 2));
      return writeSafetensors([["images", images]]);
    };
    await refuses(
      () => open({ "a.safetensors": tensors(2), "b.safetensors": tensors(3) }),
      /are alike, got \[1, 2, 2\] without labels and \[1, 3, 3\] without labels/,
    );
    await refuses(
      () => open({ "a.idx": idx([1, 2, 2], [1, 2, 3, 4]), "b-labels.idx": idx([2], [1, 2]) }),
      /must hold a label for each of the 1 images/,
    );
  });

  test("pictures of several sizes without one to scale them to", async () => {
    await expect(open(photos)).rejects.toThrow(
      /31 × 90|8 × 8|200 × 40.*, the first 64 × 48\. Say the size: --image-size/,
    );
  });

  test("no decoder, as in Node without one", async () => {
    const files = dataFiles({ "a.png": picture });
    await refuses(() => openDataset(files), /nothing here decodes pictures\. In Node pass/);
  });
});

describe("pageFiles, where permission is withdrawn", () => {
  const denied = async () => {
    throw new DOMException("The user said no", "NotAllowedError");
  };
  const folderOf = (values: () => AsyncIterable<unknown>) =>
    ({ kind: "directory", name: "photos", values }) as unknown as FileSystemDirectoryHandle;

  test("while a folder is walked", async () => {
    const handle = folderOf(async function* () {
      yield await denied();
    });
    await refuses(() => pageFiles(handle), /photos: cannot be read: The user said no\. Choose/);
  });

  test("when a file's turn comes", async () => {
    const handle = folderOf(async function* () {
      yield { kind: "file", name: "a.png", getFile: denied };
    });
    const files = await pageFiles(handle);
    const opened = () => openDataset(files, { decode: sharpPicture, size: SIZE });
    await refuses(opened, /a\.png: cannot be read: The user said no/);
  });
});

describe("filesAt", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-data-"));
    await mkdir(join(folder, "set/b/c"), { recursive: true });
    for (const path of ["set/a.png", "set/b/c/d.png", "outside.png"]) {
      await writeFile(join(folder, path), path);
    }
    await symlink(join(folder, "outside.png"), join(folder, "set/link.png"));
    await symlink(join(folder, "set"), join(folder, "set/b/loop"));
    await symlink(join(folder, "nowhere"), join(folder, "set/dead.png"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("gives all files below a folder, follows links to files, and no others", async () => {
    const files = await filesAt(join(folder, "set"));
    expect(files.map(({ path }) => path).sort()).toEqual(["a.png", "b/c/d.png", "link.png"]);
    const linked = files.find(({ path }) => path === "link.png")!;
    expect(new TextDecoder().decode(await linked.read())).toBe("outside.png");
  });

  test("gives a file by itself, and says when there is none", async () => {
    const path = join(folder, "set/a.png");
    expect((await filesAt(path)).map((file) => file.path)).toEqual([path]);
    await refuses(() => filesAt(join(folder, "no")), /there is no such file or folder/);
  });

  test("a file that is gone when its turn comes is refused by name", async () => {
    const [file] = await filesAt(join(folder, "outside.png"));
    await rm(join(folder, "outside.png"));
    await refuses(() => file!.read(), /outside\.png: there is no such file/);
  });
});
