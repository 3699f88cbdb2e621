import { describe, test } from "vitest";
import { goldenCases, goldenTensor } from "../support/golden.ts";
import { expectGolden } from "./agreement.ts";
import { concatChannels, concatChannelsBackward } from "./concat.ts";

describe("y = channels of a, then of b   [PyTorch]", () => {
  test.each(goldenCases<{ channels: [number, number] }>("concat"))("$name: y, da, db", (golden) => {
    const y = concatChannels(goldenTensor(golden, "a"), goldenTensor(golden, "b"));
    const dy = goldenTensor(golden, "dy");
    expectGolden(golden, { y, ...concatChannelsBackward(dy, golden.options.channels[0]) });
  });
});
