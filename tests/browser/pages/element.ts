// A page with <diffusion-canvas>; a test makes elements, and reads what they told.
import "../../../src/element.ts";
import { Gpu } from "../../../src/index.ts";

interface Told {
  progress: number[];
  of: number;
  done: { shape: readonly number[]; images: number[] }[];
  errors: string[];
}

declare global {
  interface Window {
    made?: { Gpu: typeof Gpu; told: Told; element: HTMLElementTagNameMap["diffusion-canvas"] };
    make(html: string): void;
  }
}

window.make = (html) => {
  const holder = document.createElement("div");
  const told: Told = { progress: [], of: 0, done: [], errors: [] };
  const template = document.createElement("template");
  template.innerHTML = html;
  const element = document.importNode(template.content, true).querySelector("diffusion-canvas")!;
  element.addEventListener("progress", ({ detail: { step, of } }) => {
    told.progress.push(step);
    told.of = of;
  });
  element.addEventListener("done", ({ detail: { shape, images } }) => {
    told.done.push({ shape, images: [...images] });
  });
  element.addEventListener("error", ({ detail: { error } }) => {
    told.errors.push("code" in error ? `${error.code}` : String(error));
  });
  holder.append(element);
  document.body.replaceChildren(holder);
  window.made = { Gpu, told, element };
};
