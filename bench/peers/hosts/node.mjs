// Endpoints as child processes of Node, which are handed Dawn's GPU as navigator.gpu.
import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const CHILD = fileURLToPath(new URL("node_endpoint.mjs", import.meta.url));

/** jax-js maps over iterators, which Node 20 has behind a flag, and Node 22 without. */
const execArgv = "Iterator" in globalThis ? [] : ["--harmony-iterator-helpers"];

export async function openNode() {
  const { version } = createRequire(import.meta.url)("webgpu/package.json");
  const children = new Set();
  return {
    version: { webgpu: version },
    async open(query) {
      const child = await started(query);
      children.add(child);
      child.once("exit", () => children.delete(child));
      return { call: caller(child), close: async () => void child.kill("SIGKILL") };
    },
    async close() {
      for (const child of children) child.kill("SIGKILL"); // others would wait until it goes on
    },
  };
}

async function started(query) {
  const child = fork(CHILD, [query], { execArgv, stdio: "inherit" });
  await new Promise((resolve, reject) => {
    child.once("message", ({ error }) => (error ? reject(new Error(error)) : resolve()));
    child.once("exit", (code) => reject(new Error(`${query}: exit code ${code}`)));
  });
  return child;
}

/**
 * One call at a time. Between calls the process is stopped: what it still collects or spins for would be
 * another engine's time.
 */
function caller(child) {
  const ask = asker(child);
  child.kill("SIGSTOP");
  return async (...call) => {
    child.kill("SIGCONT");
    try {
      return await ask(...call);
    } finally {
      child.kill("SIGSTOP");
    }
  };
}

const asker =
  (child) =>
  (name, ...args) =>
    new Promise((resolve, reject) => {
      const ended = (code, signal) => reject(new Error(`it ended with ${signal ?? code}`));
      child.once("exit", ended);
      child.once("message", ({ error, value }) => {
        child.off("exit", ended);
        if (error) reject(new Error(error));
        else resolve(value);
      });
      child.send({ name, args });
    });
