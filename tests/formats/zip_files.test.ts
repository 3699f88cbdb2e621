import { describe, expect, test } from "vitest";
import { openZip, zipFiles } from "../../src/formats/zip_files.ts";

const files = new Map([
  ["config.json", new TextEncoder().encode("{}")],
  ["unet/weights.safetensors", Uint8Array.from({ length: 5000 }, (_, i) => i * 31)],
]);

describe("files as one archive", () => {
  test("come back as they were, and what is not there is undefined", async () => {
    const open = openZip(zipFiles(files), "run.zip");
    for (const [path, bytes] of files) expect(await open(path)).toEqual(bytes);
    expect(await open("weights.safetensors")).toBeUndefined();
  });

  test("are found where all of them lie in one folder", async () => {
    const wrapped = new Map([...files].map(([path, bytes]) => [`ema/${path}`, bytes]));
    const open = openZip(zipFiles(wrapped), "run.zip");
    expect(await open("config.json")).toEqual(files.get("config.json"));
  });

  test("make the same bytes whenever they are written", () => {
    expect(zipFiles(files)).toEqual(zipFiles(new Map(files)));
  });

  test("are refused where the archive is none", () => {
    expect(() => openZip(Uint8Array.of(1, 2, 3), "run.zip")).toThrow(/^run\.zip: /);
  });
});
