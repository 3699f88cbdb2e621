// scheduler_config.json of each class, against the files that diffusers 0.42 writes.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { SCHEDULER_CLASSES, schedulerJson } from "../../src/diffusion/scheduler_classes.ts";
import { jsonText, parseJsonObject } from "../../src/formats/json.ts";
import { samplerOf } from "../../src/samplers/sampler.ts";
import { fixtures } from "../support/model_folder.ts";

interface Golden {
  /** texts of files, by class */
  defaults: Record<string, string>;
  from: string;
  converted: Record<string, string>;
}

const golden: Golden = JSON.parse(readFileSync(join(fixtures, "schedules/classes.json"), "utf8"));
const parsed = (text: string | undefined) => parseJsonObject(text ?? "", "scheduler_config.json");

describe("schedulerJson is diffusers' Class.from_config", () => {
  test("the classes are those that have a sampler here", () => {
    expect([...SCHEDULER_CLASSES].sort()).toEqual(Object.keys(golden.defaults).sort());
    for (const name of SCHEDULER_CLASSES)
      expect(() => samplerOf({ _class_name: name })).not.toThrow();
  });

  test.each(SCHEDULER_CLASSES)("%s: every key and default", (name) => {
    expect(schedulerJson(undefined, name)).toEqual(parsed(golden.defaults[name]));
  });

  test.each(SCHEDULER_CLASSES)("%s: takes over what a DDPMScheduler says", (name) => {
    const from = parsed(golden.from);
    expect(schedulerJson(from, name)).toEqual(parsed(golden.converted[name]));
  });

  test.each(SCHEDULER_CLASSES)("%s: writing what was read changes nothing", (name) => {
    const json = parsed(golden.converted[name]);
    expect(parsed(jsonText(schedulerJson(json)))).toEqual(json);
  });

  test("a class without a sampler here is refused", () => {
    expect(() => schedulerJson({ _class_name: "PNDMScheduler" })).toThrow(
      "scheduler: the class must be one of DDPMScheduler, DDIMScheduler, " +
        "DPMSolverMultistepScheduler, EulerDiscreteScheduler, HeunDiscreteScheduler, got PNDMScheduler.",
    );
  });
});
