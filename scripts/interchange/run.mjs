// Checks every direction in which models and runs travel between here and diffusers, prints a table,
// and writes bench/results/interchange.json: `npm run interchange`.
//
// A number says how many networks, schedulers and trainings are drawn: `npm run interchange -- 6`. Exits
// with 1 where an error is above its bar. The checks are Python, beside this file; they run the built
// command line.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonWithDiffusers } from "./environment.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const results = fileURLToPath(new URL("../../bench/results/interchange.json", import.meta.url));
const draws = process.argv[2] ?? "24";

const { status } = spawnSync(pythonWithDiffusers(), [join(here, "check.py"), results, draws], {
  stdio: "inherit",
  env: {
    ...process.env,
    PYTHONPATH: fileURLToPath(new URL("../../demo/accelerate", import.meta.url)), // draws.py
    PYTHONDONTWRITEBYTECODE: "1",
    HF_HUB_OFFLINE: "1",
  },
});
process.exit(status ?? 1);
