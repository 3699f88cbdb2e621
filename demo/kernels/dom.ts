// Elements made from what they hold. Text is always text: nothing of the page is parsed as HTML.

/** An element with attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A cell's content; a number stands to the right. */
export type Cell = Node | string | number;

/** A table: one heading a column, then rows of as many cells. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]) {
  const isNumber = headings.map(
    (_, i) => rows.length > 0 && rows.every((row) => isNumeric(row[i])),
  );
  const attributes = (i: number) => (isNumber[i] ? { class: "number" } : {});
  const heads = headings.map((text, i) => make("th", { scope: "col", ...attributes(i) }, text));
  const lines = rows.map((row) =>
    make("tr", {}, ...row.map((cell, i) => make("td", attributes(i), nodeOf(cell)))),
  );
  return make(
    "table",
    {},
    make("thead", {}, make("tr", {}, ...heads)),
    make("tbody", {}, ...lines),
  );
}

const isNumeric = (cell: Cell | undefined): boolean =>
  typeof cell === "number" || (typeof cell === "string" && /^(–|[\d.,]+( ?%)?)$/.test(cell));

const nodeOf = (cell: Cell): Node | string => (typeof cell === "number" ? String(cell) : cell);

/** An SVG picture of the library's as an element of the page: the page's colours reach into it. */
export function pictureOf(svg: string, label: string): SVGElement {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  const picture = document.importNode(parsed, true) as unknown as SVGElement;
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", label);
  return picture;
}
