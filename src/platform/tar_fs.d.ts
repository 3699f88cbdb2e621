// The one function of tar-fs that is used here; the package brings no types of its own.
declare module "tar-fs" {
  export function extract(
    folder: string,
    options?: { chown?: boolean; dmode?: number; fmode?: number },
  ): NodeJS.WritableStream;
}
