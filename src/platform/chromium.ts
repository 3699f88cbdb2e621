// The door to a browser with WebGPU: Chromium, driven by puppeteer, with or without a GPU.
//
// The browser is CHROME_PATH, else the system's Chrome or Chromium, else the one that the npm package
// @sparticuz/chromium brings for bare Linux machines. The flags are those that were seen to work with
// the software GPU inside the browser; pages need http(s)://localhost or https for navigator.gpu.
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Browser } from "puppeteer";
import { DeviceError } from "../core/errors.ts";
import { packagedBinariesRun, unpackChromium } from "./unpack.ts";

export interface LaunchOptions {
  /** A WebGPU canvas is shown or photographed: draw everything with SwiftShader. Default false. */
  canvas?: boolean;
  /** more command-line flags */
  args?: readonly string[];
}

/** A browser to start, and the variables its process needs beside ours. */
export interface ChromiumBinary {
  executable: string;
  source: "CHROME_PATH" | "system" | "package";
  environment: Record<string, string>;
}

/** Of every page; those of canvases come beside them. */
export const FLAGS: readonly string[] = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-background-networking",
  "--no-first-run",
];

// Of seven sets tried only this presents a canvas: without it screenshots hang or come out white.
const CANVAS_FLAGS = [
  "--use-angle=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--ignore-gpu-blocklist",
];

const LONG_MS = 30 * 60 * 1000; // training inside one page.evaluate() is slow on a software GPU

/**
 * Starts headless Chromium with WebGPU. The caller closes it.
 *
 * @throws DeviceError device/no-browser  no browser here, or the one in CHROME_PATH is missing
 * @throws DeviceError device/no-puppeteer
 */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  const { canvas = false, args = [] } = options;
  const { executable, environment } = await findChromium();
  const puppeteer = await loadPuppeteer();
  const browser = await puppeteer.launch({
    executablePath: executable,
    headless: "shell",
    args: [...FLAGS, ...(canvas ? CANVAS_FLAGS : []), ...args],
    env: { ...process.env, ...environment },
    protocolTimeout: LONG_MS,
  });
  await gpuProcessStarted(browser);
  return browser;
}

/**
 * Waits until the browser's GPU process has started. A page that asks for the GPU meanwhile may lose it at once: on
 * two busy cores one page of twenty did, none of a hundred that came after.
 */
async function gpuProcessStarted(browser: Browser): Promise<void> {
  const session = await browser.target().createCDPSession();
  await session.send("SystemInfo.getInfo"); // answered when the GPU process has
  await session.detach();
}

/** The browser that launchChromium() starts; unpacks the packaged one if it comes to that. */
export async function findChromium(): Promise<ChromiumBinary> {
  const asked = process.env.CHROME_PATH;
  if (asked) {
    if (isExecutable(asked)) return { executable: asked, source: "CHROME_PATH", environment: {} };
    throw noBrowser(`CHROME_PATH names ${asked}, which is not an executable file`);
  }
  const installed = systemBrowsers().find(isExecutable);
  if (installed) return { executable: installed, source: "system", environment: {} };
  if (!packagedBinariesRun()) throw noBrowser("no Chrome or Chromium is installed");

  const { executable, libraries, fonts } = await unpackChromium();
  const path = [libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  const environment = { LD_LIBRARY_PATH: path, ...(hasFonts() ? {} : { FONTCONFIG_FILE: fonts }) };
  return { executable, source: "package", environment };
}

/** Where Chrome and Chromium are, system by system, best first. */
function systemBrowsers(): string[] {
  const { PATH = "", PROGRAMFILES, LOCALAPPDATA, "PROGRAMFILES(X86)": x86 } = process.env;
  if (process.platform === "darwin") {
    return ["Google Chrome", "Chromium"].map(
      (app) => `/Applications/${app}.app/Contents/MacOS/${app}`,
    );
  }
  if (process.platform === "win32") {
    const folders = [PROGRAMFILES, x86, LOCALAPPDATA].filter((folder) => folder !== undefined);
    return folders.map((folder) => join(folder, "Google/Chrome/Application/chrome.exe"));
  }
  const names = ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"];
  return names.flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasFonts(): boolean {
  return Boolean(process.env.FONTCONFIG_FILE) || existsSync("/etc/fonts/fonts.conf");
}

async function loadPuppeteer() {
  try {
    return (await import("puppeteer")).default;
  } catch (cause) {
    throw new DeviceError(
      "device/no-puppeteer",
      "launchChromium: the npm package `puppeteer` is not installed.",
      "Run `npm install --save-dev puppeteer@24`; it may skip its own download of a browser.",
      { cause },
    );
  }
}

function noBrowser(what: string): DeviceError {
  return new DeviceError(
    "device/no-browser",
    `launchChromium: ${what}.`,
    "Install Chrome or Chromium, or name its executable in CHROME_PATH.",
  );
}
