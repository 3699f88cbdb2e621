// Blocks that diffusers' factories know and this package does not have, and what each would need.
//
// The blocks that it has are in unet_config_fields.ts; names that diffusers does not know either are
// refused there.
import { OptionError } from "../core/errors.ts";
import type { JsonObject } from "./json.ts";

/** What blocks of such names would need. */
const NEEDS: readonly [names: RegExp, need: string][] = [
  [
    /^(Attn)?Skip(Down|Up)Block2D$/,
    "resampling by a FIR filter, and an image skip connection beside the features'",
  ],
  [
    /^(Simple)?CrossAttn(Down|Up)Block2D$/,
    "cross-attention to an encoder's states, as a UNet2DConditionModel has",
  ],
  [
    /^(Attn)?(DownEnc|UpDec)oderBlock2D$/,
    "residual blocks without a time embedding, as an autoencoder has",
  ],
  [
    /^K(CrossAttn)?(Down|Up)Block2D$/,
    "group norms that the time embedding scales (AdaGroupNorm), as k-diffusion has",
  ],
];

/** @throws OptionError for a config.json with such a block, saying what it would take */
export function refuseUnsupportedBlocks(json: JsonObject, name: string): void {
  for (const key of ["down_block_types", "up_block_types"]) {
    const types: unknown = Object.hasOwn(json, key) ? json[key] : undefined;
    if (!Array.isArray(types)) continue;
    for (const [i, type] of types.entries()) {
      if (typeof type !== "string") continue;
      const block = type.replace(/^UNetRes/, "");
      const [, need] = NEEDS.find(([names]) => names.test(block)) ?? [];
      if (need === undefined) continue;
      throw new OptionError(
        "option/unet",
        `${name}: ${key}[${i}] must be a block that is built here, got ${type}, which would need ${need}.`,
        `The plain, Attn and Resnet blocks of UNet2DModel are.`,
      );
    }
  }
}
