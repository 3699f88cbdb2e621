// `--data` and `--batches`: from names and files to what the trainer takes.
import { fileURLToPath } from "node:url";
import { FileError, ShapeError } from "../core/errors.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import { hasOwnSize, kindByName } from "../data/kinds.ts";
import { openDataset } from "../data/open_dataset.ts";
import type { DecodePicture } from "../data/pictures.ts";
import { sidesOf, type UNetConfig } from "../formats/unet_config.ts";
import { readBytes } from "../platform/files.ts";
import { filesAt } from "../platform/folder_files.ts";
import { sharpPicture } from "../platform/sharp_picture.ts";
import { type Dataset, fitImages, withLabels } from "../train/dataset.ts";
import type { GivenValues } from "../train/given_batch.ts";
import type { TrainingData } from "../train/trainer.ts";
import { type Progress, progressOf } from "./console.ts";
import { TensorFile } from "./inputs.ts";

/** The embedded images: Fashion-MNIST's 10,000 test images (Zalando SE, MIT licence). */
const FASHION_MNIST = new URL(
  "../../data/fashion-mnist/t10k-images-idx3-ubyte.gz",
  import.meta.url,
);

/** Labels beside images, as MNIST's files are named. */
const labelsBeside = (path: string): string => path.replace(/images(.)idx3/, "labels$1idx1");

/** What `--data` and its companions ask for. */
export interface DataOptions {
  data: string;
  /** FILE.idx[.gz] of labels, or auto: those that the data have */
  classes?: string;
  /** images are cropped and scaled to n × n */
  imageSize?: number;
  channels?: 1 | 3;
}

/** The network the images are for; its channels count where it `isGiven`. */
export interface ForNetwork {
  config: UNetConfig;
  isGiven: boolean;
}

/**
 * The images of `--data`, at the size of `--image-size`. Without it, pictures of any size come at
 * the network's, images that have a size of their own at that.
 *
 * @throws FileError, OptionError for files that are not there, or do not fit
 */
export async function openData(
  options: DataOptions,
  { config, isGiven }: ForNetwork,
): Promise<Dataset> {
  const { data: name, imageSize, channels } = options;
  const isEmbedded = name === "fashion-mnist";
  const files = await filesAt(isEmbedded ? fileURLToPath(FASHION_MNIST) : name);
  const single = files.length === 1 ? files[0] : undefined;
  const isAlike = single !== undefined && hasOwnSize(kindByName(single.path));
  const size = imageSize ? ([imageSize, imageSize] as const) : sidesOf(config);
  const watched = watchedDecoder(files.length);
  const dataset = await openDataset(files, {
    name,
    decode: watched.decode,
    size: imageSize || !isAlike ? size : undefined,
    channels: channels ?? (isGiven ? coloursOf(config) : undefined),
  }).finally(watched.end);
  return labelled(dataset, options, single?.path);
}

/** Decodes pictures, and tells how many of a folder's files are done. */
function watchedDecoder(files: number) {
  let [done, progress]: [number, Progress | undefined] = [0, undefined];
  const decode: DecodePicture = async (bytes, path) => {
    const picture = await sharpPicture(bytes, path);
    done++;
    if (files > 1) progress ??= progressOf("preparing", files);
    progress?.update(done, "images");
    return picture;
  };
  return { decode, end: () => progress?.end() };
}

/** `openData`, and the seconds that reading, decoding, cropping and scaling took. */
export async function timedData(options: DataOptions, network: ForNetwork) {
  const started = performance.now();
  const data = await openData(options, network);
  return { data, seconds: (performance.now() - started) / 1000 };
}

/** How fast images were prepared, and what that takes of a step, spread over all steps. */
export function dataFigures(
  { data, seconds }: { data: Dataset; seconds: number },
  trainingSeconds: number,
) {
  return {
    images: data.count,
    shape: data.shape,
    seconds,
    imagesPerSecond: data.count / seconds,
    shareOfStep: seconds / (seconds + trainingSeconds),
  };
}

/** Those figures, for people. */
export function dataLine(figures: ReturnType<typeof dataFigures>): string {
  const { images, seconds, imagesPerSecond, shareOfStep } = figures;
  return (
    `${images} images prepared in ${seconds.toFixed(1)} s (${imagesPerSecond.toFixed(0)} a second), ` +
    `${(100 * shareOfStep).toFixed(1)} % of a step`
  );
}

const coloursOf = ({ in_channels: channels }: UNetConfig): 1 | 3 | undefined =>
  channels === 1 || channels === 3 ? channels : undefined;

/** With the labels of `--classes`, or none. */
async function labelled(
  dataset: Dataset,
  { data: name, classes }: DataOptions,
  path: string | undefined,
): Promise<Dataset> {
  const { labels, classes: names, ...images } = dataset;
  if (classes === undefined) return images;
  if (classes !== "auto") return withLabels(images, await readBytes(classes), classes);
  if (labels) return dataset;
  const beside = path === undefined ? path : labelsBeside(path);
  if (beside !== undefined && beside !== path) {
    return withLabels(images, await readBytes(beside), beside);
  }
  throw new FileError(
    "file/data",
    `${name}: --classes auto takes folders of pictures, labels in the file, or a file beside it with ` +
      '"labels-idx1" in place of "images-idx3" in its name; here are none.',
    "Name the file of labels.",
  );
}

/** A data set at the size that a network takes. */
export function fitDataset(data: Dataset, config: UNetConfig): { data: Dataset } {
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
