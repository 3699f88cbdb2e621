// The element's part of the page: its tag as text, a button that starts it, and the class.
import type { DiffusionCanvas } from "../../../src/element.ts";
import { element } from "../../shared/elements.ts";
import { CLASSES } from "../../shared/fashion.ts";
import { failureWords } from "../../shared/words.ts";

/** @param begin  called before it draws */
export function showTag(tag: DiffusionCanvas, begin: () => void): void {
  const choice = element("class", HTMLSelectElement);
  const drawn = element("drawn", HTMLElement);
  choice.append(...CLASSES.map((name, i) => new Option(name, String(i))));
  choice.value = String(tag.classLabel);
  element("tag-source", HTMLElement).textContent = textOf(tag);

  element("draw", HTMLButtonElement).addEventListener("click", () => {
    begin();
    drawn.textContent = "Loading the model.";
    void tag.play();
  });
  choice.addEventListener("change", () => {
    tag.classLabel = Number(choice.value); // begins anew, once it has been started
    element("tag-source", HTMLElement).textContent = textOf(tag);
  });
  tag.addEventListener("progress", ({ detail: { step, of } }) => {
    drawn.textContent = `Step ${step} of ${of}`;
  });
  tag.addEventListener("error", ({ detail: { error } }) => {
    drawn.textContent = failureWords(error);
  });
}

/** The tag as one writes it. */
function textOf(tag: Element): string {
  const given = [...tag.attributes].filter(({ name }) => name !== "id");
  const lines = given.map(({ name, value }) => `  ${name}="${value.replace("../../", "")}"`);
  return `<diffusion-canvas\n${lines.join("\n")}\n></diffusion-canvas>`;
}
