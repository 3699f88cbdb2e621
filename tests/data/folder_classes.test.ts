import { describe, expect, test } from "vitest";
import { folderClasses } from "../../src/data/folder_classes.ts";

const labels = (...paths: string[]) => {
  const found = folderClasses(paths);
  return found && [found.classes, [...found.labels]];
};

describe("classes are the folders of the first level, sorted by name", () => {
  test("each picture has its folder's place", () => {
    expect(labels("dog/1.png", "cat/1.png", "dog/2.png")).toEqual([
      ["cat", "dog"],
      [1, 0, 1],
    ]);
  });

  test("folders below them say nothing, and folders that all have in common are left out", () => {
    expect(labels("pets/cat/a/1.png", "pets/cat/b/2.png", "pets/dog/3.png")).toEqual([
      ["cat", "dog"],
      [0, 0, 1],
    ]);
  });

  test("capitals come first, as code points do: the same order on every system", () => {
    expect(labels("b/1.png", "B/1.png", "ä/1.png")?.[0]).toEqual(["B", "b", "ä"]);
  });

  test("names that objects have are names", () => {
    expect(labels("__proto__/1.png", "constructor/1.png")).toEqual([
      ["__proto__", "constructor"],
      [0, 1],
    ]);
  });

  test.each([
    ["no pictures", []],
    ["one folder", ["cat/1.png", "cat/2.png"]],
    ["a picture in none", ["cat/1.png", "dog/2.png", "3.png"]],
    ["no folders", ["1.png", "2.png"]],
  ])("%s: no classes", (_, paths) => expect(folderClasses(paths)).toBeUndefined());
});
