// Files of the command line: model folders and safetensors of inputs.
import { basename, join } from "node:path";
import { FileError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { Gpu } from "../device/gpu.ts";
import type { OpenFile } from "../formats/byte_source.ts";
import {
  float32Tensor,
  readSafetensors,
  type StoredTensor,
  toFloat32,
  toNumbers,
  writeSafetensors,
} from "../formats/safetensors.ts";
import type { ReplacementSource } from "../inspect/replace.ts";
import { DiffusionModel } from "../nn/model.ts";
import { exists, openFile, readBytes, writeBytes } from "../platform/files.ts";

/** The files of `--model`. @throws FileError where there is no such folder */
export async function openFolder(folder: string): Promise<OpenFile> {
  await requireFolder(folder);
  return (path) => openFile(join(folder, path));
}

/** Opens `--model`; `scheduler` as for `DiffusionModel.load`. @throws FileError where there is no such folder */
export async function loadModel(
  gpu: Gpu,
  folder: string,
  scheduler?: Record<string, unknown>,
): Promise<DiffusionModel> {
  return DiffusionModel.load(gpu, await openFolder(folder), folder, { scheduler });
}

/** @throws FileError unless the folder exists */
export async function requireFolder(folder: string): Promise<void> {
  if (await exists(folder)) return;
  throw new FileError(
    "file/missing",
    `${folder}: there is no such folder.`,
    "Name a folder with config.json and diffusion_pytorch_model.safetensors.",
  );
}

/** A shader to take the place of the one that the file is named after. */
export async function readShader(file: string): Promise<ReplacementSource> {
  const wgsl = new TextDecoder().decode(await readBytes(file));
  return { shader: basename(file, ".wgsl"), wgsl };
}

/** The tensors of a safetensors file, taken by name. */
export class TensorFile {
  readonly path: string;
  readonly #tensors: ReadonlyMap<string, StoredTensor>;

  private constructor(path: string, tensors: ReadonlyMap<string, StoredTensor>) {
    this.path = path;
    this.#tensors = tensors;
  }

  static async open(path: string): Promise<TensorFile> {
    return new TensorFile(path, readSafetensors(await readBytes(path), path).tensors);
  }

  /** @throws FileError where the file has no tensor of that name */
  floats(name: string): { shape: Shape; data: Float32Array } {
    const stored = this.#required(name);
    return { shape: stored.shape, data: toFloat32(stored, name) };
  }

  /** Numbers of a tensor of any type; undefined where it is absent. */
  optionalNumbers(name: string): { shape: Shape; data: number[] } | undefined {
    const stored = this.#tensors.get(name);
    if (!stored) return undefined;
    const isInteger = /^[IU]\d+$/.test(stored.dtype);
    const data = isInteger ? toNumbers(stored, name) : [...toFloat32(stored, name)];
    return { shape: stored.shape, data };
  }

  numbers(name: string): { shape: Shape; data: number[] } {
    this.#required(name);
    return this.optionalNumbers(name)!;
  }

  #required(name: string): StoredTensor {
    const stored = this.#tensors.get(name);
    if (stored) return stored;
    throw new FileError(
      "file/tensors",
      `${this.path}: has no tensor "${name}", only ${[...this.#tensors.keys()].join(", ") || "none"}.`,
      "The command's help names the tensors it reads.",
    );
  }
}

/** Writes float32 tensors, whole or not at all. */
export async function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, { shape: Shape; data: Float32Array }>,
): Promise<void> {
  const stored = [...tensors].map(
    ([name, { shape, data }]) => [name, float32Tensor(shape, data)] as const,
  );
  await writeBytes(path, writeSafetensors(stored));
}
