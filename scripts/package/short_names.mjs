// WGSL with short names for what nothing outside its file looks up: functions, structs and their
// members, variables of a workgroup, parameters and locals. Entry points, bindings, uniforms, constants
// and aliases keep theirs: launchers and replacements name them.
//
// Names are given in the order in which the text says them, and anew in every function, so that functions
// alike in two files become the same text, which gzip then finds. What most files have keeps one letter.

const TOKEN = /[A-Za-z_]\w*|\.?\d(?:[\w.]|(?<=[eEpP])[+-])*|\s+|./g;
const WORD = /^[A-Za-z_]/;
const DECLARES = new Set(["fn", "struct", "alias", "const", "override", "var"]);
/** Of vectors, and of what modf, frexp and atomicCompareExchangeWeak give. */
const BUILT_IN_MEMBER = /^([xyzw]{1,4}|[rgba]{1,4}|fract|whole|exp|old_value|exchanged)$/;

/** "name short, …" */
const table = (text) => new Map(text.split(", ").map((pair) => pair.split(" ")));

/** Found by trying: these make bundles shortest. Of two in one place the first said has the name. */
const STEADY = {
  tops: table(
    "derivative T, shared_block G, box_muller X, cost U, product Y, change_of O, " +
      "source_index R, Loaded D, Line B, normals_of O, normal_below C, Row D, put V, " +
      "first_four Z, Invocation H, stage A, block_sum L, Place A, row_at U, taps_of_row X, " +
      "Quad S, level_of P, put_line J, settle P, natural_log I, pick_block X, radius_of W, " +
      "group_of M, absorb Q, spot_of E, multiply Q, put_one N, Source U, part_total N, " +
      "drawn_timestep B, even_row D, raise W, mul_high L, pick_line C, Sums D, " +
      "columns_inside M, inside4 W, put_block L, plain_run V, added S, put_taps N, " +
      "add_outer U, place_of E, halved_row E, within O, put_patch J, store I, run_of_x H, " +
      "philox F, pick D, larger_half Q, places_of I, tile F, Part U, inside L, " +
      "add_products B, plane_of J, group_from I, rows_of E, outputs_at H, part_of S, " +
      "row_sums V, Lane S, taps_at V, shared_runs R, shared_run T, multiply_tile E, " +
      "next_taps R, with_sign Y, spread P, workgroup_sum R, plus G",
  ),
  locals: table(
    "s h, first_row e, k r, mean x, lane m, in_first l, lines l, split d, in_a t, rest m, " +
      "high c, step e, half d, l y, images l, z_again x, j i, residue r, parts r, strip c, " +
      "odd_lo d, in_b u, local l, slopes q, fall n, radius x, end e, groups f, p c, " +
      "moments c, last_row z, q e, taps k, chunk e, own_row j, turn h, zeros d, source t, " +
      "before x, result c, e g, rows r, image l, group g, strips y, x_row r, r h, at f, " +
      "shrink g, total c, near b, across q, z u, steps h, exists u, i i, clean u, dim d, " +
      "first_turn e, here s, all_total e, d d, loaded j, all n, columns i, place c, byte d, " +
      "out y, extent i, down f, last p, dh h, channel u, squares e, lanes u, trips n, " +
      "trip h, is_dropped s, height n, odd f",
  ),
};

/** The tokens of a text, each with whether a name stands there that may be another. */
function tokensOf(text) {
  let before = []; // the last three
  return [...text.matchAll(TOKEN)].map(([word]) => {
    const isSpace = !word.trim();
    const isMember = before.at(-1) === ".";
    const isAttribute = before.at(-1) === "@" || before.join("") === "@builtin(";
    if (!isSpace) before = [...before.slice(-2), word];
    return { word, isSpace, isMember, isName: WORD.test(word) && !isAttribute };
  });
}

/** The top-level declarations of a text, and what is after them; joined, they are the text. */
function cut(text) {
  const parts = [];
  let [depth, start] = [0, 0];
  for (const { 0: mark, index } of text.matchAll(/[{}()[\];]/g)) {
    if ("{([".includes(mark)) depth++;
    if ("})]".includes(mark)) depth--;
    if (depth > 0 || !"};".includes(mark)) continue;
    parts.push(text.slice(start, index + 1));
    start = index + 1;
  }
  return [...parts, text.slice(start)];
}

/** What a declaration is and declares. */
function declarationOf(text) {
  const tokens = tokensOf(text);
  const solid = tokens.filter(({ isSpace }) => !isSpace);
  const words = solid.map(({ word }) => word);
  const at = words.findIndex((word) => DECLARES.has(word));
  const name = words[nameAfter(words, at)];
  const kind = words[at];
  const isKept = words.includes("@") && kind !== "struct"; // entry points, bindings, overrides
  const type = kind === "var" ? words[nameAfter(words, at) + 2] : undefined;
  const members = kind === "struct" ? beforeColons(words) : [];
  const locals = kind === "fn" ? localsOf(words) : new Set();
  return { tokens, solid, kind, name, type, isKept, members, locals };
}

/** Where the name is that `var<…>`, or another word at an index, declares. */
function nameAfter(words, at) {
  return words[at + 1] === "<" ? words.indexOf(">", at) + 1 : at + 1;
}

const beforeColons = (words) => words.filter((word, i) => WORD.test(word) && words[i + 1] === ":");

/** Parameters and variables of a function, without those that share a called function's name. */
function localsOf(words) {
  const parameters = beforeColons(words.slice(0, words.indexOf("{")));
  const variables = words.flatMap((word, i) =>
    ["let", "var", "const"].includes(word) ? words[nameAfter(words, i)] : [],
  );
  const called = new Set(words.filter((_, i) => words[i + 1] === "("));
  return new Set([...parameters, ...variables].filter((name) => !called.has(name)));
}

/** a, b, …, a0, …: no keyword is among them. @param first  "a" or "A" */
function* names(first) {
  const letters = Array.from({ length: 26 }, (_, i) => {
    return String.fromCharCode(first.charCodeAt(0) + i);
  });
  yield* letters;
  for (const letter of letters) for (let i = 0; i < 10; i++) yield letter + i;
  throw new Error("short names: a file has more than 286 names of a kind.");
}

/** New names for some, in order. @param isTaken  of those that none may have */
function named(wanted, first, isTaken) {
  const free = names(first);
  const next = () => {
    for (;;) {
      const { value } = free.next();
      if (!isTaken(value)) return value;
    }
  };
  return new Map([...wanted].map((name) => [name, next()]));
}

/**
 * A file with short names.
 *
 * @param pieces  the file without comments, cut between declarations
 * @returns       the same pieces, line for line
 */
export function withShortNames(pieces) {
  const parts = pieces.map((piece) => cut(piece).map(declarationOf));
  const declared = parts.flat();
  const bound = new Set(declared.filter(({ isKept }) => isKept).map(({ type }) => type));
  const isOwn = ({ kind, name, isKept }) =>
    !isKept && ["fn", "struct", "var"].includes(kind) && !bound.has(name);
  const words = new Set(declared.flatMap(({ solid }) => solid.map(({ word }) => word)));
  const [structs, others] = [true, false].map((isStruct) =>
    declared.filter((one) => isOwn(one) && (one.kind === "struct") === isStruct),
  );
  const own = [...structs, ...others].map(({ name }) => name);
  const globals = namesOf(own, STEADY.tops, { first: "A", taken: words });
  const top = new Map(declared.map(({ name }) => [name, globals.get(name) ?? name]));
  const members = memberNames(declared, bound, new Set(top.values()));
  return parts.map((part) => part.map((one) => renamed(one, top, members)).join(""));
}

/** Members of structs that no binding is of; by no declaration's name, for who reads words alone. */
function memberNames(declared, bound, top) {
  const structs = declared.filter(({ kind }) => kind === "struct");
  const kept = new Set(structs.filter(({ name }) => bound.has(name)).flatMap((it) => it.members));
  const isKept = (name) => kept.has(name) || BUILT_IN_MEMBER.test(name);
  const found = new Map();
  for (const { members } of structs) {
    const wanted = members.filter((name) => !isKept(name) && !found.has(name));
    const beside = structs.filter((other) => wanted.some((name) => other.members.includes(name)));
    const there = beside.flatMap((one) => one.members.map((name) => found.get(name) ?? name));
    const taken = new Set([...there, ...top]);
    for (const [name, short] of named(wanted, "a", (it) => taken.has(it))) found.set(name, short);
  }
  return found;
}

/** New names for some: steady ones first, the others in order. @param taken  what none may have */
function namesOf(wanted, steady, { first, taken }) {
  const found = new Map();
  const used = new Set(taken);
  for (const name of wanted) {
    const short = steady.get(name);
    if (short === undefined || used.has(short)) continue;
    found.set(name, short);
    used.add(short);
  }
  const others = [...wanted].filter((name) => !found.has(name));
  return new Map([...found, ...named(others, first, (name) => used.has(name))]);
}

function renamed({ tokens, solid, kind, locals }, top, members) {
  const declares = kind === "struct" ? solid.filter((_, i) => solid[i + 1]?.word === ":") : [];
  const ofStruct = new Set([...declares, ...solid.filter(({ isMember }) => isMember)]);
  const free = solid.filter((token) => token.isName && !ofStruct.has(token));
  const said = free.filter(({ word }) => locals.has(word) && !top.has(word));
  const outer = free.filter(({ word }) => !locals.has(word));
  const taken = new Set([...top.values(), ...outer.map(({ word }) => word)]);
  const saidWords = new Set(said.map(({ word }) => word));
  const inner = namesOf(saidWords, STEADY.locals, { first: "a", taken });
  const nameOf = (token) => {
    const { word, isName } = token;
    if (!isName) return word;
    const names = ofStruct.has(token) ? members : locals.has(word) ? inner : top;
    return names.get(word) ?? word;
  };
  return tokens.map(nameOf).join("");
}
