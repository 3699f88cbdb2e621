// A kernel as it is written: its header, its entry points and bindings, and its source in colours.
import { element } from "../shared/elements.ts";
import { make, table } from "./dom.ts";
import { headerOf, outlineOf, tokensOf } from "./wgsl.ts";

const LINES_AT_ONCE = 80; // a few milliseconds: the page stays free while a long file appears

let shown = 0;

/** Shows a kernel; a later call ends an earlier one that is still writing lines. */
export async function showKernel(name: string, wgsl: string): Promise<void> {
  const turn = ++shown;
  const { sentence, text } = headerOf(wgsl);
  element("kernel-name", HTMLElement).textContent = `${name}.wgsl`;
  element("kernel-sentence", HTMLElement).textContent = capitalised(sentence);
  element("kernel-header", HTMLElement).textContent = text;
  showOutline(wgsl);
  const source = element("source", HTMLElement);
  source.replaceChildren();
  source.parentElement!.scrollTop = 0;
  const lines = wgsl.trimEnd().split("\n");
  for (let first = 0; first < lines.length && turn === shown; first += LINES_AT_ONCE) {
    source.append(...lines.slice(first, first + LINES_AT_ONCE).map(lineOf));
    await new Promise((resolve) => setTimeout(resolve));
  }
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function showOutline(wgsl: string): void {
  const { entries, bindings } = outlineOf(wgsl);
  element("entries", HTMLElement).replaceChildren(
    table(
      ["Name", "Workgroup", "Binds"],
      entries.map(({ name, workgroup }) => [
        code(name),
        workgroup,
        bindings.flatMap((one) => (one.entries.includes(name) ? [one.name] : [])).join(", "),
      ]),
    ),
  );
  element("bindings", HTMLElement).replaceChildren(
    table(
      ["No.", "Name", "Kind", "Type"],
      bindings.map(({ binding, name, kind, type }) => [binding, code(name), kind, code(type)]),
    ),
  );
}

const code = (text: string) => make("code", {}, text);

function lineOf(line: string): HTMLElement {
  const parts = [...tokensOf(line)].map(({ kind, text }) =>
    kind === "plain" ? text : make("span", { class: kind }, text),
  );
  return make("span", { class: "line" }, ...parts, "\n");
}
