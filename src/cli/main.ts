#!/usr/bin/env node
// The command line: one command a file. Exit 0 done, 1 failed with a coded error, 2 usage,
// 130 interrupted.
import { Command, CommanderError } from "commander";
import { benchCommand } from "./bench.ts";
import { failureText, INTERRUPTED } from "./console.ts";
import { doctorCommand } from "./doctor.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { forwardCommand } from "./forward.ts";
import { gradientsCommand } from "./gradients.ts";
import { inspectCommand } from "./inspect.ts";
import { planCommand } from "./plan.ts";
import { sampleCommand } from "./sample.ts";
import { trainCommand } from "./train.ts";
import { tuneCommand } from "./tune.ts";

const program = new Command("wgsl-diffusion")
  .description("Train and sample denoising diffusion models with WebGPU compute shaders.")
  .exitOverride()
  .configureHelp({ showGlobalOptions: true });

const commands = [
  trainCommand(),
  sampleCommand(),
  evaluateCommand(),
  forwardCommand(),
  gradientsCommand(),
  exportCommand(),
  planCommand(),
  inspectCommand(),
  tuneCommand(),
  benchCommand(),
  doctorCommand(),
];
for (const command of commands) program.addCommand(command.exitOverride());

try {
  await program.parseAsync(process.argv);
  await leave(0);
} catch (error) {
  await leave(exitCodeOf(error));
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // it has said why
  if (error === INTERRUPTED) return 130;
  process.stderr.write(`${failureText(error)}\n`);
  return 1;
}

/** Flushes what was printed, then exits: Dawn's threads would keep the process alive. */
async function leave(code: number): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((done) => stream.write("", () => done()));
  }
  process.exit(code);
}
