// Formulas: every element with data-tex is set by KaTeX, one at a time, while the page is idle. Until
// then it holds its TeX as text.
import "katex/dist/katex.min.css";
import katex from "katex";

const idle = () =>
  new Promise<void>((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: 500 });
    else setTimeout(resolve, 16); // Safari
  });

export function setFormula(home: HTMLElement): void {
  const { tex = "", inline } = home.dataset;
  katex.render(tex, home, { displayMode: inline === undefined, throwOnError: true });
}

export async function setFormulas(): Promise<void> {
  const homes = [...document.querySelectorAll<HTMLElement>("[data-tex]")];
  for (const home of homes) {
    if (home.dataset.inline === undefined) home.tabIndex = 0; // a long one scrolls, as TeX too
  }
  for (const home of homes) {
    await idle();
    setFormula(home);
  }
  document.body.dataset.formulas = "set";
}
