// Shaders with a fault, to see that it is found.
import { PLAIN_TARGET, type Target } from "../../src/device/gpu.ts";
import { entryOf, type ShaderFamily } from "../../src/device/shader.ts";
import { readingOf } from "../../src/device/shader_reading.ts";
import { FAMILIES, variantsOf } from "../../src/inspect/families.ts";
import { matmul as shader } from "../../src/kernels/generated/matmul.ts";

const matmul = FAMILIES.find(({ family }) => family === "matmul")!;

/** matmul.wgsl with a fault that only its entry points for the device reach, or that all reach. */
export function faultyMatmul({ everywhere = false } = {}): ShaderFamily {
  const chunksOf = (target: Target) =>
    new Set(variantsOf(matmul, target).flatMap((variant) => entryOf(variant).chunks));
  const plain = chunksOf(PLAIN_TARGET);
  const text = readingOf(shader).chunks.map((chunk, i) => {
    const isReached = everywhere || !plain.has(i);
    if (!isReached) return chunk;
    return chunk
      .replaceAll("fma(vec4f(u.x)", "fma(vec4f(-u.x)")
      .replaceAll("= spread(", "= -spread(");
  });
  return { ...shader, text };
}
