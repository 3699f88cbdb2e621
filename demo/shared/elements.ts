// Elements of the page, by id and kind: a missing one is a mistake in index.html, said at once.

export function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html: there must be a ${kind.name} with the id "${id}"`);
}
