// Unpacks the software GPU and the browser that npm brought, once, into a cache folder.
//
// @sparticuz/chromium carries brotli archives for Linux on x64. Its own executablePath() is not used:
// it writes to fixed names in the shared /tmp, and takes whatever lies there already.
// A part is unpacked under a name of its own and then renamed, so that it is there whole or not at
// all, and two processes that unpack at once both succeed.
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { DeviceError, FileError } from "../core/errors.ts";

/** An unpacked SwiftShader: a Vulkan driver that runs on the CPU, and a Vulkan loader. */
export interface Swiftshader {
  /** the driver's manifest, for VK_ICD_FILENAMES */
  icd: string;
  /** libvulkan.so.1, for machines that have none */
  loader: string;
}

/** An unpacked Chromium, and what a bare machine lacks to run it. */
export interface PackagedChromium {
  executable: string;
  /** folder of libnss3, libnspr4 and libexpat, for LD_LIBRARY_PATH */
  libraries: string;
  /** a fontconfig file that names the packaged fonts, for FONTCONFIG_FILE */
  fonts: string;
}

const STALE_MS = 60 * 60 * 1000; // a half-unpacked folder this old has lost its process

/** Whether npm's archives can run here: they are built for Linux on x64 alone. */
export function packagedBinariesRun(): boolean {
  return process.platform === "linux" && process.arch === "x64";
}

/**
 * The folder that holds what was unpacked: `WGSL_DIFFUSION_CACHE`, else `wgsl-diffusion` in
 * `XDG_CACHE_HOME` or `~/.cache`; where none can be written, a folder of this user's own in the
 * system's folder for temporary files.
 */
export async function cacheFolder(): Promise<string> {
  const asked = process.env.WGSL_DIFFUSION_CACHE;
  if (asked) return makeFolder(asked);
  const base = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return makeFolder(join(base, "wgsl-diffusion")).catch(temporaryCache);
}

/** Unpacks SwiftShader (4 MB packed, 14 MB unpacked), unless it is there; says where it is. */
export async function unpackSwiftshader(): Promise<Swiftshader> {
  const folder = await unpackOnce("swiftshader", async (bin, into) => {
    await unpackTar(join(bin, "swiftshader.tar.br"), into);
  });
  return {
    icd: join(folder, "vk_swiftshader_icd.json"),
    loader: join(folder, "libvulkan.so.1"),
  };
}

/**
 * Unpacks Chromium (65 MB packed, 220 MB unpacked), unless it is there; says where it is.
 * SwiftShader's files lie beside the executable, where Chromium looks for them.
 */
export async function unpackChromium(): Promise<PackagedChromium> {
  const folder = await unpackOnce("chromium", async (bin, into) => {
    await unpackTar(join(bin, "swiftshader.tar.br"), into);
    await unpackTar(join(bin, "al2023.tar.br"), join(into, "al2023"));
    await unpackTar(join(bin, "fonts.tar.br"), join(into, "fonts"));
    await writeFile(join(into, "fonts.conf"), FONTS_CONF);
    await pipeline(
      createReadStream(join(bin, "chromium.br")),
      createBrotliDecompress({ chunkSize: 1 << 21 }),
      createWriteStream(join(into, "chromium"), { mode: 0o755 }),
    );
  });
  return {
    executable: join(folder, "chromium"),
    libraries: join(folder, "al2023", "lib"),
    fonts: join(folder, "fonts.conf"),
  };
}

/** The packaged fonts.conf names AWS's folders; this one names the folder beside it. */
const FONTS_CONF = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/** Fills `part`'s folder by `fill`, unless it is there already; returns the folder. */
async function unpackOnce(part: string, fill: (bin: string, into: string) => Promise<void>) {
  const { root, version } = packageRoot();
  const parent = join(await cacheFolder(), `chromium-${version}-${process.arch}`);
  const folder = join(parent, part);
  if (existsSync(folder)) return folder;

  await mkdir(parent, { recursive: true });
  await removeStale(parent, part);
  const temporary = await mkdtemp(join(parent, `.${part}-`));
  try {
    await fill(join(root, "bin"), temporary);
    await rename(temporary, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error; // else another process was first: its copy is as good
    });
  } catch (cause) {
    throw new FileError(
      "file/unpack",
      `unpack: ${part} of @sparticuz/chromium ${version} could not be written to ${parent}: ${cause}.`,
      "Make room there, or name another folder in WGSL_DIFFUSION_CACHE.",
      { cause },
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return folder;
}

/** Removes what a killed process left half unpacked. */
async function removeStale(parent: string, part: string) {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`.${part}-`)) continue;
    const left = join(parent, name);
    const age = Date.now() - (await stat(left).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > STALE_MS) await rm(left, { recursive: true, force: true });
  }
}

async function unpackTar(archive: string, into: string) {
  const { extract } = await import("tar-fs"); // not with the door: most runs find all unpacked
  // The archives name a stranger as owner: files belong to whoever unpacks them.
  const target = extract(into, { chown: false });
  await pipeline(createReadStream(archive), createBrotliDecompress({ chunkSize: 1 << 21 }), target);
}

/** Where the package lies. It is not imported: on AWS that alone changes the environment. */
function packageRoot(): { root: string; version: string } {
  if (!packagedBinariesRun()) {
    throw new DeviceError(
      "device/no-packaged-binaries",
      `unpack: the packaged browser and software GPU run on linux x64, this is ${process.platform} ${process.arch}.`,
      "Use a GPU driver and a Chrome of the system (CHROME_PATH names one).",
    );
  }
  try {
    const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
    const root = dirname(dirname(dirname(entry))); // build/cjs/index.cjs
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    return { root, version };
  } catch (cause) {
    throw new DeviceError(
      "device/no-packaged-binaries",
      "unpack: the npm package @sparticuz/chromium is not installed.",
      "Run `npm install @sparticuz/chromium`.",
      { cause },
    );
  }
}

async function makeFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(await mkdtemp(join(folder, ".try-")), { recursive: true }); // mkdir passes where it exists
  return folder;
}

/** A folder in the shared temporary one: refused if another user made it, for we run what is in it. */
async function temporaryCache(): Promise<string> {
  const { uid } = userInfo();
  const folder = await makeFolder(join(tmpdir(), `wgsl-diffusion-${uid}`));
  if (uid >= 0 && statSync(folder).uid !== uid) {
    throw new FileError(
      "file/unpack",
      `unpack: ${folder} belongs to another user.`,
      "Name a folder of your own in WGSL_DIFFUSION_CACHE.",
    );
  }
  return folder;
}
