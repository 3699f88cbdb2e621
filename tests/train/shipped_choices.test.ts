// data/choices/: every choice that is shipped is one that the launchers still make, and not their first.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Gpu, type Target } from "../../src/device/gpu.ts";
import { parseUNetConfig, type UNetConfig } from "../../src/formats/unet_config.ts";
import { DiffusionModel } from "../../src/nn/model.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { shippedChoices } from "../../src/platform/shipped_choices.ts";
import { presetFor } from "../../src/train/presets.ts";
import { recordNetwork } from "../../src/train/tuning.ts";

const LANES = { swiftshader: 4, llvmpipe: 8 } as const;
const job = new URL("../../bench/peers/job/config.json", import.meta.url);
const NETWORKS: UNetConfig[] = [
  presetFor({ software: "swiftshader" }).config,
  parseUNetConfig(JSON.parse(readFileSync(job, "utf8"))),
];

const tables = readdirSync(new URL("../../data/choices/", import.meta.url));

test.each(tables)(
  "%s names candidates of today; else run `npm run choices -- --write`",
  async (file) => {
    const software = file.slice(0, -".json".length) as keyof typeof LANES;
    const choices = await shippedChoices(software);
    const target: Target = { subgroupSize: LANES[software], software, choices };
    const { gpu: source } = await openGpu({ adapter: "null" });
    const gpu = await Gpu.open({ gpu: source });
    const made = [];
    for (const config of NETWORKS) {
      const model = await DiffusionModel.create(gpu, config, { seed: 0 });
      for (const trains of [true, false]) {
        made.push(...recordNetwork(model, target, { batch: 8, trains }));
      }
    }
    const taken = made.flatMap(({ choice }) =>
      choice && choice.chosen !== choice.names[0] ? [choice.key] : [],
    );
    expect([...new Set(taken)].sort()).toEqual(Object.keys(choices).sort());
    gpu.dispose();
  },
);

test("other adapters have none", async () => {
  expect(await shippedChoices(undefined)).toEqual({});
});
