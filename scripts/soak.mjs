// A long run: training, saving and sampling in turns, and whether anything grows meanwhile.
//   npm run soak -- [--minutes 30] [--json]
// The model is the one that `train` makes here; the adapter that of WGSL_DIFFUSION_ADAPTER, else the one
// that commands take. Exits with 1 where GPU bytes, heap or step time grew by more than 2 %, or a
// submission took more than 500 ms.
//
// The first tenth is left out: code is compiled then. Step time is the least of a round, and of those the
// median over the first and the last fifth of the rounds: other programs only ever make it longer. Of the heap
// it is the least after collections. In the first round drivers compile, so its submissions are told apart.
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
import { growthOf, heapBytes, median, watchSubmissions } from "./soak/measures.mjs";

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
const end = performance.now() + minutes * 60_000;
const firstLongestMs = await watchSubmissions(gpu, () => round(trainer, 0));
while (performance.now() < end || rounds.length < WARM_UP_ROUNDS + 3) {
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
const longestMs = await watchSubmissions(gpu, () => round(trainer, 0));

const measured = rounds.slice(Math.max(WARM_UP_ROUNDS, Math.ceil(rounds.length / 10)));
const part = Math.max(1, Math.floor(measured.length / 5));
const [first, last] = [measured.slice(0, part), measured.slice(-part)];
const of = (some, key) => median(some.map((one) => one[key]));
const leastOf = (some, key) => Math.min(...some.map((one) => one[key])); // what is garbage comes and goes
const report = {
  adapter: gpu.info.description || `${gpu.info.vendor} ${gpu.info.architecture}`,
  ...{ minutes, rounds: rounds.length, steps: trainer.step },
  gpuBytes: growthOf(of(first, "gpuBytes"), of(last, "gpuBytes")),
  heapBytes: growthOf(leastOf(first, "heap"), leastOf(last, "heap")),
  stepMs: growthOf(of(first, "stepMs"), of(last, "stepMs")),
  rssBytes: growthOf(leastOf(first, "rss"), leastOf(last, "rss")),
  ...{ longestSubmitMs: longestMs, firstLongestSubmitMs: firstLongestMs },
};
trainer.dispose();
model.dispose();
const left = gpu.counters.bufferBytes;

const grown = ["gpuBytes", "heapBytes", "stepMs"].filter((key) => report[key].growth > MOST_GROWTH);
const isRight = grown.length === 0 && longestMs <= MOST_SUBMIT_MS && left === 0;
const result = { ...report, bytesLeft: left, grown, ok: isRight };
if (values.json) console.log(JSON.stringify(result));
else {
  const percent = ({ first: a, last: b, growth }) =>
    `${a.toPrecision(6)} → ${b.toPrecision(6)} (${(100 * growth).toFixed(2)} %)`;
  console.log(
    `${report.adapter}: ${minutes} minutes, ${report.steps} steps, ${rounds.length} rounds`,
  );
  for (const key of ["gpuBytes", "heapBytes", "stepMs", "rssBytes"]) {
    console.log(`${key.padEnd(10)} ${percent(report[key])}`);
  }
  console.log(
    `longest submission ${longestMs.toFixed(1)} ms, ${firstLongestMs.toFixed(1)} ms in the first round; ` +
      `${left} bytes left after dispose`,
  );
  if (!isRight) console.log(`not as it should be: ${grown.join(", ") || "see above"}`);
}
process.exit(isRight ? 0 : 1);
