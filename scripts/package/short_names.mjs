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
    "derivative T, shared_block G, box_muller X, cost Q, source_index R, Loaded D, " +
      "normals_of O, normal_below C, Row D, put V, first_four Z, Invocation H, stage A, " +
      "Place A, row_at U, taps_of_row X, Quad S, level_of P, put_line J, radius_of W, " +
      "group_of M, absorb Q, spot_of E, multiply Q, put_one N, Source U, drawn_timestep B, " +
      "even_row J, raise O, Sums D, columns_inside M, put_taps N, place_of E, halved_row D, " +
      "within W, put_patch J, store I, run_of_x G, philox G, places_of I, tile F, Part U, " +
      "inside L, add_products B, plane_of G, outputs_at H, part_of S, row_sums V, Lane S, " +
      "taps_at V, shared_runs R, shared_run T, multiply_tile E, next_taps R, with_sign Y, " +
      "workgroup_sum R, bin_of R, task_of U, labels Q, unclipped F, multiply_pixels M, " +
      "multiply_scalars P, every U, Draws V, place_in_a Z, part_total L, add_four W, " +
      "multiply_lanes F, log_mass Q, doubled C, add_step N, pixels M, put_blocks N, " +
      "larger_of C, home_of O, stage_a A, index_of D, inside4 K, Rows B, squares K, " +
      "steps_of C, Spread R, timestep_at J, plus R, taps_of_blocks Q, cumulate C, " +
      "log_of_one_and M, mul_high L, Home S, sum_of W, outer_half Z, Change U, " +
      "backward_weight_tile G, Task U, pixel U, Column P, share_of I, spread O, widen H, " +
      "multiplied H, store_row N, add_pair D, put_tile P, line D, qkv_at M, plain_runs P, " +
      "larger W, product H, last_four F, settle_bound K, q_sample I, all_added O, " +
      "spots_from H, bend E, transform K, number_of_b V, spot_in N, products_of V, forward F, " +
      "folded U, over_columns K, put_products Q, rows_before E, Terms D, backward_input R, " +
      "swapped_diagonal U, finish_bias M, decoder_term D, gradient_at K, tail_of M, quad_of C, " +
      "scaled C, narrow Y, Record B, mean_of J, source_of Q, Group B, weigh_half J, quad N, " +
      "products X, three_at W, spots H, quads V, finish_weights I, added_four J, settle Y, " +
      "combine_a K, plain_run Y, loss R, ScheduleRow B, gather K, places_at U, sum_of_row Z, " +
      "bound_term J, Heads C, raise_half J, stepped U, transform_outputs L, stage_b O, " +
      "corners T, record P, bound_loss T, transform_patches L, add_blocks X, taps_of N, " +
      "operand G, put_loaded M, larger_half Q, multiply_a E, scale_of N, row W, halved X, " +
      "over_half M, natural_log H, put_element R, add_places X, stage_outputs K, same M, " +
      "Locating Q, stage_patches A, noise_quad N, group_from C, load_b L, fallen Y, " +
      "number_of_a B, add_outer U, over_four V, goal_at F, plain_line Z, keep_losses U, " +
      "add_logits W, store_corner K, Step N, swapped_y X, store_dbias V, raised M, " +
      "next_scale P, activation J, put_eight X",
  ),
  locals: table(
    "s i, first_row e, k r, mean x, lines l, split d, in_a t, high c, step e, half c, l i, " +
      "z_again m, j i, parts r, strip c, odd_lo d, local l, slopes k, radius x, end e, " +
      "groups f, p c, last_row z, q e, chunk f, own_row j, turn h, zeros d, before x, " +
      "result c, e g, image l, group g, strips y, r h, at f, total c, near b, z u, steps h, " +
      "exists u, i i, clean u, first_turn e, here t, all_total s, d d, all n, columns i, " +
      "place c, byte d, out y, extent i, down f, last p, squares b, lanes u, trips n, trip h, " +
      "is_dropped x, b_r z, finite_steps q, next_k f, cosine c, weight_groups q, x0_hat j, " +
      "l0 u, all_quads s, padding w, next_v e, own_column w, dx c, rows m, wide e, " +
      "first_image j, x11 h, element l, other_b p, q_plane h, dim d, own_b j, turned b, " +
      "is_column n, fall u, left h, column_start y, x3 t, part d, own_a h, a_channels g, " +
      "other_w e, row3 z, ends k, padded_reads y, q_start w, first_gain u, r1 s, component r, " +
      "begin e, patch_at a, a_tiles c, taps h, g c, ema_gain m, is_first m, runs c, b_step t, " +
      "from_x d, corner i, coef_x0 g, patch_row m, noise_factor c, decay e, outside n, kept d, " +
      "scaled e, prior n, again_stream y, band h, turns b, new_top n, from_x0 u, moved g, " +
      "stride e, out_height q, size i, more c, a5 c, four q, row7 l, is_finite u, row4 c, " +
      "in_tiles t, eps b, further u, is_aside c, by_gap k, quad d, next_b t, next_sums s, " +
      "is_row h, log_variance_min m, one_on e, bits n, places l, other_half h, q_columns t, " +
      "prior_constant t, mantissa f, predicted j, slope d, differences p, bottom l, " +
      "is_reversed l, read_step k, bad e, right_sums c, input i, jump_rest w, across k, " +
      "turns_down q, others r, lo m, has_scale e, is_in n, sine a, clip_factor p, loaded j, " +
      "far c, shrink f, chain c, to_high x, tap_at i, factor u, stride_k f, slot e, inner i, " +
      "residue h, stream e, padded_tiles m, T s, from_low l, tap_row j, has h, " +
      "timestep_stream c, square c, quads f, gradient_scale t, field x, next g, ones k, " +
      "z_known u, loss f, x1 y, growth_interval s, l3 s, x_row s, by_output t, broken e, " +
      "next_q m, a2 x, rows_a_part b, third d, counter a, channel u, dh m, group_means b, " +
      "even b, side e, next_d k, two_on m, x8 m, odd i, x_plane h, wave e, origin k, at_0 h, " +
      "argument y, b_image v, above u, whole d, sign p, weights d, timestep b, a4 l, cross h, " +
      "is_learned m, products p, by e, quotient e, log_variance e, row0 k, in_first s, " +
      "height o, a7 q, limit n, row_a l, length e, is_far b, spread b, source x, l1 s, lane m, " +
      "in_b s, x6 u, mirrors a, width e, reads e, r5 m, centre c, other d, team e, up o, " +
      "next_z m",
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
