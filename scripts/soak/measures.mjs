// What a long run is measured by.
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";

/** Bytes of the JavaScript heap in use, after a collection. Needs node --expose-gc. */
export async function heapBytes() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/** What V8 keeps of its own: compiled code and feedback for it, lists of what code depends on, hidden classes. */
const OF_V8 = ["code", "hidden", "object shape", "synthetic"];

/** Writes a snapshot of the heap, for `snapshotBytes` to read once the run is over. @returns its path */
export const writeSnapshot = (name) =>
  writeHeapSnapshot(join(tmpdir(), `wgsl-diffusion-${process.pid}-${name}.heapsnapshot`));

/**
 * Bytes by what they are, of a snapshot, whose file is removed: of the program's objects (arrays, strings,
 * closures, what native objects hold), and of what V8 keeps beside them.
 */
export function snapshotBytes(path) {
  const { snapshot, nodes } = JSON.parse(readFileSync(path, "utf8"));
  rmSync(path);
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, size] = ["type", "self_size"].map((name) => fields.indexOf(name));
  const bytes = { objects: 0, code: 0 };
  for (let i = 0; i < nodes.length; i += fields.length) {
    const isOfV8 = OF_V8.includes(types[type][nodes[i + type]]);
    bytes[isOfV8 ? "code" : "objects"] += nodes[i + size];
  }
  return bytes;
}

/**
 * The longest submission, in ms, while something runs: from when the one before was done, or from when it
 * was submitted, until it is done. `ownMs` is the longest by processor time: what a software adapter alone
 * would take on one core, whatever else the machine does meanwhile.
 */
export async function watchSubmissions(gpu, run) {
  const submit = gpu.submit;
  const longest = { ms: 0, ownMs: 0 };
  let free = moment(); // since when the queue was done with what came before
  gpu.submit = (commands) => {
    const submitted = moment();
    submit.call(gpu, commands);
    gpu.device.queue.onSubmittedWorkDone().then(() => {
      const began = free.ms > submitted.ms ? free : submitted;
      free = moment();
      for (const key of ["ms", "ownMs"]) {
        longest[key] = Math.max(longest[key], free[key] - began[key]);
      }
    });
  };
  try {
    await run();
    await gpu.idle();
  } finally {
    gpu.submit = submit;
  }
  return longest;
}

function moment() {
  const { user, system } = process.cpuUsage();
  return { ms: performance.now(), ownMs: (user + system) / 1000 };
}

export const growthOf = (first, last) => ({ first, last, growth: last / first - 1 });
