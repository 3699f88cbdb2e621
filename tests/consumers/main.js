// A page of a bundler that finds the package's worker by itself (Vite, webpack), or of none.
import { createWorkerClient } from "wgsl-diffusion/worker";
import { tell } from "./job.js";

tell(() => createWorkerClient());
