// Every layer of a whole forward and backward pass on this adapter is its float64 network's to rounding.
import { describe, expect, test } from "vitest";
import { parseJsonObject } from "../../src/formats/json.ts";
import { parseUNetConfig } from "../../src/formats/unet_config.ts";
import type { Dispatch } from "../../src/graph/graph.ts";
import { testGpu } from "../support/gpu.ts";
import { TINY_UNET } from "../support/tiny_unet.ts";
import { float64Errors } from "./float64/layer_errors.ts";

const tiny = (changes: Record<string, unknown> = {}) =>
  parseUNetConfig({ ...parseJsonObject(TINY_UNET.text, TINY_UNET.name), ...changes });

describe("each layer against float64", () => {
  test.each([
    ["as it is trained", {}],
    [
      "with attention in its levels",
      {
        down_block_types: ["DownBlock2D", "AttnDownBlock2D"],
        up_block_types: ["AttnUpBlock2D", "UpBlock2D"],
      },
    ],
    [
      "resampled by residual blocks, scaled and shifted",
      {
        downsample_type: "resnet",
        upsample_type: "resnet",
        resnet_time_scale_shift: "scale_shift",
        center_input_sample: true,
        mid_block_scale_factor: 2,
      },
    ],
  ])("a U-Net %s", async (_, changes) => {
    const gpu = await testGpu();
    const errors = await float64Errors(gpu, tiny(changes), { batch: 2 });
    expect(errors.filter(({ ok }) => !ok)).toEqual([]);
    for (const layer of ["conv_in", "mid_block.attentions.0.to_q+to_k+to_v", "conv_out"]) {
      const tensors = errors.filter((one) => one.layer === layer).map(({ tensor }) => tensor);
      expect(tensors).toEqual(["y", "dy", "dweight", "dbias"]);
    }
    const largest = Math.max(...errors.map(({ error }) => error));
    expect(largest).toBeGreaterThan(0); // two computations, not one
  });

  test("a wrong kernel is seen where it comes in", async () => {
    const gpu = await testGpu();
    const change = (dispatch: Dispatch): Dispatch => {
      const { family } = dispatch.variant;
      const text = family.text.map((chunk) => chunk.replace("v / (1.0", "v / (1.001"));
      return {
        ...dispatch,
        variant: { ...dispatch.variant, family: { ...family, hash: "wrong", text } },
      };
    };
    const isSiLU = ({ label }: Dispatch) => label.startsWith("activation");
    const errors = await float64Errors(gpu, tiny(), {
      batch: 1,
      change: (dispatch) => (isSiLU(dispatch) ? change(dispatch) : dispatch),
    });
    const wrong = errors.filter(({ ok }) => !ok);
    expect(wrong[0]).toMatchObject({ layer: "activation", phase: "forward" });
  });
});
