// wgsl_reflect, if it is there: it reads WGSL for the static view, and is no dependency of the package.
import { DeviceError } from "../core/errors.ts";

/** @throws DeviceError device/no-reflection where the npm package is not installed */
export async function loadReflection() {
  try {
    return await import("wgsl_reflect/wgsl_reflect.module.js"); // the entry that Node can import
  } catch (cause) {
    throw new DeviceError(
      "device/no-reflection",
      "inspect: the npm package `wgsl_reflect` is not installed.",
      "Run `npm install --save-dev wgsl_reflect@1.6`.",
      { cause },
    );
  }
}
