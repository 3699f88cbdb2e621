// Versions, for reports: a number without them cannot be believed.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const readVersion = (file: string | URL): string => JSON.parse(readFileSync(file, "utf8")).version;

/** The version of an installed package. */
export const versionOf = (name: string): string =>
  readVersion(createRequire(import.meta.url).resolve(`${name}/package.json`));

/** This package's, Node's and the platform's. */
export const ownVersions = (): Record<string, string> => ({
  "wgsl-diffusion": readVersion(new URL("../../package.json", import.meta.url)),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
});
