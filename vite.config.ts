// Tests, and the demo's dev server (`vite demo` takes demo/vite.config.ts).
import { defineConfig } from "vitest/config";

// What works on the device of tests/support/gpu.ts; elsewhere files lose devices, measure them, or start processes.
const onSharedDevice =
  "tests/{autograd,device,evaluate,graph,inspect,kernels,nn,samplers,train}/**/*.gpu.test.ts";

const limits = { testTimeout: 120_000, hookTimeout: 120_000, pool: "forks" as const };

export default defineConfig({
  test: {
    globalSetup: "tests/support/build.ts",
    // Two cores: a software adapter takes both for itself.
    maxWorkers: 2,
    projects: [
      // One device a worker, not one a file: its kernels are compiled once.
      { test: { ...limits, name: "gpu", include: [onSharedDevice], isolate: false } },
      {
        test: {
          ...limits,
          name: "alone",
          include: ["tests/**/*.test.ts"],
          exclude: [onSharedDevice],
        },
      },
    ],
  },
});
