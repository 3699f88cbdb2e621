// A file of a data set, wherever it lies: on a disk, in an archive, chosen or dropped in a page.

export interface DataFile {
  /** below what was opened, with "/" between folders */
  readonly path: string;
  /** @throws FileError where it cannot be read any more */
  read(): Promise<Uint8Array>;
}

/**
 * The files that are meant: hidden ones and what archives of macOS add are left out, the rest is in
 * the order of its paths, the same everywhere.
 */
export function visibleFiles(files: readonly DataFile[]): DataFile[] {
  const isHidden = ({ path }: DataFile) => /(^|\/)(\.|__MACOSX\/)/.test(path);
  return files.filter((file) => !isHidden(file)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The last part of a path. */
export const fileName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
