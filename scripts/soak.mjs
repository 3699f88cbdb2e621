// A long run: training, saving and sampling in turns, and whether anything grows meanwhile.
//   npm run soak -- [--minutes 30] [--json]
// The model is the one that `train` makes here; the adapter that of WGSL_DIFFUSION_ADAPTER, else the one
// that commands take. Exits with 1 where GPU bytes, the program's objects or step time grew by more than
// 2 %, or a submission took more than 500 ms.
//
// The first tenth is left out: code is compiled then. Step time, heap and resident memory are the least of
// the first and of the last fifth of the rounds: other programs, and garbage, only ever make them more.
// V8 compiles on for a quarter of an hour, as one function after the other becomes hot, so the heap is told
// as a whole, but judged by its objects, from snapshots half-way through the warm-up and at the end: a leak
// is made of objects. A submission on a software adapter is judged by its processor time, which no other
// program makes longer.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  DiffusionModel,
  fitImages,
  idxDataset,
  nodeGpu,
  presetFor,
  sample,
  Trainer,
} from "../dist/node.js";
import {
  growthOf,
  heapBytes,
  snapshotBytes,
  watchSubmissions,
  writeSnapshot,
} from "./soak/measures.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    json: { type: "boolean", default: false },
  },
});
const MOST_GROWTH = 0.02;
const MOST_SUBMIT_MS = 500;
const STEPS_A_ROUND = 60;
const STRETCH = 10; // steps that are timed together
const WARM_UP_ROUNDS = 4;

const minutes = Number(values.minutes);
const file = new URL("../data/fashion-mnist/t10k-images-idx3-ubyte.gz", import.meta.url);

/** Trains, saves and samples once. @returns ms of a step, the least of the round's stretches */
async function round(trainer, seed) {
  const stretches = [];
  for (let done = 0; done < STEPS_A_ROUND; done += STRETCH) {
    const started = performance.now();
    for await (const { loss } of trainer.run({ steps: STRETCH })) {
      if (!Number.isFinite(loss)) throw new Error(`step ${trainer.step}: loss ${loss}`);
    }
    stretches.push((performance.now() - started) / STRETCH);
  }
  await trainer.save();
  const asked = { sampler: "ddim", count: 4, steps: 10, seed, weights: trainer.ema };
  for await (const frame of sample(trainer.model, asked)) {
    if (frame.step === frame.of) await frame.images();
  }
  return Math.min(...stretches);
}

const gpu = await nodeGpu();
const { config, scheduler, hyperParameters } = presetFor(gpu.target);
const side = config.sample_size;
const data = fitImages(await idxDataset(new Uint8Array(readFileSync(file)), "images"), side, side);
const model = await DiffusionModel.create(gpu, config, { seed: 1, scheduler });
const options = { ...hyperParameters, decay: "constant", seed: 1 };
const trainer = await Trainer.create(model, { data }, options);

const rounds = [];
const begun = performance.now();
const end = begun + minutes * 60_000;
const settled = begun + minutes * 3000; // half of the warm-up
const firstLongest = await watchSubmissions(gpu, () => round(trainer, 0));
let warmRounds = WARM_UP_ROUNDS;
let snapshot;
while (!snapshot || performance.now() < end || rounds.length < warmRounds + 3) {
  if (!snapshot && performance.now() >= settled && rounds.length >= WARM_UP_ROUNDS / 2) {
    warmRounds = 2 * rounds.length; // writing it frees memory that comes back meanwhile
    snapshot = writeSnapshot("first");
  }
  const stepMs = await round(trainer, rounds.length);
  gpu.check();
  rounds.push({
    ...{ stepMs, heap: await heapBytes(), gpuBytes: gpu.counters.bufferBytes },
    rss: process.memoryUsage().rss,
  });
  if (!values.json && rounds.length % 20 === 0) {
    const left = Math.max(0, (end - performance.now()) / 60_000);
    process.stderr.write(`round ${rounds.length}, step ${trainer.step}, ${left.toFixed(1)} min\n`);
  }
}
const longest = await watchSubmissions(gpu, () => round(trainer, 0));

const bytes = [snapshot, writeSnapshot("last")].map(snapshotBytes);

const measured = rounds.slice(warmRounds);
const part = Math.max(1, Math.floor(measured.length / 5));
const [first, last] = [measured.slice(0, part), measured.slice(-part)];
const leastOf = (some, key) => Math.min(...some.map((one) => one[key]));
const growth = (key) => growthOf(leastOf(first, key), leastOf(last, key));
const isSoftware = gpu.target.software !== undefined;
const judgedMs = ({ ms, ownMs }) => (isSoftware ? Math.min(ms, ownMs) : ms);
const report = {
  adapter: gpu.info.description || `${gpu.info.vendor} ${gpu.info.architecture}`,
  ...{ minutes, rounds: rounds.length, steps: trainer.step },
  ...{ gpuBytes: growth("gpuBytes"), stepMs: growth("stepMs") },
  objectBytes: growthOf(...bytes.map(({ objects }) => objects)),
  codeBytes: growthOf(...bytes.map(({ code }) => code)),
  ...{ heapBytes: growth("heap"), rssBytes: growth("rss") },
  ...{ longestSubmission: longest, firstLongestSubmission: firstLongest },
};
trainer.dispose();
model.dispose();
const left = gpu.counters.bufferBytes;

const JUDGED = ["gpuBytes", "objectBytes", "stepMs"];
const grown = JUDGED.filter((key) => report[key].growth > MOST_GROWTH);
const longestMs = Math.max(judgedMs(longest), judgedMs(firstLongest));
const isRight = grown.length === 0 && longestMs <= MOST_SUBMIT_MS && left === 0;
const result = { ...report, bytesLeft: left, grown, ok: isRight };
if (values.json) console.log(JSON.stringify(result));
else {
  const percent = ({ first: a, last: b, growth }) =>
    `${a.toPrecision(6)} → ${b.toPrecision(6)} (${(100 * growth).toFixed(2)} %)`;
  const msText = ({ ms, ownMs }) =>
    `${ms.toFixed(0)} ms${isSoftware ? ` (${ownMs.toFixed(0)} ms of processor time)` : ""}`;
  console.log(
    `${report.adapter}: ${minutes} minutes, ${report.steps} steps, ${rounds.length} rounds`,
  );
  for (const key of [...JUDGED, "codeBytes", "heapBytes", "rssBytes"]) {
    console.log(`${key.padEnd(11)} ${percent(report[key])}`);
  }
  console.log(
    `longest submission ${msText(longest)}, ${msText(firstLongest)} in the first round; ` +
      `${left} bytes left after dispose`,
  );
  if (!isRight) console.log(`not as it should be: ${grown.join(", ") || "see above"}`);
}
process.exit(isRight ? 0 : 1);
