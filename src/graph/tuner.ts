// The tuner: of several ways to compute the same, the one that is fastest on this device.
//
// It knows no kernel. Launchers offer ranked candidates (Graph.choose); a graph recorded with other
// choices holds other candidates. Each is run alone on numbers of its own, must agree with the plain
// variant before its time counts, and is timed in turns with the others.
import { type Choices, type Gpu, PLAIN_TARGET, type Target } from "../device/gpu.ts";
import { Alone, type Output } from "./alone.ts";
import type { Choice, Dispatch } from "./graph.ts";

export interface TuneOptions {
  /** candidates of a choice that are measured, from the first; default 4 */
  most?: number;
  /** of which the least counts, for other work only makes them longer; default 5 */
  runs?: number;
  /** ends it with what was found so far */
  signal?: AbortSignal | undefined;
  /** told after each choice: how many are measured of how many, and the last */
  onProgress?: ((done: number, of: number, last: Tuned) => void) | undefined;
}

/** One choice that was measured. */
export interface Tuned {
  key: string;
  /** in the order of the candidates; ms null where its numbers were wrong */
  candidates: { name: string; ms: number | null }[];
  chosen: string;
}

export interface Tuning {
  /** for `Gpu.choices`: of every choice that was measured */
  choices: Choices;
  tuned: Tuned[];
  /** all of it, compiling included */
  ms: number;
  /** the signal came before the end */
  interrupted: boolean;
}

/** A pass lasts at least this: as many as twenty of the coarsest grain that browsers round times to. */
const LEAST_MS = 2;
const MOST_REPEATS = 256;
/** Another candidate must be faster than the first by this part, or noise would choose. */
const GAIN = 0.03;
/** Difference from the plain variant, as a part of the largest value. */
const BOUNDS = { f32: 2e-5, f16: 4e-3 } as const;

/**
 * Measures every choice of a program once, however often it is made; the costliest first. Those that
 * `gpu.choices` has made are not measured again.
 *
 * @param record  the program's dispatches for a target; called a few times, and must differ by it alone
 * @throws DeviceError if the device failed; OptionError option/deterministic where it takes no choice
 */
export async function tune(
  gpu: Gpu,
  record: (target: Target) => readonly Dispatch[],
  { most = 4, runs = 5, signal, onProgress }: TuneOptions = {},
): Promise<Tuning> {
  gpu.check();
  gpu.requireChoosable("tune");
  const started = performance.now();
  const target = { ...gpu.target, fuses: false }; // candidates are compared by what they compute alone
  const first = launchesOf(record({ ...target, choices: {} }));
  const plain = launchesOf(record(PLAIN_TARGET));
  const open = [...first].filter(
    ([
      key,
      {
        choice: { names },
      },
    ]) => {
      return names.length > 1 && plain.has(key) && !names.includes(gpu.choices[key] ?? "");
    },
  );
  const others = Array.from({ length: most - 1 }, (_, i) => {
    const choices = open.map(([key, { choice }]) => [key, choice.names[i + 1]]);
    const named = choices.filter(([, name]) => name !== undefined);
    return launchesOf(record({ ...target, choices: Object.fromEntries(named) }));
  });
  const tuned: Tuned[] = [];
  for (const [key, launch] of open.sort(([, a], [, b]) => flopsOf(b) - flopsOf(a))) {
    if (signal?.aborted) break;
    const count = Math.min(most, launch.choice.names.length);
    const candidates = [launch, ...others.slice(0, count - 1).map((all) => all.get(key)!)];
    const measured = await measure(gpu, candidates, { plain: plain.get(key)!, runs, signal });
    if (!measured) continue;
    tuned.push(measured);
    onProgress?.(tuned.length, open.length, measured);
  }
  gpu.check(); // nothing is reported after a loss
  return {
    choices: Object.fromEntries(tuned.map(({ key, chosen }) => [key, chosen])),
    tuned,
    ms: performance.now() - started,
    interrupted: tuned.length < open.length,
  };
}

interface Launch {
  choice: Choice;
  dispatches: Dispatch[];
}

const flopsOf = ({ dispatches }: Launch) => dispatches.reduce((sum, { flops }) => sum + flops, 0);

/** The first launch of every key. */
function launchesOf(dispatches: readonly Dispatch[]): Map<string, Launch> {
  const launches = new Map<Choice, Launch>();
  for (const dispatch of dispatches) {
    const { choice } = dispatch;
    if (!choice) continue;
    const launch = launches.get(choice) ?? { choice, dispatches: [] };
    launch.dispatches.push(dispatch);
    launches.set(choice, launch);
  }
  const byKey = new Map<string, Launch>();
  for (const launch of launches.values()) {
    if (!byKey.has(launch.choice.key)) byKey.set(launch.choice.key, launch);
  }
  return byKey;
}

interface Measuring {
  plain: Launch;
  runs: number;
  signal: AbortSignal | undefined;
}

/**
 * Times the candidates in turns; those whose numbers are not the plain variant's do not count. Undefined
 * where the signal came before the end.
 */
async function measure(
  gpu: Gpu,
  launches: readonly Launch[],
  { plain, runs, signal }: Measuring,
): Promise<Tuned | undefined> {
  const made: Alone[] = [];
  try {
    for (const launch of [plain, ...launches])
      made.push(await Alone.of(gpu, launch.dispatches, signal));
    const [expected, ...candidates] = made as [Alone, ...Alone[]];
    const outputs = await expected.outputs();
    const right = candidates.map(() => false);
    for (const [i, one] of candidates.entries()) right[i] = agree(await one.outputs(), outputs);
    const once = await candidates[0]!.time(1);
    const repeats = Math.ceil(Math.min(MOST_REPEATS, Math.max(1, LEAST_MS / once)));
    const times = candidates.map((): number[] => []);
    for (let run = 0; run < runs; run++) {
      for (const [i, one] of candidates.entries()) {
        if (signal?.aborted) return undefined;
        if (right[i]) times[i]!.push(await one.time(repeats));
      }
    }
    const measured = launches.map(({ choice }, i) => {
      return { name: choice.chosen, ms: right[i] ? Math.min(...times[i]!) : null };
    });
    return { key: plain.choice.key, candidates: measured, chosen: fastest(measured) };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return undefined;
    throw error;
  } finally {
    for (const one of made) one.dispose();
  }
}

/** The first, unless it is wrong or another clearly faster. */
function fastest([first, ...others]: Tuned["candidates"]): string {
  let best = { ...first!, ms: (first!.ms ?? Number.POSITIVE_INFINITY) * (1 - GAIN) };
  for (const { name, ms } of others) if (ms !== null && ms < best.ms) best = { name, ms };
  return best.name;
}

/** Whether every result has its like, the same to rounding. */
function agree(actual: readonly Output[], expected: readonly Output[]): boolean {
  const left = [...actual];
  return expected.every((result) => {
    const at = left.findIndex(({ name }) => name === result.name);
    return at >= 0 && isNear(left.splice(at, 1)[0]!, result);
  });
}

function isNear({ values, dtype }: Output, expected: Output): boolean {
  const largest = expected.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const bound = largest * BOUNDS[dtype === "f16" ? "f16" : "f32"];
  return values.every((value, i) => Math.abs(value - expected.values[i]!) <= bound);
}
