// Tests, and the demo's dev server (`vite demo` takes demo/vite.config.ts).
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    globalSetup: "tests/support/build.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Two cores: one GPU device a worker, and a software adapter takes both cores for itself.
    maxWorkers: 2,
    pool: "forks",
  },
});
