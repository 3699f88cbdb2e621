// The job "peer-job": training and denoising steps of one U-Net, an engine a place.
//
// One peer after the other: its first steps, cold; then rounds of ours and the peer in turns. Every
// loss must be PyTorch's to 1e-4, first to last, else no time of that engine is told.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { ratiosOf, timing } from "../report.mjs";

const TOLERANCE = 1e-4; // relative, of the losses
const KINDS = ["train", "denoise"];
const PAUSE_MS = 500; // between turns: what an engine still collects or frees would be the other's time
const TURN_MS = 1000; // of one turn's steps at least: the first after a pause is slow

const { losses_float64: expected } = JSON.parse(
  readFileSync(new URL("../job/expected.json", import.meta.url), "utf8"),
);

/**
 * @param host   where endpoints open
 * @param peers  { name, rounds } of each
 * @yields after every peer: adapter, results and ratios so far
 */
export async function* peerJob(host, baseline, peers) {
  const ours = await started(host, baseline);
  if (!ours) return; // started() said why
  const [compared, pairs] = [[ours], []];
  for (const { name, rounds } of peers) {
    const peer = await started(host, name);
    if (!peer) continue;
    compared.push(peer);
    const kinds = (await peer.call("trains")) ? KINDS : ["denoise"];
    for (let round = 0; round < rounds; round++) {
      for (const kind of kinds) {
        const [base, time] = [await turn(ours, kind), await turn(peer, kind)];
        pairs.push({ name: `peer-job/${kind}`, engine: name, base, time });
      }
    }
    await peer.close();
    yield await reported(compared, pairs);
  }
}

/** An engine after its first, cold steps; undefined where it cannot run or its loss is wrong. */
async function started(host, name) {
  try {
    const endpoint = await host.open(`job=peer-job&engine=${name}`);
    const engine = { ...endpoint, name, losses: [], steps: { first: [], train: [], denoise: [] } };
    const { ms, loss } = await timed(engine, "first");
    console.log(`${name}: first step ${Math.round(ms)} ms, loss ${loss}`);
    await engine.call("denoise");
    if (agrees(engine)) return engine;
  } catch (error) {
    console.error(`${name}: ${error.message.split("\n")[0]}`);
    process.exitCode = 1;
  }
  return undefined;
}

/** @returns milliseconds a step */
async function turn(engine, kind) {
  await pause(PAUSE_MS);
  let [ms, steps] = [0, 0];
  for (; ms < TURN_MS; steps++) ms += (await timed(engine, kind)).ms;
  return ms / steps;
}

async function timed(engine, kind) {
  const step = await engine.call(kind);
  if (step.loss !== undefined) engine.losses.push(step.loss);
  engine.steps[kind].push(step);
  return step;
}

function agrees({ name, losses }) {
  const known = losses.slice(0, expected.length);
  const wrong = known.findIndex((loss, i) => !(Math.abs(loss / expected[i] - 1) < TOLERANCE));
  if (wrong < 0) return true;
  const values = `loss ${wrong} is ${losses[wrong]}, PyTorch's is ${expected[wrong]}`;
  console.error(`${name}: ${values}: no time of it is told`);
  process.exitCode = 1;
  return false;
}

/** Drops the engines that have come to disagree, and tells what the others took. */
async function reported([ours, ...others], pairs) {
  if (!agrees(ours)) throw new Error(`${ours.name}: a loss is wrong, nothing can be compared`);
  const engines = [ours, ...others.filter(agrees)];
  const names = engines.map(({ name }) => name);
  return {
    adapter: await ours.call("adapter"),
    results: engines.flatMap(timings),
    ratios: ratiosOf(
      pairs.filter(({ engine }) => names.includes(engine)),
      ours.name,
    ),
  };
}

function timings({ name, losses, steps }) {
  const trains = steps.train.length > 0;
  const first = { losses: losses.slice(0, 1) };
  const of = (kind, of, check) =>
    of.length === 0 ? [] : [timing(`peer-job/${kind}`, name, of, check)];
  return [
    ...(trains ? of("first-train-step", steps.first, first) : []),
    ...of("train", steps.train, { losses }),
    ...of("denoise", steps.denoise, trains ? {} : first),
  ];
}
