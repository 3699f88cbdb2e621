// The images to learn from: Fashion-MNIST's 10,000 test images, fetched once, or the reader's own.
import address from "../../data/fashion-mnist/t10k-images-idx3-ubyte.gz?url";
import {
  type Dataset,
  fitImages,
  idxDataset,
  openDataset,
  type PageSource,
  pageFiles,
  type UNetConfig,
} from "../../src/index.ts";

/** The name of the images that come with the site. */
export const EMBEDDED = "Fashion-MNIST";

let fetched: Promise<Dataset> | undefined;

const sidesOf = ({ sample_size: size }: UNetConfig): readonly [number, number] =>
  typeof size === "number" ? [size, size] : (size ?? [32, 32]);

/** @throws Error where the file cannot be fetched */
export async function embeddedImages(config: UNetConfig): Promise<Dataset> {
  fetched ??= fetchImages();
  fetched.catch(() => {
    fetched = undefined; // the next run tries again
  });
  return fitImages(await fetched, ...sidesOf(config));
}

async function fetchImages(): Promise<Dataset> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: the server answers ${response.status}.`);
  return idxDataset(new Uint8Array(await response.arrayBuffer()), EMBEDDED);
}

/**
 * The reader's own: pictures, or any file that the library reads.
 *
 * @throws FileError for files that hold no images
 */
export async function ownImages(source: PageSource, config: UNetConfig): Promise<Dataset> {
  const channels = config.in_channels === 1 ? 1 : 3;
  return openDataset(await pageFiles(source), { size: sidesOf(config), channels });
}
