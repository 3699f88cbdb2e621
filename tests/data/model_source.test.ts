// Where a page may have a model: addresses, archives, chosen files.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { FileError } from "../../src/core/errors.ts";
import { folderOf } from "../../src/data/model_source.ts";
import { type LoadProgress, webFile, webModelFolder } from "../../src/data/web_files.ts";
import { zipFiles } from "../../src/formats/zip_files.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const words = (file: Uint8Array | Blob | undefined) =>
  file instanceof Uint8Array ? new TextDecoder().decode(file) : file?.text();

/** What the server has; anything else is a 404. */
const FILES: Record<string, { body: Uint8Array; type?: string; status?: number }> = {
  "/unet/config.json": { body: bytes("{}") },
  "/unet/weights": { body: new Uint8Array(300_000).fill(7) },
  "/pipeline/model_index.json": { body: bytes('{"a":1}') },
  "/page/config.json": { body: bytes("<p>"), type: "text/html; charset=utf-8" },
  "/broken/config.json": { body: bytes(""), status: 500 },
  "/model.zip": { body: zipFiles(new Map([["m/config.json", bytes("{}")]])) },
};

describe("a folder on the web", () => {
  let server: Server;
  let site: string;
  const asked: string[] = [];

  beforeAll(async () => {
    server = createServer(({ url = "" }, response) => {
      asked.push(url);
      const file = FILES[url.replace(/\?.*/, "")];
      response.statusCode = file ? (file.status ?? 200) : 404;
      if (file?.type) response.setHeader("content-type", file.type);
      if (file) response.setHeader("content-length", file.body.length);
      response.end(file?.body);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const folder = (name: string) => webModelFolder(new URL(`${site}/${name}/`), {});

  test("of a U-Net: whether it is a pipeline is not asked, for that would be a 404", async () => {
    asked.length = 0;
    const read = folder("unet");
    expect(await read("model_index.json")).toBeUndefined();
    expect(words(await read("config.json"))).toBe("{}");
    expect(await read("scheduler_config.json")).toBeUndefined();
    expect(asked).toEqual(["/unet/config.json", "/unet/scheduler_config.json"]);
  });

  test("of a pipeline", async () => {
    expect(words(await folder("pipeline")("model_index.json"))).toBe('{"a":1}');
  });

  test("a page for every address, as of single-page sites: there is no such file", async () => {
    expect(await folder("page")("config.json")).toBeUndefined();
  });

  test("progress tells the bytes of a file, of all", async () => {
    const told: LoadProgress[] = [];
    const onProgress = (progress: LoadProgress) => told.push(progress);
    const file = await webFile(new URL(`${site}/unet/weights`), { onProgress });
    expect(file?.length).toBe(300_000);
    const last = { file: "weights", loadedBytes: 300_000, totalBytes: 300_000 };
    expect(told.at(-1)).toEqual(last);
  });

  test("a server that fails, or does not answer, is a FileError", async () => {
    const failing = await folder("broken")("config.json").catch((error) => error);
    expect(failing).toBeInstanceOf(FileError);
    expect(failing.message).toContain(
      "/broken/config.json: cannot be fetched: the server answers 500.",
    );
    const nowhere = webFile(new URL("http://127.0.0.1:1/config.json"));
    await expect(nowhere).rejects.toMatchObject({ code: "file/access" });
  });

  test("an abort ends it with its own reason", async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(webFile(new URL(`${site}/unet/weights`), { signal })).rejects.toBe(reason);
  });

  test("an archive at an address is opened", async () => {
    const { files } = await folderOf(`${site}/model.zip?v=1`, {});
    expect(words(files?.get("config.json"))).toBe("{}");
    await expect(folderOf(`${site}/none.zip`, {})).rejects.toMatchObject({ code: "file/missing" });
  });

  test("a redirect to another scheme is refused", async () => {
    const response = Object.defineProperty(new Response("{}"), "url", { value: "http://a.test/" });
    vi.stubGlobal("fetch", async () => response);
    try {
      const fetched = webFile(new URL("https://a.test/config.json"));
      await expect(fetched).rejects.toThrow("redirects to http://a.test/, of another scheme");
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe("files at hand", () => {
  const chosen = (path: string, text: string) => {
    const file = new File([text], path.split("/").at(-1)!);
    return Object.defineProperty(file, "webkitRelativePath", { value: path });
  };

  test("of a chosen folder: by their paths in it", async () => {
    const list = [chosen("m/config.json", "{}"), chosen("m/unet/config.json", "[]")];
    const { files } = await folderOf(list, {});
    expect([...files!.keys()]).toEqual(["config.json", "unet/config.json"]);
  });

  test("one archive, chosen or as a Blob, is opened; a map is taken as it is", async () => {
    const map = new Map([["config.json", bytes("{}")]]);
    const zip = zipFiles(map);
    for (const source of [new Blob([zip]), [new File([zip], "m.zip")]]) {
      expect([...(await folderOf(source, {})).files!.keys()]).toEqual(["config.json"]);
    }
    expect((await folderOf(map, {})).files).toBe(map);
  });

  test("text that is no address says so", async () => {
    await expect(folderOf("models/here", {})).rejects.toThrow('"models/here" is no address.');
  });
});
