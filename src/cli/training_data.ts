// `--data` and `--batches`: from names and files to what the trainer takes.
import { fileURLToPath } from "node:url";
import { FileError, ShapeError } from "../core/errors.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import { sidesOf, type UNetConfig } from "../formats/unet_config.ts";
import { readBytes } from "../platform/files.ts";
import { type Dataset, fitImages, idxDataset, withLabels } from "../train/dataset.ts";
import type { GivenValues } from "../train/given_batch.ts";
import type { TrainingData } from "../train/trainer.ts";
import { TensorFile } from "./inputs.ts";

/** The embedded images: Fashion-MNIST's 10,000 test images (Zalando SE, MIT licence). */
const FASHION_MNIST = new URL(
  "../../data/fashion-mnist/t10k-images-idx3-ubyte.gz",
  import.meta.url,
);

/** Labels beside images, as MNIST's files are named. */
const labelsBeside = (path: string): string => path.replace(/images(.)idx3/, "labels$1idx1");

/**
 * What `--data` names, with the labels of `--classes`: a file, or auto.
 *
 * @throws FileError for files that are not there, or do not fit
 */
export async function openDataset(name: string, classes?: string): Promise<Dataset> {
  const path = name === "fashion-mnist" ? fileURLToPath(FASHION_MNIST) : name;
  if (name !== "fashion-mnist" && !/\.(idx|gz|ubyte)$|idx\d-ubyte/.test(name)) {
    throw new FileError(
      "file/data",
      `${name}: --data takes fashion-mnist, or a file FILE.idx or FILE.idx.gz.`,
      "Convert other images to IDX.",
    );
  }
  const data = await idxDataset(await readBytes(path), name);
  if (classes === undefined) return data;
  const labels = classes === "auto" ? labelsBeside(path) : classes;
  if (labels === path) {
    throw new FileError(
      "file/data",
      `${name}: --classes auto looks for "labels-idx1" in place of "images-idx3" in its name.`,
      "Name the file of labels.",
    );
  }
  return withLabels(data, await readBytes(labels), labels);
}

/** A data set at the size that a network takes. */
export function fitDataset(data: Dataset, config: UNetConfig): TrainingData {
  const [, height, width] = data.shape;
  const [H, W] = sidesOf(config) ?? [height, width];
  return { data: fitImages(data, H, W) };
}

/** The steps of a `--batches` file. @throws FileError, ShapeError for tensors that do not fit */
export async function givenBatches(
  path: string,
): Promise<TrainingData & { batches: GivenValues[] }> {
  const file = await TensorFile.open(path);
  const [x0, noise, timestep] = [file.floats("x0"), file.floats("noise"), file.numbers("timestep")];
  const [S = 0, B = 0, C = 0, H = 0, W = 0] = x0.shape;
  const fits =
    x0.shape.length === 5 &&
    showShape(noise.shape) === showShape(x0.shape) &&
    showShape(timestep.shape) === showShape([S, B]);
  if (!fits || sizeOf(x0.shape) === 0) {
    throw new ShapeError(
      "shape/batches",
      `${path}: must hold x0 and noise [S, B, C, H, W] and timestep [S, B], got ` +
        `${showShape(x0.shape)}, ${showShape(noise.shape)} and ${showShape(timestep.shape)}.`,
      "S is the number of steps, B of images in each.",
    );
  }
  const size = B * C * H * W;
  const labels = file.optionalNumbers("class_labels");
  const classLabels = (s: number) => labels?.data.slice(s * B, (s + 1) * B);
  const batches = Array.from({ length: S }, (_, s) => ({
    x0: x0.data.subarray(s * size, (s + 1) * size),
    noise: noise.data.subarray(s * size, (s + 1) * size),
    timestep: timestep.data.slice(s * B, (s + 1) * B),
    classLabels: classLabels(s),
  }));
  return { batches, shape: [B, C, H, W] };
}
