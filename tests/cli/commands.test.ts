import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "../../src/formats/png.ts";
import { readSafetensors, toFloat32, writeSafetensors } from "../../src/formats/safetensors.ts";
import { saveModel } from "../../src/nn/save_model.ts";
import { writeFolder } from "../../src/platform/files.ts";
import { lastLine, runCommand } from "../support/command.ts";
import { testGpu } from "../support/gpu.ts";
import { fixtures, goldenFile, relativeToLargest } from "../support/model_folder.ts";
import { tinyModel } from "../support/tiny_run.ts";

const model = join(fixtures, "unets/ddpm");
const inputs = join(model, "io.safetensors");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "wgsl-diffusion-cli-"));
  const made = await tinyModel(await testGpu());
  await writeFolder(join(folder, "tiny"), await saveModel(made)); // it compiles soon
  made.dispose();
});
afterAll(() => rm(folder, { recursive: true }));

const run = (args: string[], interruptAt?: RegExp) => runCommand(folder, args, interruptAt);

async function tensorsOf(path: string) {
  return readSafetensors(new Uint8Array(await readFile(join(folder, path))), path).tensors;
}

/** config.json of a network that compiles soon. */
async function tinyConfig(): Promise<string> {
  const config = {
    ...{ sample_size: 8, in_channels: 1, out_channels: 1, block_out_channels: [8] },
    ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
    ...{ layers_per_block: 1, norm_num_groups: 4, add_attention: false },
  };
  await writeFile(join(folder, "tiny.json"), JSON.stringify(config));
  return "tiny.json";
}

describe("commands do what the README says", () => {
  test("forward writes the network's output", async () => {
    const args = ["--model", model, "--inputs", inputs, "--out", "f.safetensors", "--json"];
    const outcome = await run(["forward", ...args]);
    expect(outcome.code, outcome.err).toBe(0);
    expect(lastLine(outcome)).toMatchObject({ out: "f.safetensors", shape: [2, 1, 16, 16] });
    const sample = (await tensorsOf("f.safetensors")).get("sample")!;
    const golden = goldenFile("unets/ddpm/io.safetensors").floats("output").data;
    expect(relativeToLargest(toFloat32(sample, "sample"), golden)).toBeLessThan(2e-5);
  });

  test("gradients writes the loss and one tensor a parameter", async () => {
    const golden = goldenFile("unets/ddpm/io.safetensors");
    // the golden file names its timesteps apart for the gradients
    const timestep = golden.numbers("gradient_timestep");
    const all = readSafetensors(new Uint8Array(await readFile(inputs)), inputs).tensors;
    const given = ["x0", "noise"].map((name) => [name, all.get(name)!] as const);
    const times = {
      dtype: "I64" as const,
      shape: [timestep.length],
      bytes: new Uint8Array(BigInt64Array.from(timestep, BigInt).buffer),
    };
    await writeFile(
      join(folder, "g-in.safetensors"),
      writeSafetensors([...given, ["timestep", times]]),
    );
    const args = ["--model", model, "--inputs", "g-in.safetensors", "--out", "g.safetensors"];
    const outcome = await run(["gradients", ...args, "--json"]);
    expect(outcome.code, outcome.err).toBe(0);
    const loss = golden.floats("loss").data[0]!;
    expect(Math.abs(lastLine(outcome).loss / loss - 1)).toBeLessThan(1e-6);
    const written = [...(await tensorsOf("g.safetensors")).keys()].sort();
    const expected = golden.names.filter((name) => name.startsWith("grad.")).map((n) => n.slice(5));
    expect(written).toEqual(["loss", ...expected].sort());
  });

  test("sample writes a grid, and the raw tensor; the same seed, the same images", async () => {
    const args = ["--model", "tiny", "--count", "2", "--steps", "3", "--seed", "7"];
    for (const out of ["a.safetensors", "b.safetensors", "grid.png"]) {
      const outcome = await run(["sample", ...args, "--out", out]);
      expect(outcome.code, outcome.err).toBe(0);
    }
    const [a, b] = [await tensorsOf("a.safetensors"), await tensorsOf("b.safetensors")];
    expect(a.get("sample")!.shape).toEqual([2, 1, 4, 4]);
    expect(a.get("sample")!.bytes).toEqual(b.get("sample")!.bytes);
    const png = await readFile(join(folder, "grid.png"));
    expect(png.subarray(1, 4).toString()).toBe("PNG");
  });

  test("sample makes a part of a set", async () => {
    const args = ["--model", "tiny", "--count", "3", "--steps", "1", "--seed", "7", "--json"];
    const parts = [];
    for (const shard of ["1/2", "2/2"]) {
      const outcome = await run(["sample", ...args, "--shard", shard, "--out", "p.safetensors"]);
      expect(outcome.code, outcome.err).toBe(0);
      parts.push({ ...lastLine(outcome), out: undefined });
    }
    expect(parts.map(({ firstImage, shape }) => [firstImage, shape[0]])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test("train leaves a run folder whose model opens again", async () => {
    const args = ["--config", await tinyConfig(), "--steps", "3", "--batch", "2", "--samples", "2"];
    const outcome = await run(["train", ...args, "--out", "run", "--json"]);
    expect(outcome.code, outcome.err).toBe(0);
    expect(lastLine(outcome)).toMatchObject({ out: "run", steps: 3 });
    const names = (await readdir(join(folder, "run"))).sort();
    expect(names).toEqual([
      "checkpoints",
      "ema",
      "loss.csv",
      "loss.png",
      "metrics.jsonl",
      "model",
      "samples.png",
    ]);
    const csv = (await readFile(join(folder, "run/loss.csv"), "utf8")).trimEnd().split("\n");
    expect(csv[0]).toBe("step,loss,gradient_norm");
    expect(csv).toHaveLength(4);
    const asked = ["--count", "1", "--steps", "1", "--out", "again.png"];
    const again = await run(["sample", "--model", "run/ema", ...asked]);
    expect(again.code, again.err).toBe(0);
  });

  test("train from a model's weights takes the scheduler that options say, and keeps the rest", async () => {
    const plain = JSON.parse(await readFile(join(folder, "tiny/scheduler_config.json"), "utf8"));
    const said = { beta_schedule: "squaredcos_cap_v2", prediction_type: "v_prediction" };
    await cp(join(folder, "tiny"), join(folder, "said"), { recursive: true });
    await writeFile(
      join(folder, "said/scheduler_config.json"),
      JSON.stringify({ ...plain, ...said }),
    );
    const pixels = Float32Array.from({ length: 32 }, (_, i) => Math.sin(3 * i));
    const bytes = (of: ArrayBufferView<ArrayBuffer>) => new Uint8Array(of.buffer);
    const batch = (shape: number[]) => [
      ["x0", { dtype: "F32" as const, shape: [...shape, 1, 4, 4], bytes: bytes(pixels) }] as const,
      [
        "noise",
        { dtype: "F32" as const, shape: [...shape, 1, 4, 4], bytes: bytes(pixels.toReversed()) },
      ] as const,
      ["timestep", { dtype: "I32" as const, shape, bytes: bytes(Int32Array.of(3, 9)) }] as const,
    ];
    await writeFile(join(folder, "batches.safetensors"), writeSafetensors(batch([1, 2])));
    await writeFile(join(folder, "batch.safetensors"), writeSafetensors(batch([2])));
    const inputs = ["--inputs", "batch.safetensors", "--out", "g2.safetensors", "--json"];
    const { loss } = lastLine(await run(["gradients", "--model", "said", ...inputs]));

    const options = ["--schedule", said.beta_schedule, "--prediction", said.prediction_type];
    const from = ["--model", "tiny", "--batches", "batches.safetensors", "--samples", "0"];
    const outcome = await run(["train", ...from, ...options, "--out", "other"]);
    expect(outcome.code, outcome.err).toBe(0);
    const written = await readFile(join(folder, "other/model/scheduler_config.json"), "utf8");
    expect(JSON.parse(written)).toMatchObject({ ...plain, ...said });
    const first = Number((await readFile(join(folder, "other/loss.csv"), "utf8")).split(",")[3]);
    expect(first / loss).toBeCloseTo(1, 5);
  });

  test("evaluate gives the bound's terms on given tensors, and a report on data", async () => {
    const golden = join(fixtures, "bound/network-ddpm.safetensors");
    const given = await run(["evaluate", "--model", model, "--inputs", golden, "--json"]);
    expect(given.code, given.err).toBe(0);
    const { prior, terms } = lastLine(given);
    expect(prior).toHaveLength(2);
    expect(terms[0].timestep).toBe(0);
    expect(Math.abs(terms[0].bitsPerDim[0] / 1.9816545334308866 - 1)).toBeLessThan(1e-5);
    const asked = ["--images", "2", "--timesteps", "3", "--json"];
    const estimate = await run(["evaluate", "--model", model, ...asked]);
    expect(estimate.code, estimate.err).toBe(0);
    const { isEstimate, rate, distortion, total } = lastLine(estimate);
    expect(isEstimate).toBe(true);
    expect(total.mean).toBeCloseTo(rate.mean + distortion.mean, 10);
  });

  test("plan prints a table", async () => {
    const outcome = await run(["plan", "--sampler", "ddim", "--steps", "10", "--json"]);
    expect(outcome.code, outcome.err).toBe(0);
    expect(lastLine(outcome).rows.map((row: { timestep: number }) => row.timestep)).toEqual([
      900, 800, 700, 600, 500, 400, 300, 200, 100, 0,
    ]);
  });

  test("sample edits: an image inverted, its noise sampled; inpainted; started from; steered", async () => {
    const wgsl = "fn gradient(n: u32, c: u32, i: u32, j: u32) -> f32 { return x0(n, c, i, j); }";
    await writeFile(join(folder, "loss.wgsl"), wgsl);
    const args = ["sample", "--model", "tiny", "--count", "1", "--steps", "3", "--json"];
    const mask = { width: 4, height: 4, channels: 1 as const, data: new Uint8Array(16) };
    await writeFile(join(folder, "mask.png"), encodePng({ ...mask, data: mask.data.fill(255, 8) }));
    const outcomes = [
      await run([...args, "--sampler", "ddim", "--out", "start.safetensors"]),
      await run([
        ...[...args, "--sampler", "ddim-inverse", "--image", "start.safetensors"],
        ...["--out", "noise.safetensors"],
      ]),
      await run([...args, "--initial-noise", "noise.safetensors", "--out", "back.png"]),
      await run([
        ...[...args, "--sampler", "ddim", "--inpaint", "start.safetensors", "--mask", "mask.png"],
        ...["--out", "inpainted.png", "--resample", "2", "--jump-length", "1"],
      ]),
      await run([...args, "--image", "start.safetensors", "--strength", "0.5", "--out", "i.png"]),
      await run([...args, "--steer", "loss.wgsl", "--steer-strength", "0.1", "--out", "s.png"]),
    ];
    const codes = outcomes.map(({ code }) => code);
    expect(codes, outcomes.map(({ err }) => err).join("\n")).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...(await tensorsOf("noise.safetensors")).keys()]).toEqual(["noise"]);
  });

  test("plan takes OpenAI's respacing, clipping and diffusers' tables", async () => {
    const args = ["plan", "--respacing", "ddim5", "--clip", "2", "--precision", "diffusers-f32"];
    const outcome = await run([...args, "--json"]);
    expect(outcome.code, outcome.err).toBe(0);
    const { rows } = lastLine(outcome);
    const timesteps = rows.map(({ timestep }: { timestep: number }) => timestep);
    expect(timesteps).toEqual([800, 600, 400, 200, 0]);
    expect(rows[0].clip).toBe(2);
  });

  test("Ctrl-C stops training, after models and a checkpoint are written, and the run goes on", async () => {
    const args = ["--config", await tinyConfig(), "--steps", "100000", "--batch", "2"];
    const outcome = await run(["train", ...args, "--out", "stopped"], /training \d+\//);
    expect(outcome.code, outcome.err).toBe(130);
    expect(await readdir(join(folder, "stopped"))).toContain("model");
    const losses = async () =>
      (await readFile(join(folder, "stopped/loss.csv"), "utf8")).trimEnd().split("\n");
    const before = await losses();
    const step = before.length - 1;
    const asked = ["--steps", String(step + 1), "--samples", "0", "--json"];
    const resumed = await run(["train", "--resume", "stopped", ...asked]);
    expect(resumed.code, resumed.err).toBe(0);
    expect(lastLine(resumed)).toMatchObject({ out: "stopped", steps: step + 1 });
    expect((await losses()).slice(0, -1)).toEqual(before);
  });

  test("a run in two parts has the bits of one in one go; a damaged checkpoint is passed over", async () => {
    const plain = ["--config", await tinyConfig(), "--batch", "2", "--samples", "2"];
    const watched = ["--validate", "6", "--validate-every", "2", "--sample-every", "5"];
    const args = ["train", ...plain, ...watched, "--lr", "1e-3", "--save-every", "2"];
    const file = (path: string) => readFile(join(folder, path));
    const whole = await run([...args, "--steps", "5", "--out", "whole"]);
    const part = await run([...args, "--steps", "4", "--out", "part"]);
    const state = "part/checkpoints/step-000004/training_state.safetensors";
    await writeFile(join(folder, state), (await file(state)).fill(7, 5000, 5001));
    const copy = ["--resume", "part/checkpoints/step-000002", "--steps", "5", "--out", "copy"];
    const other = await run(["train", ...copy]);
    const rest = await run(["train", "--resume", "part", "--steps", "5"]);
    for (const { code, err } of [whole, part, rest, other]) expect(code, err).toBe(0);
    expect(rest.err).toContain("step-000004 is damaged, and left out: ");
    expect(rest.err).toContain("resumes part/checkpoints/step-000002 at step 2\n");
    const weights = "ema/diffusion_pytorch_model.safetensors";
    const last = "checkpoints/step-000005/training_state.safetensors";
    const told = (await file("part/metrics.jsonl")).toString().trimEnd().split("\n");
    const lines = told.map((line) => JSON.parse(line));
    expect(lines.filter((line) => line.loss !== undefined).map(({ step }) => step)).toEqual([
      1, 2, 3, 4, 5,
    ]);
    expect(Object.keys(lines[0])).toEqual([
      ...["step", "loss", "gradient_norm", "learning_rate", "images_per_second"],
    ]);
    const validated = lines.filter((line) => line.validation_loss > 0).map(({ step }) => step);
    expect(validated).toEqual([2, 4, 5]);
    for (const name of ["loss.csv", weights, last, "samples/step-000005.png"]) {
      expect(await file(`part/${name}`), name).toEqual(await file(`whole/${name}`));
      expect(await file(`copy/${name}`), name).toEqual(await file(`whole/${name}`));
    }
  });
});

describe("bad input is told by its code and cure, and nothing is left half-written", () => {
  const truncated = async () => {
    const bytes = await readFile(inputs);
    await writeFile(join(folder, "cut.safetensors"), bytes.subarray(0, bytes.length - 100));
    return "cut.safetensors";
  };
  const wrongGroups = async () => {
    const config = JSON.parse(await readFile(join(model, "config.json"), "utf8"));
    await writeFile(join(folder, "groups.json"), JSON.stringify({ ...config, norm_num_groups: 3 }));
    return "groups.json";
  };

  test.each([
    [
      "a missing model",
      async () => ["forward", "--model", "none", "--inputs", inputs, "--out", "x"],
      1,
      "file/missing",
    ],
    [
      "a missing file",
      async () => ["forward", "--model", model, "--inputs", "none", "--out", "x"],
      1,
      "file/missing",
    ],
    [
      "a truncated file",
      async () => ["forward", "--model", model, "--inputs", await truncated(), "--out", "x"],
      1,
      "safetensors/cut-short",
    ],
    [
      "images of another shape",
      async () => [
        "forward",
        "--model",
        join(fixtures, "unets/non-square-mish"),
        "--inputs",
        inputs,
        "--out",
        "x",
      ],
      1,
      "shape/image",
    ],
    [
      "channels that the groups do not divide",
      async () => ["train", "--config", await wrongGroups(), "--out", "x"],
      1,
      "shape/groups",
    ],
    [
      "more steps than the schedule has",
      async () => ["sample", "--model", model, "--steps", "2000", "--out", "x.png"],
      1,
      "option/steps",
    ],
    [
      "a picture of unknown kind",
      async () => ["sample", "--model", model, "--out", "x.gif"],
      1,
      "file/kind",
    ],
    [
      "inputs beside data",
      async () => ["evaluate", "--model", model, "--inputs", inputs, "--images", "3"],
      1,
      "option/source",
    ],
    [
      "inputs without a tensor",
      async () => ["evaluate", "--model", model, "--inputs", "g-none.safetensors"],
      1,
      "file/missing",
    ],
    [
      "inputs of other shapes",
      async () => ["evaluate", "--model", model, "--inputs", inputs],
      1,
      "shape/mismatch",
    ],
    [
      "more images than there are",
      async () => ["evaluate", "--model", model, "--images", "10001"],
      1,
      "option/count",
    ],
    [
      "guidance of a model without classes",
      async () => ["sample", "--model", model, "--guidance", "3", "--class", "1", "--out", "x.png"],
      1,
      "option/class",
    ],
    [
      "a mask without an image",
      async () => ["sample", "--model", model, "--mask", inputs, "--out", "x.png"],
      1,
      "option/combination",
    ],
    [
      "two things to start from",
      async () => ["sample", "--model", model, "--image", "a.png", "--interpolate", "1,2"],
      2,
      "--interpolate",
    ],
    ["a part of no parts", async () => ["sample", "--model", model, "--shard", "0/2"], 2, "1/4"],
    [
      "a part without an image",
      async () => ["sample", "--model", model, "--count", "1", "--shard", "1/2", "--out", "x.png"],
      1,
      "option/count",
    ],
    [
      "an interval that falls",
      async () => ["sample", "--model", model, "--guidance-interval", "9,2"],
      2,
      "rising",
    ],
    [
      "steps and respacing",
      async () => ["plan", "--steps", "5", "--respacing", "5"],
      2,
      "--respacing",
    ],
    [
      "a learning rate that breaks the weights, in spite of going back",
      async () => {
        const args = ["--config", await tinyConfig(), "--batch", "2", "--lr", "1e30"];
        return ["train", ...args, "--steps", "500", "--on-nan", "rollback", "--out", "broken"];
      },
      1,
      "train/not-finite]: train: went back to step 0 3 times, and step ",
    ],
    [
      "a batch that the memory does not hold",
      async () => {
        const args = ["--config", await tinyConfig(), "--batch", "64", "--out", "x"];
        return ["train", ...args, "--memory-limit", "0.5"];
      },
      1,
      "device/too-large]: train: memoryLimit is 512 KiB",
    ],
    [
      "weights that the memory does not hold",
      async () => ["sample", "--model", model, "--memory-limit", "0.01", "--out", "x.png"],
      1,
      "device/too-large",
    ],
    [
      "no memory at all",
      async () => ["sample", "--model", model, "--memory-limit", "0", "--out", "x.png"],
      2,
      "above 0",
    ],
    [
      "a number of another objective",
      async () => ["train", "--objective", "simple", "--gamma", "3", "--out", "x"],
      1,
      "option/objective]: train: --gamma is of min-snr, soft-min-snr and p2",
    ],
    [
      "a network beside a model",
      async () => ["train", "--config", await tinyConfig(), "--model", model],
      2,
      "--model",
    ],
    [
      "another prediction for a run that goes on",
      async () => ["train", "--resume", "none", "--prediction", "sample"],
      2,
      "--prediction",
    ],
    ["no run to resume", async () => ["train", "--resume", "none"], 1, "checkpoint/missing"],
    ["a folder that exists", async () => ["train", "--out", "."], 1, "file/exists"],
    ["an unknown option", async () => ["train", "--stepz", "3"], 2, "--steps"],
    ["an option out of range", async () => ["train", "--lr", "0"], 2, "above 0"],
    ["an unknown command", async () => ["frobnicate"], 2, "unknown command"],
    ["a required option left out", async () => ["forward"], 2, "--model"],
  ])("%s", async (_, args, code, text) => {
    const outcome = await run(await args());
    expect(outcome.code, outcome.err).toBe(code);
    expect(outcome.err).toContain(text);
    expect(outcome.err).not.toContain("unexpected");
    expect((await readdir(folder)).filter((name) => /^\.?x(\.|$)/.test(name))).toEqual([]);
  });
});
