// A file, or all files below a folder, in Node: their paths, and a way to read each.
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { FileError } from "../core/errors.ts";
import { readBytes } from "./files.ts";

export interface FoundFile {
  /** below the folder, with "/" between folders; of one file, its path as it was given */
  path: string;
  read(): Promise<Uint8Array>;
}

/**
 * The file at a path, or the files below it. Links to files are followed, links to folders are not.
 *
 * @throws FileError where there is nothing, or something cannot be read
 */
export async function filesAt(path: string): Promise<FoundFile[]> {
  const kind = await kindAt(path);
  if (kind === "file") return [{ path, read: () => readBytes(path) }];
  if (kind !== "folder") {
    throw new FileError(
      "file/missing",
      `${path}: there is no such file or folder.`,
      "Check the path.",
    );
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      const message = `${path}: cannot be read: ${cause instanceof Error ? cause.message : cause}.`;
      throw new FileError("file/access", message, "Check its permissions.", { cause });
    },
  );
  const files: FoundFile[] = [];
  for (const entry of entries) {
    const full = join(entry.parentPath, entry.name);
    const isLinked = entry.isSymbolicLink() && (await kindAt(full)) === "file";
    if (!entry.isFile() && !isLinked) continue;
    const below = relative(path, full).split(sep).join("/");
    files.push({ path: below, read: () => readBytes(full) });
  }
  return files;
}

async function kindAt(path: string): Promise<"file" | "folder" | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return "file";
  return found?.isDirectory() ? "folder" : undefined;
}
