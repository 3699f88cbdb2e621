// The records on wgpu and naga: run by Deno, prints a DeviceResult as JSON.
import { Gpu } from "../../src/device/gpu.ts";
import { conform } from "./run.ts";

const gpu = await Gpu.open();
console.log(JSON.stringify(await conform(gpu, console.error)));
gpu.dispose();
