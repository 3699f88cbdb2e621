// The shaders, each loaded when it is first shown: they need no GPU to be read.

const FILES = import.meta.glob<string>("../../shaders/*.wgsl", {
  query: "?raw",
  import: "default",
});

const pathOf = (name: string) => `../../shaders/${name}.wgsl`;

/** Of all shaders, in alphabetical order. */
export const NAMES: readonly string[] = Object.keys(FILES)
  .map((path) => /([^/]+)\.wgsl$/.exec(path)![1]!)
  .sort();

/** A shader's WGSL. */
export const loadSource = (name: string): Promise<string> => FILES[pathOf(name)]!();
