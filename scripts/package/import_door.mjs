// Imports one door of the package in a bare Node and says how long it took: import_door.mjs FILE.
// Fails where the import adds, changes or takes away a global.
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

/** Names and values; of one that Node makes when it is first read (TextDecoder) the name alone. */
const globals = () =>
  new Map(
    Reflect.ownKeys(globalThis).map((key) => {
      const { get, value } = Object.getOwnPropertyDescriptor(globalThis, key);
      return [key, get ? "made when it is read" : value];
    }),
  );

const before = globals();
const started = performance.now();
const door = await import(pathToFileURL(process.argv[2]).href);
const ms = performance.now() - started;
const after = globals();
const isSame = (key) =>
  after.has(key) &&
  (before.get(key) === "made when it is read" || Object.is(before.get(key), after.get(key)));
const added = [...after.keys()].filter((key) => !before.has(key));
const changed = [...added, ...[...before.keys()].filter((key) => !isSame(key))];
if (changed.length > 0) throw new Error(`the import changes globals: ${changed.map(String)}`);
console.log(`${Object.keys(door).length} names in ${ms.toFixed(0)} ms`);
