// Compute pipelines: compiled once a variant, asynchronously, with explicit bind-group layouts.
//
// A compiler's complaint is rethrown with the shader's file and line.
import { DeviceError } from "../core/errors.ts";
import type { DeviceHealth } from "./health.ts";
import {
  type Binding,
  entryOf,
  extensionsOf,
  FEATURE,
  isHalf,
  keyOf,
  labelOf,
  type ShaderFamily,
  specialise,
  type Variant,
} from "./shader.ts";

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #health: DeviceHealth;
  readonly #compiled = new Map<string, Promise<Pipeline>>();

  readonly #replaced = new Map<string, ShaderFamily>();

  constructor(device: GPUDevice, health: DeviceHealth) {
    this.#device = device;
    this.#health = health;
  }

  /**
   * From now on pipelines of the package's family of this name are made from this source; those that a
   * program has stay as they are, and another source that is asked for by itself is what is compiled.
   *
   * @param family  of other text and hash, with the bindings of the one it replaces
   */
  replace(family: ShaderFamily): void {
    this.#replaced.set(family.name, family);
  }

  /** Pipelines compiled, or being compiled. */
  get size(): number {
    return this.#compiled.size;
  }

  /**
   * The pipeline of a variant. Calls do not wait for one another: ask for all, then await.
   *
   * @throws DeviceError device/feature where the device lacks what the variant needs,
   *         device/shader where the WGSL does not compile; the device's failure as soon as there is one
   */
  get(asked: Variant): Promise<Pipeline> {
    const { name, replaces } = asked.family;
    const replacement = replaces === undefined ? this.#replaced.get(name) : undefined;
    const variant = { ...asked, family: replacement ?? asked.family };
    const key = keyOf(variant);
    const known = this.#compiled.get(key);
    if (known) return known;
    const compiling = compile(this.#device, this.#health, variant);
    this.#compiled.set(key, compiling);
    compiling.catch(() => this.#compiled.delete(key));
    return compiling;
  }
}

async function compile(
  device: GPUDevice,
  health: DeviceHealth,
  variant: Variant,
): Promise<Pipeline> {
  const label = labelOf(variant);
  requireFeatures(device, variant);
  const code = specialise(variant);
  const module = shaderModule(device, { label, code });
  const entries = entryOf(variant).bindings.map((one) => layoutEntry(one, isHalf(variant)));
  const layout = device.createBindGroupLayout({ label, entries });
  try {
    const compiling = device.createComputePipelineAsync({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: variant.entry },
    });
    return { pipeline: await health.wait(compiling), layout };
  } catch (cause) {
    health.check();
    const where = await complaints(module, health, { ...variant.family, code });
    const failure = where.length > 0 ? undefined : await health.behind();
    throw failure ?? notCompiled(variant, where, cause);
  }
}

/** A module whose errors are the caller's to tell: the device, and who else uses it, goes on. */
function shaderModule(device: GPUDevice, descriptor: GPUShaderModuleDescriptor): GPUShaderModule {
  device.pushErrorScope("validation");
  const module = device.createShaderModule(descriptor);
  device.popErrorScope().catch(() => undefined); // a loss is heard by who waits for the pipeline
  return module;
}

/** The compiler's, with the shader's file and line; and the column, or what stands there. */
async function complaints(
  module: GPUShaderModule,
  health: DeviceHealth,
  { name, squeezed, code }: Pick<ShaderFamily, "name" | "squeezed"> & { code: string },
): Promise<string[]> {
  const { messages } = await health.wait(module.getCompilationInfo());
  const errors = messages.filter(({ type }) => type === "error");
  return errors.map(({ lineNum, linePos, message }) => {
    const rest = code.split("\n")[lineNum - 1]?.slice(linePos - 1) ?? "";
    const [column, place] = squeezed ? ["", `, at "${rest}"`] : [`:${linePos}`, ""];
    return `shaders/${name}.wgsl:${lineNum}${column} ${message}${place}`;
  });
}

function notCompiled(variant: Variant, where: readonly string[], cause: unknown): DeviceError {
  return new DeviceError(
    "device/shader",
    `${labelOf(variant)}: the pipeline cannot be made: ${where.join("; ") || String(cause)}.`,
    `Constants: ${JSON.stringify(variant.constants)}.`,
    { cause },
  );
}

function requireFeatures(device: GPUDevice, variant: Variant): void {
  for (const extension of extensionsOf(variant)) {
    const feature = FEATURE[extension];
    if (device.features.has(feature)) continue;
    throw new DeviceError(
      "device/feature",
      `${labelOf(variant)}: needs the feature ${feature}, which this device was not created with.`,
      "Ask for it in requestDevice, or use a variant without it.",
    );
  }
}

function layoutEntry(
  { binding, type, size, elem }: Binding,
  half: boolean,
): GPUBindGroupLayoutEntry {
  return {
    binding,
    visibility: 4 /* GPUShaderStage.COMPUTE: no global is touched */,
    buffer: { type, minBindingSize: elem && half ? size / 2 : size },
  };
}
