// Blocks that diffusers' factories know and this package does not have, and what each would need.
//
// The blocks that it has are in unet_config_fields.ts; names that diffusers does not know either are
// refused there.
import { OptionError } from "../core/errors.ts";
import type { JsonObject } from "./json.ts";

const FIR = "resampling by a FIR filter, and an image skip connection beside the features'";
const CROSS = "cross-attention to an encoder's states, as a UNet2DConditionModel has";
const AUTOENCODER = "residual blocks without a time embedding, as an autoencoder has";
const ADAPTIVE = "group norms that the time embedding scales (AdaGroupNorm), as k-diffusion has";

const NEEDS = new Map([
  ["SkipDownBlock2D", FIR],
  ["AttnSkipDownBlock2D", FIR],
  ["SkipUpBlock2D", FIR],
  ["AttnSkipUpBlock2D", FIR],
  ["CrossAttnDownBlock2D", CROSS],
  ["CrossAttnUpBlock2D", CROSS],
  ["SimpleCrossAttnDownBlock2D", CROSS],
  ["SimpleCrossAttnUpBlock2D", CROSS],
  ["DownEncoderBlock2D", AUTOENCODER],
  ["AttnDownEncoderBlock2D", AUTOENCODER],
  ["UpDecoderBlock2D", AUTOENCODER],
  ["AttnUpDecoderBlock2D", AUTOENCODER],
  ["KDownBlock2D", ADAPTIVE],
  ["KUpBlock2D", ADAPTIVE],
  ["KCrossAttnDownBlock2D", ADAPTIVE],
  ["KCrossAttnUpBlock2D", ADAPTIVE],
]);

/** @throws OptionError for a config.json with such a block, saying what it would take */
export function refuseUnsupportedBlocks(json: JsonObject, name: string): void {
  for (const key of ["down_block_types", "up_block_types"]) {
    const types: unknown = Object.hasOwn(json, key) ? json[key] : undefined;
    if (!Array.isArray(types)) continue;
    for (const [i, type] of types.entries()) {
      const need = typeof type === "string" ? NEEDS.get(type.replace(/^UNetRes/, "")) : undefined;
      if (need === undefined) continue;
      throw new OptionError(
        "option/unet",
        `${name}: ${key}[${i}] must be a block that is built here, got ${String(type)}, which would need ${need}.`,
        `The plain, Attn and Resnet blocks of UNet2DModel are.`,
      );
    }
  }
}
