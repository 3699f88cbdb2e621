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
    "derivative T, shared_block G, source_index O, Loaded D, normal_below C, Row D, put V, " +
      "first_four Z, Invocation H, stage A, Place A, row_at U, Quad S, level_of P, put_line J, " +
      "group_of M, spot_of E, multiply Q, put_one N, Source U, Sums D, columns_inside M, " +
      "place_of E, halved_row Y, within W, store I, run_of_x G, tile K, Part U, inside L, " +
      "add_products B, plane_of G, outputs_at H, part_of S, row_sums V, Lane S, taps_at V, " +
      "shared_runs R, shared_run T, multiply_tile E, next_taps R, with_sign Y, workgroup_sum R, " +
      "labels Q, unclipped F, multiply_pixels M, multiply_scalars P, every U, Draws I, " +
      "place_in_a A, part_total L, add_four W, multiply_lanes F, log_mass Q, add_step N, " +
      "put_blocks N, home_of Z, stage_a A, Rows B, squares K, steps_of C, Spread R, " +
      "taps_of_blocks Q, cumulate C, log_of_one_and M, mul_high L, Home S, sum_of S, " +
      "outer_half Z, backward_weight_tile G, Task U, pixel U, Column P, share_of H, widen H, " +
      "multiplied H, store_row N, add_pair D, put_tile G, line D, last_four F, settle_bound K, " +
      "q_sample V, all_added O, bend E, number_of_b V, products_of V, forward F, folded U, " +
      "over_columns K, put_products Q, rows_before E, backward_input R, swapped_diagonal U, " +
      "decoder_term O, tail_of M, quad_of C, scaled P, narrow Y, Record B, Group B, " +
      "weigh_half J, products S, spots H, quads V, settle Y, combine_a K, plain_run Y, loss C, " +
      "ScheduleRow B, gather K, sum_of_row Z, bound_term J, Heads C, raise_half J, " +
      "transform_outputs L, stage_b O, corners T, record O, bound_loss T, transform_patches L, " +
      "add_blocks X, operand G, put_loaded M, larger_half Q, multiply_a E, scale_of F, row W, " +
      "halved D, natural_log J, Locating Q, stage_patches A, noise_quad N, group_from C, " +
      "goal_at F, plain_line B, keep_losses U, store_corner M, activation J, put_eight X, " +
      "load R, statistics_of U, Sixteen O, start_four Z, total R, joined B, over_rows J, " +
      "odd_row M, draw_timesteps X, pixels M, swapped_y Z, absorb M, put_four_stats J, " +
      "backward_weight_lanes P, quad M, patches_of S, line_of M, box_muller Z, backward_key G, " +
      "max_of R, spot_in N, spots_from D, start N, combine_b Z, load_b O, Stats S, " +
      "forward_lanes U, raised Y, times Y, exponential E, taps_of R, number_of_a C, " +
      "add_logits F, radius_of W, swapped_x L, task_of X, Spot G, normals_of P, right I, " +
      "by_columns H, even_row U, Product I, power T, show H, Pair Z, four_scalars R, Change D, " +
      "clear_variance E, change_of S, doubled L, three_at W, qkv_at I, put_patch J, Step H, " +
      "multiply_b Y, index_of Y, put_taps I, strided Z, sum_columns R, Line B, spread O, " +
      "added_four P, run_of K, larger W, stepped T, raise H, loss_given I, put_element D, " +
      "deviation L, inside4 K, Terms O, bin_of F, slice_count I, stage_taps V, add_to_b X, " +
      "fallen X, bits_of R, put_row R, mean_of S, philox Q, BoundLevel O, over_half U, " +
      "larger_of M, planes_before E, source_of U, gradient_at L, add_row Y, shared_eights H, " +
      "put4 X, update_alone I, add_places L, places_at Q, moments_wide L, finish T, rows_of L, " +
      "same A, cost G, Counters S, stage_outputs J, store_dbias Y, timestep_at H, tiles_at L, " +
      "places_of G, taps_of_row K, next_scale C, added_at W, plain_runs Q, add_line W, " +
      "widened F",
  ),
  locals: table(
    "s i, first_row a, k r, split d, high c, step e, half c, l i, j i, parts r, strip c, " +
      "odd_lo d, local l, end e, groups f, p c, last_row y, q e, chunk h, own_row j, zeros d, " +
      "before x, result c, e g, image l, group g, strips z, r h, at f, total c, near b, z u, " +
      "steps h, exists u, i i, clean u, here t, all_total s, d d, all n, columns i, place c, " +
      "byte d, out y, down f, last p, squares b, lanes u, trips n, trip h, b_r z, " +
      "finite_steps q, next_k f, cosine c, weight_groups q, x0_hat j, all_quads s, next_v e, " +
      "dx c, rows m, wide e, first_image j, x11 h, element r, q_plane h, dim d, own_b j, " +
      "turned b, is_column n, fall u, left h, column_start y, x3 t, part d, a_channels g, " +
      "other_w e, row3 z, ends k, padded_reads y, q_start w, first_gain u, r1 s, component r, " +
      "begin a, a_tiles c, g c, ema_gain m, is_first m, runs c, b_step o, corner i, coef_x0 g, " +
      "patch_row m, noise_factor e, decay e, outside n, kept d, scaled e, prior n, " +
      "again_stream y, band h, turns b, new_top n, from_x0 u, stride e, out_height q, size i, " +
      "more c, a5 c, four s, row7 l, is_finite u, row4 c, in_tiles t, eps d, further u, " +
      "is_aside c, by_gap k, next_b t, next_sums q, is_row h, log_variance_min m, one_on e, " +
      "bits n, other_half h, q_columns t, prior_constant t, mantissa f, predicted j, slope d, " +
      "differences p, is_reversed o, read_step k, right_sums c, jump_rest w, across o, " +
      "turns_down q, others r, has_scale e, is_in n, sine a, loaded j, far c, chain c, " +
      "factor u, stride_k f, residue h, padded_tiles m, from_low l, tap_row p, has m, " +
      "timestep_stream c, square c, quads f, gradient_scale t, next g, loss f, x1 y, " +
      "growth_interval s, l3 s, x_row s, by_output t, next_q m, a2 x, rows_a_part b, third d, " +
      "counter a, channel u, group_means b, side e, x8 m, odd i, x_plane h, wave e, origin s, " +
      "b_image v, above u, whole d, timestep w, a4 l, cross h, is_learned m, products e, by e, " +
      "quotient e, log_variance e, row0 k, in_first h, height l, a7 q, limit n, length k, " +
      "is_far b, spread r, l1 s, lane m, x6 u, mirrors e, reads e, r5 m, centre c, other d, " +
      "next_z m, bottom e, slot p, a1 u, middle f, of_row r, what f, up w, a0 u, taps h, a_k c, " +
      "most l, weights y, turns_across z, now f, in_c k, gradient_norm h, share e, width e, " +
      "field i, team f, delta h, latest d, from_x x, adds m, head e, inner c, tile h, even i, " +
      "has_lower w, r0 k, next_y o, ring h, shrink e, exponent b, bad k, clip s, radius n, " +
      "turn h, weight e, images_a_part w, halving r, own_column t, one c, first_k b, colour o, " +
      "rest e, first_turn f, from_output s, x9 c, quad d, least o, slice e, T n, outer n, x5 u, " +
      "source_split p, ones j, record x, in_b u, gradient f, o_blocks h, other_rows y, " +
      "slopes d, next_d o, average u, lines x, stored a, moved l, sign k, own_a p, dh h, " +
      "z_known u, at_0 b, rows_step o, in_a w, other_a l, channels c, odd_hi x, edges o, l4 p, " +
      "position d, seed_low z",
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
