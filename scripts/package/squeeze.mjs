// WGSL with the spaces left out that no token needs; its lines stay, so that a compiler's message
// names those of the file.

const WORD = /\w/;
const OPERATOR = /[-+*/%=<>!&|^~]/;

/** Whether two characters would become one token: words, and operators such as `- -` or `> =`. */
const wouldJoin = (a, b) => [WORD, OPERATOR].some((kind) => kind.test(a) && kind.test(b));

/** @param wgsl  without comments */
export function squeezed(wgsl) {
  const line = (text) =>
    text.trim().replace(/(\S)\s+(?=(\S))/g, (_, a, b) => (wouldJoin(a, b) ? `${a} ` : a));
  return wgsl.split("\n").map(line).join("\n");
}

/** A module of dist/kernels/generated/ with its families' text squeezed; one that is stays as it is. */
export const squeezedModule = (code) =>
  code.includes("squeezed: true")
    ? code
    : code.replace(/`[^`]*`/g, squeezed).replace(/^( *)text: \[/gm, "$1squeezed: true,\n$1text: [");
