import { describe, test } from "vitest";
import { goldenCases } from "../support/golden.ts";
import { expectGolden } from "./agreement.ts";
import { timestepEmbedding } from "./timestep_embedding.ts";

interface Options {
  dim: number;
  flip_sin_to_cos: boolean;
  freq_shift: number;
  timesteps: number[];
}

describe("[sin(t f), cos(t f)], f_i = 10000^(−i / (half − shift))   [diffusers]", () => {
  test.each(goldenCases<Options>("timestep_embedding"))("$name", (golden) => {
    const { dim, flip_sin_to_cos: flipSinToCos, freq_shift: freqShift, timesteps } = golden.options;
    expectGolden(golden, { y: timestepEmbedding(timesteps, { dim, flipSinToCos, freqShift }) });
  });
});
