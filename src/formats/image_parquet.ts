// Hugging Face's image data sets: parquet files whose column `image` is a struct of bytes and path.
//
// The bytes are those of picture files (PNG, JPEG); they are not decoded here. hyparquet reads the
// format, loaded when it is first needed; whatever it throws is told as a FileError.
import type { FileMetaData } from "hyparquet";
import { FileError } from "../core/errors.ts";
import { type ImageBytes, imageLabels, MOST_IMAGE_BYTES } from "./image_bytes.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

export interface ParquetImages {
  /** of picture files, in the order of the rows */
  images: Uint8Array[];
  /** one an image, where there is a column of them */
  labels?: NonNullable<ImageBytes["labels"]>;
  /** the labels' names, where the file has them */
  classes?: readonly string[];
}

const IMAGE_COLUMNS = ["image", "img"];
const LABEL_COLUMNS = ["label", "labels", "fine_label"];
const FETCH_AGAIN = "The file is damaged or cut short; fetch it again.";

/**
 * The pictures of a parquet file, still encoded, and their labels.
 *
 * @param bytes  the whole file
 * @throws FileError for what is no such file, rows without bytes, labels that are no classes
 */
export async function readImageParquet(bytes: Uint8Array, name: string): Promise<ParquetImages> {
  const { parquetMetadata, parquetSchema } = await import("hyparquet");
  const metadata = await guarded(name, () => parquetMetadata(bytes));
  const columns = await guarded(name, () => parquetSchema(metadata).children);
  const named = (names: readonly string[]) =>
    names.flatMap((wanted) => columns.filter(({ element }) => element.name === wanted))[0];
  const image = named(IMAGE_COLUMNS);
  if (!image?.children.some(({ element }) => element.name === "bytes")) {
    const found = columns.map(({ element }) => element.name).join(", ") || "none";
    throw new FileError(
      "file/parquet",
      `${name}: must have a column image (or img) of {bytes, path}, its columns are ${found}.`,
      "Give a file of an image data set, as the datasets library writes them.",
    );
  }
  const label = named(LABEL_COLUMNS)?.element.name;
  const wanted = [image.element.name, ...(label ? [label] : [])];
  const rows = await readRows(bytes, name, { metadata, columns: wanted });
  const images = rows.map((row, i) => pictureOf(row[image.element.name], i, name));
  if (!label) return { images };
  const labels = imageLabels(
    rows.map((row) => row[label]),
    name,
  );
  const classes = classesOf(metadata.key_value_metadata, label);
  return { images, labels, ...(classes && { classes }) };
}

/** All rows of some columns, row group by row group. */
async function readRows(
  bytes: Uint8Array,
  name: string,
  { metadata, columns }: { metadata: FileMetaData; columns: string[] },
): Promise<JsonObject[]> {
  const [{ parquetReadObjects }, { compressors }] = await Promise.all([
    import("hyparquet"),
    import("hyparquet-compressors"),
  ]);
  const file = asyncBuffer(bytes);
  requireSizes(metadata.row_groups, bytes.length, name);
  const rows: JsonObject[] = [];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const options = { file, metadata, columns, rowStart, rowEnd, compressors, utf8: false };
    for (const row of await guarded(name, () => parquetReadObjects(options))) rows.push(row);
    rowStart = rowEnd;
  }
  if (rows.length > 0) return rows;
  throw new FileError("file/parquet", `${name}: holds no rows.`, "Give a file with images.");
}

/** Sizes that the footer claims, before anything of them is allocated. */
function requireSizes(
  groups: readonly { num_rows: bigint; total_byte_size: bigint }[],
  fileBytes: number,
  name: string,
): void {
  const total = groups.reduce((sum, { total_byte_size }) => sum + Number(total_byte_size), 0);
  const rows = groups.reduce((sum, { num_rows }) => sum + Number(num_rows), 0);
  const fits = total >= 0 && total <= MOST_IMAGE_BYTES && rows >= 0 && rows <= fileBytes;
  if (fits && groups.every(({ num_rows }) => num_rows >= 0)) return;
  throw new FileError(
    "file/parquet",
    `${name}: may hold ${MOST_IMAGE_BYTES} bytes and a row a byte of the file, its footer says ` +
      `${total} bytes and ${rows} rows.`,
    FETCH_AGAIN,
  );
}

function pictureOf(image: unknown, row: number, name: string): Uint8Array {
  const { bytes, path } = isJsonObject(image) ? image : {};
  if (bytes instanceof Uint8Array) return bytes;
  throw new FileError(
    "file/parquet",
    `${name}: every row must hold the bytes of a picture, row ${row} holds none` +
      `${typeof path === "string" ? ", only a path" : ""}.`,
    "Save the data set with its images embedded.",
  );
}

/** Names of the labels: in the features that the datasets library writes beside the schema. */
function classesOf(
  pairs: readonly { key: string; value?: string | undefined }[] | undefined,
  label: string,
): readonly string[] | undefined {
  const text = pairs?.find(({ key }) => key === "huggingface")?.value;
  let at: unknown = text === undefined ? undefined : parsed(text);
  for (const key of ["info", "features", label, "names"]) at = isJsonObject(at) ? at[key] : at;
  return Array.isArray(at) ? at.map(String) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the names are a convenience
  }
}

function asyncBuffer(bytes: Uint8Array) {
  const slice = (start: number, end = bytes.length) =>
    minded(Promise.resolve(new Uint8Array(bytes.subarray(start, end)).buffer));
  return { byteLength: bytes.length, slice };
}

/**
 * A promise that may fail unheard, and so may all that follow it: hyparquet reads columns side by side
 * and tells the first failure only, and a rejection that nobody hears ends a process of Node.
 */
function minded<T>(promise: Promise<T>): Promise<T> {
  const follow = promise.then.bind(promise);
  follow(undefined, () => {});
  const then: typeof promise.then = (done, failed) => minded(follow(done, failed));
  return Object.assign(promise, { then });
}

async function guarded<T>(name: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${name}: is no parquet file that can be read: ${reason.slice(0, 200)}.`;
    throw new FileError("file/parquet", message, FETCH_AGAIN, { cause });
  }
}
