// Tunes the networks that this package is measured by, and writes what to choose on this adapter:
//   npm run choices -- [--rounds 15] [--runs 5] [--write]
// The networks are the one that `train` makes on software adapters and that of bench/peers/job, each at a
// batch of 8; the adapter is that of WGSL_DIFFUSION_ADAPTER. It tunes each twice, and says how often the first
// candidate is the fastest, and the time of a training step without choices, with those of the first tuning
// and with those to ship, in turns. With --write, data/choices/ gets what was chosen both times and was
// clearly faster than the first candidate, by names without the shaders' hashes.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { median } from "../dist/core/statistics.js";
import { withoutHash } from "../dist/graph/graph.js";
import {
  DiffusionModel,
  nodeGpu,
  presetFor,
  readBytesIfAny,
  readSafetensors,
  Trainer,
  toFloat32,
  toNumbers,
  tuneModel,
} from "../dist/node.js";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    runs: { type: "string", default: "5" },
    write: { type: "boolean", default: false },
  },
});
const ROUNDS = Number(values.rounds);
const BATCH = 8;
const GAIN = 0.1; // less may be nothing on another machine
const JOB = new URL("../bench/peers/job/", import.meta.url);

async function presetNetwork(gpu) {
  const { config } = presetFor({ software: "swiftshader" });
  const model = await DiffusionModel.create(gpu, config, { seed: 0 });
  const [size, count] = [config.sample_size, BATCH * config.in_channels * config.sample_size ** 2];
  const wave = (by) => Float32Array.from({ length: count }, (_, i) => Math.sin(by * (i + 1)));
  const timestep = Array.from({ length: BATCH }, (_, i) => 100 * i);
  const batch = { x0: wave(0.3), noise: wave(1.7), timestep };
  return { model, batch, shape: [BATCH, config.in_channels, size, size], stretch: 5 };
}

async function jobNetwork(gpu) {
  const model = await DiffusionModel.load(gpu, (name) => readBytesIfAny(new URL(name, JOB)), "job");
  const bytes = new Uint8Array(readFileSync(new URL("batch.safetensors", JOB)));
  const { tensors } = readSafetensors(bytes, "batch.safetensors");
  const [x0, noise] = ["x0", "noise"].map((name) => toFloat32(tensors.get(name), name));
  const batch = { x0, noise, timestep: toNumbers(tensors.get("timestep"), "timestep") };
  return { model, batch, shape: tensors.get("x0").shape, stretch: 1 };
}

/** Medians of a step's ms without choices and with some, in turns, and of the ratios of each turn. */
async function stepTimes(gpu, { model, batch, shape, stretch }, { tuned, shipped }) {
  const trainers = [];
  for (const chosen of [{}, tuned, shipped]) {
    gpu.choices = chosen;
    trainers.push(await Trainer.create(model, { batches: [batch], shape }, { batch: BATCH }));
  }
  gpu.choices = {};
  const times = [[], [], []];
  for (let round = -1; round < ROUNDS; round++) {
    for (const [i, trainer] of trainers.entries()) {
      const started = performance.now();
      for await (const _ of trainer.run({ steps: stretch }));
      if (round >= 0) times[i].push((performance.now() - started) / stretch); // the first compiles
    }
  }
  for (const trainer of trainers) trainer.dispose();
  const ratio = (which) => median(times[0].map((untuned, i) => times[which][i] / untuned));
  return { untuned_ms: median(times[0]), tuned_ratio: ratio(1), shipped_ratio: ratio(2) };
}

/** How a family's choices fared. */
function fares(tuned) {
  const families = {};
  for (const { key, candidates, chosen } of tuned) {
    families[key.split(" ")[0]] ??= { choices: 0, first: 0, first_ms: 0, chosen_ms: 0, wrong: 0 };
    const family = families[key.split(" ")[0]];
    const msOf = (name) => candidates.find((one) => one.name === name).ms;
    family.choices++;
    family.first += Number(chosen === candidates[0].name);
    family.first_ms += candidates[0].ms;
    family.chosen_ms += msOf(chosen);
    family.wrong += candidates.filter(({ ms }) => ms === null).length;
  }
  return families;
}

function clearly({ candidates, chosen }) {
  const [first, best] = [candidates[0], candidates.find(({ name }) => name === chosen)];
  return best.ms < (1 - GAIN) * first.ms;
}

const gpu = await nodeGpu();
const { software } = gpu.target;
const table = {};
for (const [name, make] of Object.entries({ preset: presetNetwork, "peer-job": jobNetwork })) {
  const network = await make(gpu);
  const options = { batch: BATCH, runs: Number(values.runs) };
  const { tuned, choices, ms } = await tuneModel(network.model, options);
  gpu.choices = {};
  const again = await tuneModel(network.model, options);
  const sure = new Map(again.tuned.filter(clearly).map(({ key, chosen }) => [key, chosen]));
  const shipped = Object.fromEntries(
    tuned
      .filter((one) => clearly(one) && sure.get(one.key) === one.chosen)
      .map(({ key, chosen }) => [key, withoutHash(chosen)]),
  );
  const step = await stepTimes(gpu, network, { tuned: choices, shipped });
  const first = tuned.filter(({ candidates, chosen }) => chosen === candidates[0].name).length;
  const counts = { choices: tuned.length, first, shipped: Object.keys(shipped).length };
  const figures = Object.entries({ tuning_s: ms / 1000, ...step });
  const rounded = figures.map(([figure, value]) => [figure, Number(value.toPrecision(3))]);
  console.log(name, { ...counts, ...Object.fromEntries(rounded) }, fares(tuned));
  for (const { key, candidates, chosen } of tuned) {
    const [best] = candidates.filter(({ name }) => name === chosen);
    if (best === candidates[0]) continue;
    const times = candidates.map(({ ms }) => ms?.toFixed(3) ?? "wrong").join(" ");
    console.log(`${key}: ${times} → ${withoutHash(chosen)}`);
  }
  Object.assign(table, shipped);
  network.model.dispose();
}
if (values.write) {
  const folder = new URL("../data/choices/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const choices = Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify({ adapter: software, choices }, null, 2);
  writeFileSync(new URL(`${software}.json`, folder), `${text}\n`);
}
process.exit(0);
