// Shaders with a fault, to see that it is found.
import { type Gpu, PLAIN_TARGET } from "../../src/device/gpu.ts";
import { entryOf, type ShaderFamily } from "../../src/device/shader.ts";
import { FAMILIES, variantsOf } from "../../src/inspect/families.ts";

const matmul = FAMILIES.find(({ family }) => family === "matmul")!;

/** matmul.wgsl with a fault that only its entry points for the device reach, or that all reach. */
export function faultyMatmul(gpu: Gpu, { everywhere = false } = {}): ShaderFamily {
  const chunksOf = (target: Gpu["target"]) =>
    new Set(variantsOf(matmul, target).flatMap((variant) => entryOf(variant).chunks));
  const plain = chunksOf(PLAIN_TARGET);
  const { family } = variantsOf(matmul, gpu.target)[0]!;
  const chunks = family.chunks.map((chunk, i) => {
    const isReached = everywhere || !plain.has(i);
    if (!isReached) return chunk;
    return chunk
      .replaceAll("fma(vec4f(u.x)", "fma(vec4f(-u.x)")
      .replaceAll("= spread(", "= -spread(");
  });
  return { ...family, chunks };
}
