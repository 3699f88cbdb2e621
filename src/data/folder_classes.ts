// Classes by folders: the pictures below each folder of the first level are a class.

export interface FolderClasses {
  /** [count] */
  labels: Uint32Array;
  /** the folders, sorted; a label is a place among them */
  classes: string[];
}

/**
 * @param paths  of the pictures, with "/" between folders; what all have in common is left out
 * @returns      undefined where the pictures are not in two folders at least, or one is in none
 */
export function folderClasses(paths: readonly string[]): FolderClasses | undefined {
  const folders = paths.map((path) => path.split("/").slice(0, -1));
  const depth = commonDepth(folders);
  const firsts = folders.map((folder) => folder[depth]);
  if (firsts.length === 0 || firsts.includes(undefined)) return undefined;
  const classes = [...new Set(firsts)].filter((first) => first !== undefined).sort();
  const places = new Map(classes.map((name, label) => [name, label]));
  return { classes, labels: Uint32Array.from(firsts, (first) => places.get(first ?? "") ?? 0) };
}

/** How many folders all paths have in common. */
function commonDepth([first = [], ...others]: readonly (readonly string[])[]): number {
  const differs = first.findIndex((segment, i) => others.some((folder) => folder[i] !== segment));
  return differs < 0 ? first.length : differs;
}
