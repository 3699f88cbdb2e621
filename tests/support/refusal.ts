// What a reader of files throws: always one of the package's own errors.
import { expect } from "vitest";
import { DiffusionError, FileError } from "../../src/core/errors.ts";

/** Asserts that a call throws, or rejects with, a FileError whose message matches. */
export async function refuses(call: () => unknown, message: RegExp): Promise<void> {
  const error: unknown = await (async () => call())().then(
    () => "nothing was thrown",
    (reason: unknown) => reason,
  );
  expect(String(error)).toMatch(message);
  expect(error).toBeInstanceOf(FileError);
  expect((error as FileError).hint).not.toBe("");
}

/** Whether a call succeeds; other errors than the package's own are thrown on. */
export async function reads(call: () => unknown): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (error instanceof DiffusionError) return false;
    throw error;
  }
}
