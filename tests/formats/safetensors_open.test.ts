// Files that are read tensor by tensor: the same tensors, the same refusals, and no byte too many.
import { describe, expect, test } from "vitest";
import type { FileContent } from "../../src/formats/byte_source.ts";
import { float32Tensor, readSafetensors, writeSafetensors } from "../../src/formats/safetensors.ts";
import { openSafetensors, readTensor, scratchFor } from "../../src/formats/safetensors_open.ts";

const tensors = {
  a: float32Tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
  b: float32Tensor([0], new Float32Array()),
  c: float32Tensor([1], Float32Array.of(-7)),
};
const file = writeSafetensors(Object.entries(tensors));

/** The file as a source that notes what is read of it. */
function noted(bytes: Uint8Array) {
  const ranges: [number, number][] = [];
  const read = async (begin: number, end: number) => {
    ranges.push([begin, end]);
    return bytes.slice(begin, end);
  };
  return { size: bytes.length, read, ranges };
}

describe("openSafetensors", () => {
  test.each<[string, FileContent]>([
    ["bytes", file],
    ["a Blob", new Blob([Uint8Array.from(file)])],
    ["a source", noted(file)],
  ])("gives of %s what readSafetensors gives", async (_, content) => {
    const opened = await openSafetensors(content, "f");
    const expected = readSafetensors(file, "f").tensors;
    expect([...opened.keys()]).toEqual([...expected.keys()]);
    for (const [name, tensor] of opened) {
      expect(await readTensor(tensor)).toEqual(expected.get(name));
    }
  });

  test("reads the header, then only the tensor that is asked for", async () => {
    const source = noted(file);
    const opened = await openSafetensors(source, "f");
    const before = source.ranges.length;
    await opened.get("c")!.bytes();
    expect(source.ranges.slice(before)).toEqual([[file.length - 4, file.length]]);
    expect(scratchFor(opened.values())).toHaveLength(24);
  });

  test.each([
    ["cut short", file.subarray(0, -1), '"c" ends at byte 28, past the data\'s 27'],
    ["a pickle", new TextEncoder().encode("PK\x03\x04".padEnd(99)), "a PyTorch pickle"],
    ["a few bytes", file.subarray(0, 7), "got 7 bytes in all"],
    ["a longer header", file.subarray(0, 40), "past the file's 40"],
  ])("refuses a file that is %s, before a tensor is read", async (_, bytes, message) => {
    await expect(openSafetensors(noted(bytes), "f")).rejects.toThrow(message);
  });

  test("says so where the file has become shorter", async () => {
    const short = { size: file.length, read: noted(file.subarray(0, -2)).read };
    const opened = await openSafetensors(short, "f");
    await expect(opened.get("c")!.bytes()).rejects.toThrow(
      'f: "c" has 4 bytes, of which 2 could be read. The file has changed since it was opened',
    );
  });
});
