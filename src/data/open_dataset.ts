// One door to a data set: from files, of whatever kind, to images of one size in memory.
//
// Where the files lie is told by DataFile: page_files.ts makes them in a page, platform/ in Node.
import { FileError } from "../core/errors.ts";
import { readCifar } from "../formats/cifar.ts";
import type { ImageBytes } from "../formats/image_bytes.ts";
import { type ParquetImages, readImageParquet } from "../formats/image_parquet.ts";
import { readImageTensors } from "../formats/image_tensors.ts";
import { readZip } from "../formats/zip.ts";
import { type Dataset, idxDataset, withLabels } from "../train/dataset.ts";
import { type DataFile, fileName, visibleFiles } from "./data_file.ts";
import { type FolderClasses, folderClasses } from "./folder_classes.ts";
import { joined, resized } from "./joined.ts";
import { type DataKind, kindByContent, kindByName } from "./kinds.ts";
import { pagePicture } from "./page_picture.ts";
import { type DecodePicture, decodePictures, type Picture } from "./pictures.ts";

export interface OpenDatasetOptions {
  /** for messages; default: the first file's */
  name?: string | undefined;
  /** [height, width]: images are cropped about the centre and scaled to it; default: as they are */
  size?: readonly [number, number] | undefined;
  /** 1 grey, 3 colours; default: as they are, and 3 for pictures */
  channels?: 1 | 3 | undefined;
  /** default: the page's own decoder; in Node pass `sharpPicture` */
  decode?: DecodePicture | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Images of files, all of one kind: pictures (PNG, JPEG, WebP), a zip archive of them, IDX (and its
 * labels), CIFAR's binaries, parquet files of Hugging Face's datasets, safetensors with `images`.
 *
 * Labels are what the files hold; of pictures, the folders of their first level, sorted by name.
 * Files are taken in the order of their paths, hidden ones and other kinds are passed over. Of
 * several CIFAR or parquet files those named train… or data_batch… are taken, if there are any.
 *
 * @throws FileError for what cannot be read, or holds no images; OptionError option/image-size for
 *         pictures of several sizes without `size`
 */
export async function openDataset(
  files: readonly DataFile[],
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const name = options.name ?? files[0]?.path ?? "data";
  const { kind, files: alike } = await oneKind(visibleFiles(files), name);
  switch (kind) {
    case "zip":
      return openDataset(await archived(alike, name), { ...options, name });
    case "picture": {
      const pictures = alike.map((file) => ({ name: file.path, read: () => file.read() }));
      const classes = folderClasses(alike.map(({ path }) => path));
      return picturesDataset(pictures, classes, { ...options, name });
    }
    case "parquet":
      return parquetDataset(trainingPart(alike), { ...options, name });
    case "idx":
      return resized(await idxFiles(alike, name), options);
    case "cifar":
    case "safetensors": {
      const read = kind === "cifar" ? readCifar : readImageTensors;
      const sets: ImageBytes[] = [];
      for (const file of trainingPart(alike)) sets.push(read(await file.read(), file.path));
      return { ...resized(joined(sets, name), options), name };
    }
  }
}

interface Alike {
  kind: DataKind;
  files: DataFile[];
}

/** The files that hold images. @throws FileError for none, or several kinds */
async function oneKind(files: readonly DataFile[], name: string): Promise<Alike> {
  const [only] = files;
  if (only && files.length === 1) {
    const kind = kindByName(only.path) ?? kindByContent(await only.read(), only.path);
    return { kind, files: [only] };
  }
  const byKind = new Map<DataKind, DataFile[]>();
  for (const file of files) {
    const kind = kindByName(file.path);
    if (!kind) continue;
    const alike = byKind.get(kind);
    if (alike) alike.push(file);
    else byKind.set(kind, [file]);
  }
  const [found, ...others] = byKind;
  if (found && others.length === 0) return { kind: found[0], files: found[1] };
  const counts = [...byKind].map(([kind, { length }]) => `${length} ${kind}`).join(", ");
  throw new FileError(
    "file/data",
    found
      ? `${name}: the files of a data set are of one kind, got ${counts}.`
      : `${name}: holds no images, among ${files.length} files.`,
    "Give a folder of PNG, JPEG or WebP files, or name one file of a data set.",
  );
}

async function archived(archives: readonly DataFile[], name: string): Promise<DataFile[]> {
  const [archive, another] = archives;
  if (!archive || another) {
    const message = `${name}: one archive is read at a time, got ${archives.length}.`;
    throw new FileError("file/data", message, "Name one of them.");
  }
  const files = readZip(await archive.read(), archive.path);
  const nested = files.find(({ path }) => /\.zip$/i.test(path));
  if (nested) {
    const message = `${name}: holds another archive, "${nested.path}".`;
    throw new FileError("file/zip", message, "Unpack it first.");
  }
  return files.map(({ path, read }) => ({ path, read: async () => read() }));
}

/** Of several files those of the training part, where their names say one. */
function trainingPart(files: readonly DataFile[]): readonly DataFile[] {
  const training = files.filter(({ path }) => /^(train|data_batch)/i.test(fileName(path)));
  return training.length > 0 ? training : files;
}

async function idxFiles(files: readonly DataFile[], name: string): Promise<Dataset> {
  const isLabels = ({ path }: DataFile) => /idx1|labels/i.test(fileName(path));
  const [images, ...more] = files.filter((file) => !isLabels(file));
  const [labels, ...moreLabels] = files.filter(isLabels);
  if (!images || more.length + moreLabels.length > 0) {
    throw new FileError(
      "file/idx",
      `${name}: one IDX file of images is read, and one of its labels, got ${files.length} files.`,
      "Name the files of one part, such as t10k-images-idx3-ubyte.gz.",
    );
  }
  const dataset = await idxDataset(await images.read(), images.path);
  return labels ? withLabels(dataset, await labels.read(), labels.path) : dataset;
}

async function parquetDataset(
  files: readonly DataFile[],
  options: OpenDatasetOptions & { name: string },
): Promise<Dataset> {
  const parts: ParquetImages[] = [];
  for (const file of files) parts.push(await readImageParquet(await file.read(), file.path));
  const labels = parts.flatMap((part) => [...(part.labels ?? [])]);
  const pictures = parts.flatMap(({ images }, part) =>
    images.map((bytes, row) => ({
      name: `${files[part]!.path}, row ${row}`,
      read: async () => bytes,
    })),
  );
  const isLabelled = parts.every((part) => part.labels !== undefined);
  const classes = parts[0]?.classes;
  const known = isLabelled ? { labels: Uint32Array.from(labels), classes } : undefined;
  return picturesDataset(pictures, known, options);
}

async function picturesDataset(
  pictures: readonly Picture[],
  known:
    | Partial<FolderClasses>
    | { labels: Uint32Array; classes?: readonly string[] | undefined }
    | undefined,
  { name, size, channels, signal, decode = pagePicture }: OpenDatasetOptions & { name: string },
): Promise<Dataset> {
  const decoded = await decodePictures(pictures, name, { size, channels, signal, decode });
  const { labels, classes } = known ?? {};
  return {
    name,
    count: pictures.length,
    ...decoded,
    ...(labels && { labels }),
    ...(classes && { classes }),
  };
}
