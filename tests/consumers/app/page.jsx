// Rendered on the server: the doors of a page are imported where there is no page and no GPU.
import { SAMPLERS } from "wgsl-diffusion";
import { DiffusionCanvas } from "wgsl-diffusion/element";
import { createWorkerClient } from "wgsl-diffusion/worker";

const doors = [DiffusionCanvas, createWorkerClient].filter((door) => typeof door === "function");

export default function Page() {
  if (doors.length !== 2) throw new Error("a door gives nothing on the server");
  return <p>{Object.keys(SAMPLERS).length || SAMPLERS.length} samplers</p>;
}
