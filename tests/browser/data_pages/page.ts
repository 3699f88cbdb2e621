// The page of the data tests: opens what a person gives it, and keeps what came of it.
import { openDataset, type PageSource, pageFiles } from "../../../src/index.ts";

/** A data set as a test can read it, or what was thrown. */
export interface Opened {
  paths: string[];
  count: number;
  shape: readonly number[];
  pixels: number[];
  labels: number[];
  classes: readonly string[];
  error: string;
}

declare global {
  interface Window {
    /** by how it was given: files, folder, drop, handle */
    opened: Record<string, Opened>;
    /** Writes files into the origin's private folder, and opens that folder by its handle. */
    openHandle(name: string, files: Record<string, number[]>): Promise<void>;
  }
}

const NOTHING = { paths: [], count: 0, shape: [], pixels: [], labels: [], classes: [], error: "" };

async function open(how: string, source: PageSource): Promise<void> {
  try {
    const files = await pageFiles(source);
    const set = await openDataset(files, { size: [8, 8] });
    const { count, shape, classes = [] } = set;
    const paths = files.map(({ path }) => path).sort();
    const [pixels, labels] = [[...set.pixels], [...(set.labels ?? [])]];
    window.opened[how] = { paths, count, shape, pixels, labels, classes, error: "" };
  } catch (error) {
    window.opened[how] = { ...NOTHING, error: String(error) };
  }
}

for (const id of ["files", "folder"]) {
  const input = document.getElementById(id);
  if (!(input instanceof HTMLInputElement)) throw new Error(`no input ${id}`);
  input.addEventListener("change", () => {
    if (input.files) void open(id, input.files);
  });
}

const target = document.getElementById("drop");
target?.addEventListener("dragover", (event) => event.preventDefault());
target?.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer) void open("drop", event.dataTransfer);
});

window.opened = {};
window.openHandle = async (name, files) => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(name, { create: true });
  for (const [path, bytes] of Object.entries(files)) {
    const parts = path.split("/");
    let at = folder;
    for (const part of parts.slice(0, -1)) at = await at.getDirectoryHandle(part, { create: true });
    const file = await at.getFileHandle(parts.at(-1) ?? "", { create: true });
    const stream = await file.createWritable();
    await stream.write(Uint8Array.from(bytes));
    await stream.close();
  }
  await open("handle", folder);
};
