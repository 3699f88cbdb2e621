// Files of a folder on the web, fetched when they are asked for.
//
// A file that is not there is no error here: 404, and a page that servers of single-page sites give for
// every address. What a server redirects to must have the scheme that was asked for.
import { FileError } from "../core/errors.ts";
import { CONFIG, PIPELINE } from "../formats/model_folder.ts";

/** Bytes of one file that have come, of all; `totalBytes` is undefined where the server does not tell. */
export interface LoadProgress {
  file: string;
  loadedBytes: number;
  totalBytes: number | undefined;
}

export interface WebOptions {
  signal?: AbortSignal | undefined;
  /** told after every piece of a file that came */
  onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/** Reads a file of the folder; undefined: there is none. */
type ReadWebFile = (path: string) => Promise<Uint8Array | undefined>;

/**
 * A model's folder. Whether it is a pipeline's is asked only where it has no config.json, so that a
 * U-Net's folder leaves no 404 in a page's console.
 *
 * @param folder  its address, which ends with a slash
 */
export function webModelFolder(folder: URL, options: WebOptions): ReadWebFile {
  const fetched = (path: string) => webFile(new URL(path, folder), options);
  let config: Promise<Uint8Array | undefined> | undefined;
  return async (path) => {
    if (path !== PIPELINE && path !== CONFIG) return fetched(path);
    config ??= fetched(CONFIG);
    const found = await config;
    return path === CONFIG || found ? (path === CONFIG ? found : undefined) : fetched(path);
  };
}

/**
 * One file.
 *
 * @returns undefined where there is none
 * @throws FileError file/access where the server cannot be reached, refuses, or redirects to another
 *         scheme; the signal's reason when it is aborted
 */
export async function webFile(
  address: URL,
  { signal, onProgress }: WebOptions = {},
): Promise<Uint8Array | undefined> {
  const response = await answer(address, signal);
  if (response.url && new URL(response.url).protocol !== address.protocol) {
    await response.body?.cancel();
    throw unreachable(address, `the server redirects to ${response.url}, of another scheme`);
  }
  const isPage = response.headers.get("content-type")?.startsWith("text/html");
  if (response.status === 404 || response.status === 410 || (response.ok && isPage)) {
    await response.body?.cancel();
    return undefined;
  }
  if (!response.ok) throw unreachable(address, `the server answers ${response.status}`);
  const file = address.pathname.split("/").at(-1) ?? "";
  try {
    return await body(response, file, onProgress);
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(address, "the connection ended", cause);
  }
}

async function answer(address: URL, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(address, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(address, "the server gives no answer", cause);
  }
}

async function body(
  response: Response,
  file: string,
  onProgress: WebOptions["onProgress"],
): Promise<Uint8Array> {
  if (!onProgress || !response.body) return new Uint8Array(await response.arrayBuffer());
  const isPacked = response.headers.has("content-encoding");
  const length = Number(response.headers.get("content-length"));
  const totalBytes = length > 0 && !isPacked ? length : undefined;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let loadedBytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    loadedBytes += value.length;
    onProgress({ file, loadedBytes, totalBytes });
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

const unreachable = (address: URL, reason: string, cause?: unknown): FileError =>
  new FileError(
    "file/access",
    `${address.href}: cannot be fetched: ${reason}.`,
    "Check the address; another site's must allow this page by CORS.",
    { cause },
  );
