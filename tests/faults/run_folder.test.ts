// A process that is killed at the n-th call of the file system while it saves model/ and ema/, for every n:
// both are there, each the old one or the new one, and the next save leaves nothing beside them.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RunFolder } from "../../src/cli/run_folder.ts";

const kill = vi.hoisted(() => {
  const state = { at: Number.POSITIVE_INFINITY, calls: 0 };
  /** The call, or the end of the process: neither it nor any after it is made. */
  const call = async <T>(make: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> => {
    const n = state.calls++;
    if (n < state.at) return make();
    if (n === state.at) await half?.();
    throw new Error("killed");
  };
  return { state, call };
});

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  const counted = Object.fromEntries(
    (["mkdir", "readdir", "readFile", "rename", "rm", "stat"] as const).map((name) => [
      name,
      (...args: never[]) =>
        kill.call(() => (real[name] as (...args: never[]) => Promise<unknown>)(...args)),
    ]),
  );
  const open = async (...args: Parameters<typeof real.open>) => {
    const file = await kill.call(() => real.open(...args));
    return {
      writeFile: (bytes: Uint8Array) =>
        kill.call(
          () => file.writeFile(bytes),
          () => file.writeFile(bytes.subarray(0, bytes.length >> 1)),
        ),
      sync: () => kill.call(() => file.sync()),
      close: () => file.close(), // a process that ends closes its files
    };
  };
  return { ...real, ...counted, open };
});

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** @param config  of the network: another one changes more than the weights */
const modelOf = (step: number, config = "a") =>
  new Map([
    ["config.json", bytesOf(config)],
    ["diffusion_pytorch_model.safetensors", bytesOf(`weights of step ${step}`)],
    ["scheduler_config.json", bytesOf("{}")],
  ]);

let path = "";
let folder: RunFolder;
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), "wgsl-diffusion-run-folder-"));
  folder = await RunFolder.create(path, true);
});
afterEach(() => rmSync(path, { recursive: true }));

const save = (step: number, config?: string) =>
  folder.saveModels({ model: modelOf(step, config), ema: modelOf(step, config) });

/** The save is killed at the n-th call. @returns whether it came so far */
async function killedAt(n: number, work: () => Promise<void>): Promise<boolean> {
  kill.state.calls = 0;
  kill.state.at = n;
  const isKilled = await work().then(
    () => false,
    () => true,
  );
  kill.state.at = Number.POSITIVE_INFINITY;
  return isKilled;
}

/** The step whose weights a part holds; undefined where there is no whole folder. */
function stepOf(part: string): number | undefined {
  if (!existsSync(join(path, part))) return undefined;
  const names = readdirSync(join(path, part)).sort();
  if (`${names}` !== `${[...modelOf(0).keys()]}`) return undefined;
  const weights = readFileSync(join(path, part, names[1]!), "utf8");
  return Number(/^weights of step (\d+)$/.exec(weights)?.[1]);
}

describe("killed while it saves the models", () => {
  test("at every call: both are there and whole, the old or the new", async () => {
    const seen = new Set<string>();
    await save(1);
    let n = 0;
    for (; await killedAt(n, () => save(2)); n++) {
      const steps = ["model", "ema"].map(stepOf);
      expect(["1,1", "2,1", "2,2"], `call ${n}`).toContain(`${steps}`);
      seen.add(`${steps}`);
      await save(1);
      expect(["model", "ema"].map(stepOf)).toEqual([1, 1]);
      expect(readdirSync(path).sort(), `call ${n}`).toEqual(["ema", "model"]);
    }
    expect(["model", "ema"].map(stepOf)).toEqual([2, 2]);
    expect([...seen]).toEqual(["1,1", "2,1", "2,2"]);
    expect(n).toBeGreaterThan(20);
  });

  test("where the network changes too, a part is whole or missing, and the next save mends it", async () => {
    await save(1);
    for (let n = 0; await killedAt(n, () => save(2, "b")); n++) {
      for (const part of ["model", "ema"]) expect([1, 2, undefined]).toContain(stepOf(part));
      await save(1);
      expect(readdirSync(path).sort(), `call ${n}`).toEqual(["ema", "model"]);
    }
    expect(readFileSync(join(path, "ema", "config.json"), "utf8")).toBe("b");
  });
});
