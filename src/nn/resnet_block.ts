// The residual block of diffusers' UNet2DModel (ResnetBlock2D), and its resampling form.
import { addRule } from "../autograd/rules/elementwise.ts";
import { averagePoolRule, upsampleRule } from "../autograd/rules/resample.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { ActivationName } from "../kernels/activation.ts";
import { type ColumnsOf, conv, dropout, groupNorm, type Network } from "./layers.ts";

/** What all blocks of a network share. */
export interface BlockStyle {
  groups: number;
  eps: number;
  activation: ActivationName;
  /** the time embedding scales and shifts after norm2, instead of being added before it */
  scaleShift: boolean;
}

export interface ResnetOptions extends BlockStyle {
  name: string;
  out: number;
  /** the sum is divided by this */
  scaleFactor?: number;
  /** both branches are resampled after norm1: nearest doubling, or 2×2 means */
  resample?: "up" | "down" | undefined;
}

/**
 * y = (shortcut(x) + conv2(drop(act(norm2(conv1(act(norm1 x)) + proj temb))))) / scaleFactor.
 *
 * @param x      [N, C, H, W]
 * @param times  projections of the activated time embedding
 * @returns      [N, out, H, W], or of doubled or halved size
 * @see Ho et al. 2020 (arXiv:2006.11239) appendix B; diffusers' `ResnetBlock2D`
 */
export function resnetBlock(
  network: Network,
  x: Tensor,
  times: ColumnsOf,
  options: ResnetOptions,
): Tensor {
  const { name, out, eps, groups, activation, scaleShift, scaleFactor = 1 } = options;
  const norm = { groups, eps, activation };
  const h1 = resampled(network, groupNorm(network, x, { name: `${name}.norm1`, ...norm }), options);
  const input = resampled(network, x, options);

  const time = times(`${name}.time_emb_proj`, scaleShift ? 2 * out : out);
  const rows = scaleShift ? undefined : time;
  const h2 = conv(network, h1, { name: `${name}.conv1`, out, rows });
  const h3 = groupNorm(network, h2, {
    name: `${name}.norm2`,
    ...norm,
    scaleShift: scaleShift ? time : undefined,
  });

  const shortcut =
    x.shape[1] === out
      ? input
      : conv(network, input, { name: `${name}.conv_shortcut`, out, kernel: 1 });
  return withResidual(network, dropout(network, h3), shortcut, {
    name: `${name}.conv2`,
    out,
    scaleFactor,
  });
}

/** (conv(h) + residual) / scaleFactor: the sum in the convolution itself where nothing divides. */
export function withResidual(
  network: Network,
  h: Tensor,
  residual: Tensor,
  options: { name: string; out: number; scaleFactor: number; linear?: boolean },
): Tensor {
  const { scaleFactor, linear: isLinear = false, ...rest } = options;
  const convOptions = { ...rest, linear: isLinear, kernel: isLinear ? (1 as const) : (3 as const) };
  if (scaleFactor === 1) return conv(network, h, { ...convOptions, residual });
  const branch = conv(network, h, convOptions);
  return network.tape.apply(addRule, { a: residual, b: branch }, { scale: 1 / scaleFactor });
}

function resampled({ tape }: Network, x: Tensor, { resample }: ResnetOptions): Tensor {
  if (resample === "up") return tape.apply(upsampleRule, { x }, {});
  return resample === "down" ? tape.apply(averagePoolRule, { x }, {}) : x;
}
