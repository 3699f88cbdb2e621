// The images to learn from: Fashion-MNIST's 10,000 test images, fetched once, fitted to the network.
import address from "../../data/fashion-mnist/t10k-images-idx3-ubyte.gz?url";
import { type Dataset, fitImages, idxDataset, type UNetConfig } from "../../src/index.ts";

let fetched: Promise<Dataset> | undefined;

/** @throws Error where the file cannot be fetched */
export async function imagesFor({ sample_size: size }: UNetConfig): Promise<Dataset> {
  fetched ??= fetchImages();
  fetched.catch(() => {
    fetched = undefined; // the next run tries again
  });
  const images = await fetched;
  if (size === null) return images;
  return typeof size === "number" ? fitImages(images, size, size) : fitImages(images, ...size);
}

async function fetchImages(): Promise<Dataset> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: the server answers ${response.status}.`);
  return idxDataset(new Uint8Array(await response.arrayBuffer()), "Fashion-MNIST");
}
