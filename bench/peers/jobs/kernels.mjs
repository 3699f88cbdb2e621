// The job "kernels": single kernels of all engines in one place, in turns.
//
// A kernel's outputs are compared with float64, whole, before its time counts. A sample is as many runs
// as outlast SAMPLE_MS, and one wait for the GPU's end; a ratio is a peer's sample over ours just before.
import { ratiosOf, timing } from "../report.mjs";

const TOLERANCE = 1e-5; // of an output's largest value
const SAMPLE_MS = 50; // a submission's way there and back is a millisecond
const MOST_RUNS = 32;

/** In bench/peers/kernels/cases.ts. */
const KERNELS = [
  "conv64/forward",
  "conv64/backward_input",
  "conv64/backward_weight",
  "groupnorm-silu/forward",
  "groupnorm-silu/gradients",
  "attention/forward",
  "attention/gradients",
];

/** @yields after every kernel: adapter, results and ratios so far */
export async function* kernelsJob(host, baseline, peers) {
  const place = await host.open("job=kernels");
  const adapter = await place.call("adapter");
  const [results, pairs] = [[], []];
  for (const kernel of KERNELS) {
    await place.call("choose", kernel);
    const ours = await prepared(place, { kernel, name: baseline });
    if (!ours) throw new Error(`${baseline}: ${kernel} cannot be compared`);
    for (const { name, rounds } of peers) {
      const peer = await prepared(place, { kernel, name });
      if (!peer) continue;
      for (let round = 0; round < rounds; round++) {
        const [base, time] = [await sampled(place, ours), await sampled(place, peer)];
        pairs.push({ name: `kernels/${kernel}`, engine: name, base, time });
      }
      results.push(resultOf(peer));
    }
    results.push(resultOf(ours));
    await place.call("drop");
    yield { adapter, results: sorted(results, baseline), ratios: ratiosOf(pairs, baseline) };
  }
  await place.close();
}

/** An engine's kernel, warm; undefined where it cannot run or is wrong. */
async function prepared(place, { kernel, name }) {
  try {
    const { error, dispatches } = await place.call("prepare", name);
    const verdict = `${kernel}: ${name}: error ${error.toExponential(1)}, ${dispatches} dispatches`;
    if (!(error < TOLERANCE)) throw new Error(`above ${TOLERANCE}: no time of it is told`);
    const ms = Math.min(await place.call("run", name, 1), await place.call("run", name, 2));
    console.log(`${verdict}, about ${ms.toFixed(1)} ms`);
    const runs = Math.min(MOST_RUNS, Math.ceil(SAMPLE_MS / ms));
    return { kernel, name, error, dispatches, runs, samples: [] };
  } catch (error) {
    console.error(`${kernel}: ${name}: ${error.message.split("\n")[0]}`);
    process.exitCode = 1;
    return undefined;
  }
}

async function sampled(place, { name, runs, samples }) {
  const ms = await place.call("run", name, runs);
  samples.push({ ms });
  return ms;
}

function resultOf({ kernel, name, samples, error, dispatches, runs }) {
  const counted = dispatches > 0 ? { dispatches } : {}; // WebGL is not seen
  return timing(`kernels/${kernel}`, name, samples, { worst_error: error, runs, ...counted });
}

/** By kernel, ours first. */
const sorted = (results, baseline) =>
  KERNELS.flatMap((kernel) => {
    const rows = results.filter(({ name }) => name === `kernels/${kernel}`);
    return [
      ...rows.filter(({ engine }) => engine === baseline),
      ...rows.filter(({ engine }) => engine !== baseline),
    ];
  });
