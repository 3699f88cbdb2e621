// Where a file's bytes come from: memory, a Blob, or a place that is read range by range.
//
// What is large is opened as a source and read as it is needed; what is small is read whole.

/** Bytes that are fetched when they are asked for. */
export interface ByteSource {
  /** bytes in all */
  readonly size: number;
  /**
   * The bytes from `begin` to before `end`, 0 ≤ begin ≤ end ≤ size.
   *
   * @param scratch  memory that may be filled and returned, of at least as many bytes
   */
  read(begin: number, end: number, scratch?: Uint8Array): Promise<Uint8Array>;
}

/** A file: its bytes, a Blob (a page's File is one), or a source. */
export type FileContent = Uint8Array | Blob | ByteSource;

/** A file by its path in a folder, "unet/config.json"; undefined: there is none. */
export type OpenFile = (path: string) => Promise<FileContent | undefined>;

/** Any file as a source; of bytes in memory the ranges are views. */
export function sourceOf(content: FileContent): ByteSource {
  if (content instanceof Uint8Array) {
    return {
      size: content.length,
      read: async (begin, end) => content.subarray(begin, end),
    };
  }
  if ("read" in content) return content;
  return {
    size: content.size,
    read: async (begin, end) => new Uint8Array(await content.slice(begin, end).arrayBuffer()),
  };
}

/** All bytes of a file. */
export async function bytesOf(content: FileContent): Promise<Uint8Array> {
  if (content instanceof Uint8Array) return content;
  const source = sourceOf(content);
  return source.read(0, source.size);
}
