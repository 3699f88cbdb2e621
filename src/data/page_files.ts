// Files that a person gives to a page: chosen, dropped, or a folder's handle.
import { FileError } from "../core/errors.ts";
import type { DataFile } from "./data_file.ts";

/** What inputs, drops and pickers hold. */
export type PageSource =
  | File
  | FileList
  | readonly File[]
  | DataTransfer
  | FileSystemFileHandle
  | FileSystemDirectoryHandle;

/**
 * The files of an `<input type="file">` (with `webkitdirectory` or without), of a drop, or below a
 * directory's handle; folders are walked whole.
 *
 * A drop must be passed on in its own event, before anything is awaited.
 *
 * @throws FileError where something cannot be read, as after permission was withdrawn
 */
export async function pageFiles(source: PageSource): Promise<DataFile[]> {
  if (source instanceof File) return [ofFile(source)];
  if ("items" in source) return dropped(source);
  if ("kind" in source) return handled(source, "");
  return Array.from(source, (file) => ofFile(file, file.webkitRelativePath || file.name));
}

const ofFile = (file: File, path = file.name): DataFile => ({
  path,
  read: () => readable(path, async () => new Uint8Array(await file.arrayBuffer())),
});

async function handled(handle: FileSystemHandle, folder: string): Promise<DataFile[]> {
  if (isFileHandle(handle)) {
    const path = folder + handle.name;
    const read = async () => new Uint8Array(await (await handle.getFile()).arrayBuffer());
    return [{ path, read: () => readable(path, read) }];
  }
  if (!isFolderHandle(handle)) return [];
  return readable(folder || handle.name, async () => {
    const files: DataFile[] = [];
    for await (const child of handle.values()) {
      const below = child.kind === "directory" ? `${folder}${child.name}/` : folder;
      files.push(...(await handled(child, below)));
    }
    return files;
  });
}

const isFileHandle = (handle: FileSystemHandle): handle is FileSystemFileHandle =>
  handle.kind === "file";
const isFolderHandle = (handle: FileSystemHandle): handle is FileSystemDirectoryHandle =>
  handle.kind === "directory";

/** Entries must be taken before the first await: afterwards the drop is empty. */
async function dropped({ items }: DataTransfer): Promise<DataFile[]> {
  const found = Array.from(items, (item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry ?? item.getAsFile();
  });
  const files: DataFile[] = [];
  for (const item of found) {
    if (item instanceof File) files.push(ofFile(item));
    else if (item) files.push(...(await entered(item)));
  }
  return files;
}

async function entered(entry: FileSystemEntry): Promise<DataFile[]> {
  const path = entry.fullPath.replace(/^\//, "");
  if (isFileEntry(entry)) {
    const file = () => new Promise<File>((done, failed) => entry.file(done, failed));
    const read = async () => new Uint8Array(await (await file()).arrayBuffer());
    return [{ path, read: () => readable(path, read) }];
  }
  if (!isFolderEntry(entry)) return [];
  const reader = entry.createReader();
  const files: DataFile[] = [];
  for (;;) {
    // a folder's entries come in portions; an empty one is the end
    const some = await readable(path, () => {
      return new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    });
    if (some.length === 0) return files;
    for (const child of some) files.push(...(await entered(child)));
  }
}

const isFileEntry = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolderEntry = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry =>
  entry.isDirectory;

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof FileError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${path}: cannot be read: ${reason}.`;
    throw new FileError("file/access", message, "Choose the files again.", { cause });
  }
}
