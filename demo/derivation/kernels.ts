// The kernel beside each formula: <details data-file="bound.wgsl" data-functions="element terms"> is
// filled with these functions of the shader, and the lines where they stand.
import bound from "../../shaders/bound.wgsl?raw";
import derivation from "../../shaders/derivation.wgsl?raw";
import diffusion from "../../shaders/diffusion.wgsl?raw";
import loss from "../../shaders/diffusion_loss.wgsl?raw";
import reverse from "../../shaders/reverse_step.wgsl?raw";

const SOURCES: Readonly<Record<string, string>> = {
  "bound.wgsl": bound,
  "derivation.wgsl": derivation,
  "diffusion.wgsl": diffusion,
  "diffusion_loss.wgsl": loss,
  "reverse_step.wgsl": reverse,
};

interface Excerpt {
  /** counted from 1, both included */
  from: number;
  to: number;
  code: string;
  isEntry: boolean;
}

/** @throws Error where the shader has no such function */
export function excerpt(source: string, name: string): Excerpt {
  const lines = source.split("\n");
  const head = lines.findIndex((line) => line.startsWith(`fn ${name}(`));
  if (head < 0) throw new Error(`kernels: there is no fn ${name}`);
  let from = head;
  while (/^(\/\/\/|@)/.test(lines[from - 1] ?? "")) from--; // its comment and attributes
  const to = lines.indexOf("}", head);
  const code = lines.slice(from, to + 1).join("\n");
  return { from: from + 1, to: to + 1, code, isEntry: /^@compute/m.test(code) };
}

export function fillKernels(): void {
  for (const details of document.querySelectorAll<HTMLDetailsElement>("details[data-file]")) {
    const { file = "", functions = "" } = details.dataset;
    const names = functions.split(" ");
    const parts = names.map((name) => excerpt(SOURCES[file] ?? "", name));
    const entry = names[parts.findIndex(({ isEntry }) => isEntry)] ?? "";
    const summary = document.createElement("summary");
    const path = document.createElement("code");
    path.textContent = `shaders/${file}`;
    const name = document.createElement("code");
    name.textContent = entry;
    summary.append("Kernel: ", path, ", entry point ", name);
    const pre = document.createElement("pre");
    pre.tabIndex = 0; // it scrolls
    const shown = parts.map(({ from, to, code }) => `// lines ${from} … ${to}\n${code}`);
    pre.textContent = shown.join("\n\n");
    details.append(summary, pre);
  }
}
