// WGSL with short names, and without the spaces that no token needs; its lines stay, so that a compiler's
// message names those of the file.
import { withShortNames } from "./short_names.mjs";

const WORD = /\w/;
const OPERATOR = /[-+*/%=<>!&|^~]/;

/** Whether two characters would become one token: words, and operators such as `- -` or `> =`. */
const wouldJoin = (a, b) => [WORD, OPERATOR].some((kind) => kind.test(a) && kind.test(b));

/** @param wgsl  without comments */
export function withoutSpaces(wgsl) {
  const line = (text) =>
    text.trim().replace(/(\S)\s+(?=(\S))/g, (_, a, b) => (wouldJoin(a, b) ? `${a} ` : a));
  return wgsl.split("\n").map(line).join("\n");
}

/** @param pieces  a file without comments, cut between declarations */
export const squeezed = (pieces) => withShortNames(pieces).map(withoutSpaces);

/** A module of dist/kernels/generated/ with its families' text squeezed; one that is stays as it is. */
export function squeezedModule(code) {
  if (code.includes("squeezed: true") || !code.includes("text: [")) return code;
  const pieces = squeezed([...code.matchAll(/`([^`]*)`/g)].map(([, text]) => text));
  return code
    .replace(/`[^`]*`/g, () => `\`${pieces.shift()}\``)
    .replace(/^( *)text: \[/gm, "$1squeezed: true,\n$1text: [");
}
