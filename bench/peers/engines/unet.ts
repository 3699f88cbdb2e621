// diffusers' UNet2DModel as an order of operations; what each is, and on which layout, is the engine's.
//
// Every value is used once; who uses it once more says share(x), for libraries that count references.
import type { JobConfig } from "./job.ts";

export interface Ops<T> {
  /** one more use of x */
  share(x: T): T;
  has(name: string): boolean;
  /** 3×3 with a padding of 1, or 1×1, as its weights say */
  conv(x: T, name: string, stride?: 1 | 2): T;
  norm(x: T, name: string): T;
  normSilu(x: T, name: string): T;
  silu(x: T): T;
  /** rows [N, C] */
  linear(x: T, name: string): T;
  /** x + rows, [N, C] over all pixels */
  addRows(x: T, rows: T): T;
  add(a: T, b: T): T;
  /** to_out(softmax(q kᵀ / √C) v) over the pixels of x, one head */
  attend(x: T, name: string): T;
  concat(a: T, b: T): T;
  /** nearest, twice as large */
  upsample(x: T): T;
}

/** ε̂ for x_t, told of t by `time`, rows of timeFeatures. */
export function unet<T>(ops: Ops<T>, config: JobConfig, { x, time }: { x: T; time: T }): T {
  const hidden = ops.silu(ops.linear(time, "time_embedding.linear_1"));
  const temb = ops.silu(ops.linear(hidden, "time_embedding.linear_2"));
  const resnet = (h: T, name: string) => resnetBlock(ops, h, { name, temb: ops.share(temb) });

  let h = ops.conv(x, "conv_in");
  const skips = [ops.share(h)];
  const levels = config.block_out_channels.length;
  for (const [i, type] of config.down_block_types.entries()) {
    const name = `down_blocks.${i}`;
    for (let j = 0; j < config.layers_per_block; j++) {
      h = resnet(h, `${name}.resnets.${j}`);
      if (type === "AttnDownBlock2D") h = attention(ops, h, `${name}.attentions.${j}`);
      skips.push(ops.share(h));
    }
    if (i === levels - 1) continue;
    h = ops.conv(h, `${name}.downsamplers.0.conv`, 2);
    skips.push(ops.share(h));
  }

  h = resnet(h, "mid_block.resnets.0");
  h = attention(ops, h, "mid_block.attentions.0");
  h = resnet(h, "mid_block.resnets.1");

  for (const [i, type] of config.up_block_types.entries()) {
    const name = `up_blocks.${i}`;
    for (let j = 0; j <= config.layers_per_block; j++) {
      const skip = skips.pop();
      if (skip === undefined) throw new Error(`${name}: there is no skip left`);
      h = resnet(ops.concat(h, skip), `${name}.resnets.${j}`);
      if (type === "AttnUpBlock2D") h = attention(ops, h, `${name}.attentions.${j}`);
    }
    if (i < levels - 1) h = ops.conv(ops.upsample(h), `${name}.upsamplers.0.conv`);
  }
  return ops.conv(ops.normSilu(h, "conv_norm_out"), "conv_out");
}

function resnetBlock<T>(ops: Ops<T>, x: T, { name, temb }: { name: string; temb: T }): T {
  let h = ops.conv(ops.normSilu(ops.share(x), `${name}.norm1`), `${name}.conv1`);
  h = ops.addRows(h, ops.linear(temb, `${name}.time_emb_proj`));
  h = ops.conv(ops.normSilu(h, `${name}.norm2`), `${name}.conv2`);
  const shortcut = `${name}.conv_shortcut`;
  return ops.add(ops.has(`${shortcut}.weight`) ? ops.conv(x, shortcut) : x, h);
}

function attention<T>(ops: Ops<T>, x: T, name: string): T {
  const h = ops.attend(ops.norm(ops.share(x), `${name}.group_norm`), name);
  return ops.add(x, h);
}
