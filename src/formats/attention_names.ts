// The names that diffusers' attention weights had in its first releases, mapped to today's.
//
// query, key, value, proj_attn → to_q, to_k, to_v, to_out.0, as diffusers itself does when it loads
// (models/modeling_utils.py); and 1 × 1 convolutions [out, in, 1, 1] become matrices [out, in].
import { SafetensorsError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";

const OLD = /(^|\.)(attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/;
const MATRIX = /(^|\.)attentions\.\d+\.(to_q|to_k|to_v|to_out\.0)\.weight$/;
const TODAY = new Map([
  ["query", "to_q"],
  ["key", "to_k"],
  ["value", "to_v"],
  ["proj_attn", "to_out.0"],
]);

/** Today's name of a tensor; most names are today's. */
export const currentName = (name: string): string =>
  name.replace(
    OLD,
    (_, before: string, block: string, old: string, kind: string) =>
      `${before}${block}.${TODAY.get(old)}.${kind}`,
  );

/**
 * The tensors under today's names, attention weights as matrices; the bytes are not copied.
 *
 * @param file  the file's name, for the error
 * @throws SafetensorsError where a tensor is there under both names
 */
export function withCurrentNames<Tensor extends { shape: Shape }>(
  tensors: ReadonlyMap<string, Tensor>,
  file: string,
): Map<string, Tensor> {
  const renamed = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    const today = currentName(name);
    if (renamed.has(today) || (today !== name && tensors.has(today))) {
      throw new SafetensorsError(
        "safetensors/duplicate",
        `${file}: "${name}" is an old name of "${today}", and both are there.`,
        "Remove one of them.",
      );
    }
    renamed.set(today, MATRIX.test(today) ? asMatrix(tensor) : tensor);
  }
  return renamed;
}

function asMatrix<Tensor extends { shape: Shape }>(tensor: Tensor): Tensor {
  const [out, inner, height, width] = tensor.shape;
  const isConvolution = tensor.shape.length === 4 && height === 1 && width === 1;
  return isConvolution ? { ...tensor, shape: [out!, inner!] } : tensor;
}
