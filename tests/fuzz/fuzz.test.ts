// Bytes from outside, damaged at random: every reader gives a value or a typed error, at once, in
// little memory. 10^4 files here; `npm run fuzz` takes 10^6, or as many as it is told.
//
// The seed is fixed, so that a failure comes back; WGSL_DIFFUSION_FUZZ_SEED is for another.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiffusionError } from "../../src/core/errors.ts";
import { type Edit, edits, mutated, type Value, values, withValues } from "./mutation.ts";
import { type FuzzTarget, TARGETS } from "./targets.ts";

const FILES = Number(process.env.WGSL_DIFFUSION_FUZZ ?? 1e4);
const SEED = Number(process.env.WGSL_DIFFUSION_FUZZ_SEED ?? 1);
const MOST_MS = 50;
const MOST_BYTES = 64e6;

interface Outcome {
  ms: number;
  bytes: number;
  /** undefined: the file was read */
  error: unknown;
}

async function outcomeOf(target: FuzzTarget, file: Uint8Array): Promise<Outcome> {
  const before = memory();
  const started = performance.now();
  let error: unknown;
  try {
    await target.read(file);
  } catch (reason) {
    error = reason;
  }
  return { ms: performance.now() - started, bytes: memory() - before, error };
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A pause of the machine is not the reader's: a file that took long is read twice more. */
async function settled(target: FuzzTarget, file: Uint8Array): Promise<Outcome> {
  const first = await outcomeOf(target, file);
  if (first.ms < (target.mostMs ?? MOST_MS) && first.bytes < MOST_BYTES) return first;
  const again = [await outcomeOf(target, file), await outcomeOf(target, file)];
  const least = (key: "ms" | "bytes") => Math.min(first[key], ...again.map((one) => one[key]));
  return { ms: least("ms"), bytes: least("bytes"), error: first.error };
}

interface Damage {
  which: number;
  edits: Edit[];
  values: Value[];
  everyOther: boolean;
}

const damages: fc.Arbitrary<Damage> = fc.record({
  which: fc.nat(63),
  edits,
  values,
  everyOther: fc.boolean(),
});

function damaged({ seeds, mend, isJson }: FuzzTarget, damage: Damage): Uint8Array {
  const seed = seeds[damage.which % seeds.length]!;
  if (isJson && damage.everyOther) return withValues(seed, damage.values);
  const file = mutated(seed, damage.edits);
  return mend && damage.everyOther ? mend(file) : file;
}

describe(`a damaged file: a value or a DiffusionError, < ${MOST_MS} ms, < 64 MB`, () => {
  test.each(TARGETS)("$name", { timeout: 3_600_000 }, async (target) => {
    const runs = Math.ceil(FILES / TARGETS.length);
    const worst = { ms: 0, bytes: 0 };
    let refused = 0;
    for (const seed of target.seeds) {
      const { error } = await outcomeOf(target, seed);
      expect(error, "the file was to be valid").toBeUndefined();
    }
    const property = fc.asyncProperty(damages, async (damage) => {
      const { ms, bytes, error } = await settled(target, damaged(target, damage));
      worst.ms = Math.max(worst.ms, ms);
      worst.bytes = Math.max(worst.bytes, bytes);
      if (error !== undefined) {
        refused++;
        if (!(error instanceof DiffusionError)) throw error;
        if (!error.code || !error.hint) throw new Error(`${error}: has no code or no cure`);
      }
      if (ms > (target.mostMs ?? MOST_MS) || bytes > MOST_BYTES)
        throw new Error(`took ${ms} ms and ${bytes} bytes`);
    });
    await fc.assert(property, { seed: SEED, numRuns: runs, endOnFailure: FILES > 1e4 });
    console.info(
      `fuzz ${target.name}: ${runs} files, ${refused} refused, at most ` +
        `${worst.ms.toFixed(1)} ms and ${(worst.bytes / 1e6).toFixed(1)} MB`,
    );
    expect(refused).toBeGreaterThan(runs / 20);
  });
});
