import { describe, expect, test } from "vitest";
import {
  DeviceError,
  DiffusionError,
  FileError,
  OptionError,
  SafetensorsError,
  ShapeError,
} from "../../src/core/errors.ts";
import { errorOf, recordOf } from "../../src/worker/errors.ts";

/** What a structured clone leaves of an error's record. */
const arrived = (thrown: unknown) => errorOf(structuredClone(recordOf(thrown)));

describe("an error on its way from a worker to its page", () => {
  const classes = [
    DiffusionError,
    ShapeError,
    OptionError,
    DeviceError,
    FileError,
    SafetensorsError,
  ];

  test.each(classes)("%s keeps its class, code, message, hint and stack", (Class) => {
    const sent = new Class("shape/image", "op: rule, got 3.", "Do this.");
    const got = arrived(sent);
    expect(got).toBeInstanceOf(Class);
    expect(got.constructor).toBe(Class);
    const { code, hint, message, stack, name } = sent;
    expect({ ...got, message: got.message, stack: got.stack }).toMatchObject({
      ...{ code, hint, message, stack, name },
    });
  });

  test("others keep their name and message; causes come along", () => {
    const cause = new FileError("file/zip", "it is damaged.", "Fetch it again.");
    const got = arrived(new TypeError("no function", { cause }));
    expect([got.name, got.message]).toEqual(["TypeError", "no function"]);
    expect(got.cause).toBeInstanceOf(FileError);
    expect(arrived("a text").message).toBe("a text");
  });

  test("causes that go round in a ring end", () => {
    const one = new Error("one");
    one.cause = one;
    expect(arrived(one).message).toBe("one");
  });
});
