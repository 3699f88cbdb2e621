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
      "first_four Z, Invocation H, stage A, Place A, row_at U, Quad S, level_of O, put_line J, " +
      "spot_of E, Source U, columns_inside X, place_of E, halved_row Y, within W, store I, " +
      "run_of_x G, tile K, Part U, add_products B, plane_of G, outputs_at C, part_of S, " +
      "row_sums V, Lane S, taps_at V, shared_runs R, shared_run T, with_sign Y, " +
      "workgroup_sum R, labels Q, unclipped O, multiply_pixels M, multiply_scalars P, every U, " +
      "part_total L, add_four W, multiply_lanes F, log_mass Q, add_step N, put_blocks N, " +
      "home_of Z, Rows B, squares K, Spread R, taps_of_blocks Q, cumulate C, log_of_one_and M, " +
      "mul_high L, Home S, backward_weight_tile G, Task U, pixel U, Column P, widen H, " +
      "multiplied H, store_row N, add_pair D, put_tile G, line D, q_sample V, all_added O, " +
      "bend M, number_of_b V, forward F, folded U, over_columns K, put_products U, " +
      "rows_before V, backward_input R, swapped_diagonal T, decoder_term O, tail_of M, " +
      "quad_of C, scaled G, narrow S, Group B, weigh_half W, products S, spots H, quads V, " +
      "settle Y, combine_a K, plain_run W, loss C, sum_of_row Z, bound_term J, Heads C, " +
      "raise_half J, stage_b O, corners T, record O, bound_loss T, add_blocks X, operand G, " +
      "put_loaded M, larger_half Q, multiply_a E, scale_of F, row W, halved D, natural_log J, " +
      "Locating Q, stage_patches A, group_from C, goal_at F, plain_line B, keep_losses U, " +
      "store_corner M, activation J, load R, statistics_of U, Sixteen O, start_four L, total R, " +
      "joined B, over_rows J, draw_timesteps D, pixels B, absorb Z, put_four_stats J, quad M, " +
      "patches_of S, line_of M, box_muller Z, backward_key G, max_of R, spot_in N, " +
      "spots_from D, start N, load_b O, Stats S, forward_lanes S, raised Y, times Y, " +
      "exponential E, add_logits L, radius_of W, swapped_x L, task_of X, normals_of P, right I, " +
      "by_columns H, Product I, power T, show H, Pair Z, clear_variance E, doubled L, " +
      "three_at W, qkv_at I, put_patch J, Step H, multiply_b Y, index_of Y, sum_columns R, " +
      "Line B, spread O, run_of K, larger J, stepped T, raise V, put_element X, deviation L, " +
      "inside4 K, Terms O, bin_of F, stage_taps V, fallen X, put_row R, mean_of U, philox Q, " +
      "BoundLevel O, over_half U, larger_of M, planes_before E, gradient_at F, add_row Y, " +
      "shared_eights H, put4 X, update_alone I, add_places R, places_at Q, moments_wide L, " +
      "finish G, rows_of L, same A, cost G, store_dbias Y, timestep_at C, tiles_at E, " +
      "places_of F, taps_of_row K, plain_runs Q, add_line W, outer I, Level R, pool_backward K, " +
      "inputs_at Q, means_of Q, four Y, gather K, weigh_one Y, added_at Y, affine T, bits_of R, " +
      "swapped_y N, source_of T, added_four P, multiply_vectors R, Corners D, inside L, " +
      "guided Y, Run D, is_empty U, last_four C, dy_at P, loss_given G, add_dot T, finished X, " +
      "steps_of P, scale_index F, block_sum J, terms_of W, add_taps G, transform_outputs N, " +
      "pool_forward K, keep U, column_of A, four_channels S, is_inside A, " +
      "backward_input_wide V, Record R, products_of E, combine_b X, product O, multiply_tile E, " +
      "multiply D, Counters U, spread_of W, four_scalars R, sums_shared F, put_taps I, " +
      "group_size N, next_scale T, descend E, Sums L, fall_of W, finish_bias M, " +
      "backward_weight_lanes B, add_to_b S, share_of L, whole F, staged S, row_normals P, " +
      "product_sums L, outer_half J, gradient G, transform_weight K, put_one E, sum_of G, " +
      "next_taps P, widened E, put_eight G, Tiles H, even_row L, Update O, taps_of W, " +
      "outer_four O, reflected E, terms_at T, odd_row G",
  ),
  locals: table(
    "s i, k r, split d, high c, step e, half c, l i, j i, parts r, strip c, local n, end e, " +
      "groups f, p c, last_row e, q e, chunk h, own_row j, zeros d, before x, result c, e g, " +
      "image l, group g, strips z, r h, at f, total c, near b, z u, steps h, exists u, i i, " +
      "clean u, all_total s, d d, all n, columns i, place c, byte g, down f, last p, squares b, " +
      "lanes u, trips n, b_r z, finite_steps q, next_k n, weight_groups q, all_quads s, " +
      "next_v e, rows m, x11 h, element r, q_plane h, dim d, own_b j, is_column n, fall u, " +
      "left h, column_start y, x3 t, part d, a_channels n, other_w e, row3 z, ends k, " +
      "padded_reads y, first_gain u, r1 s, component r, a_tiles c, g c, ema_gain m, runs c, " +
      "b_step w, corner i, coef_x0 g, patch_row m, noise_factor e, outside l, kept d, prior o, " +
      "turns b, from_x0 u, stride n, out_height q, size i, more f, four s, row7 l, is_finite u, " +
      "row4 c, in_tiles t, eps d, is_aside c, by_gap k, next_b b, next_sums q, " +
      "log_variance_min m, one_on e, bits n, other_half h, q_columns t, prior_constant t, " +
      "mantissa f, slope g, differences p, is_reversed o, read_step k, right_sums c, across o, " +
      "turns_down q, others r, has_scale r, sine a, loaded j, far c, chain c, stride_k u, " +
      "residue h, padded_tiles m, tap_row p, has m, timestep_stream c, square c, quads f, " +
      "next g, loss f, x1 y, growth_interval s, l3 s, by_output t, next_q h, a2 x, " +
      "rows_a_part b, third d, channel u, side e, x8 m, odd i, x_plane h, wave e, origin u, " +
      "b_image v, above u, whole d, timestep w, a4 r, cross h, is_learned m, products h, " +
      "quotient e, row0 k, height l, a7 q, length k, is_far b, spread r, l1 s, lane m, x6 u, " +
      "mirrors e, reads e, r5 m, centre c, other d, next_z m, bottom e, a1 u, middle f, " +
      "of_row l, what d, a0 s, a_k c, most g, turns_across z, in_c k, gradient_norm h, share e, " +
      "width e, field i, team f, delta h, adds m, inner c, tile h, r0 k, next_y o, ring e, " +
      "exponent b, clip s, turn h, images_a_part w, halving r, own_column t, one c, first_k b, " +
      "rest e, first_turn f, quad d, least o, slice e, outer e, x5 c, source_split p, ones j, " +
      "record x, in_b u, o_blocks h, slopes d, average u, lines x, own_a p, dh s, z_known u, " +
      "rows_step o, in_a w, other_a l, channels c, l4 p, seed_low z, doubled c, out n, " +
      "inside b, from_output k, shrink g, dx c, a5 z, cosine a, x0_hat x, from_low z, " +
      "log_variance y, bytes f, mean l, losses n, task d, term o, scale_first t, pixels u, " +
      "first_tap f, spot d, here n, ab h, factor i, quadrant n, z_again e, a_step o, bad u, " +
      "by e, band c, odd_hi m, first_row n, sign s, turned c, taps h, second d, odd_lo i, " +
      "gradient_scale z, inverse c, predicted z, at_0 b, stream e, begin s, source n, " +
      "padding m, is_in u, uniform_stream e, places e, jump_rest f, addend_m r, eight d, " +
      "next_patches d, to d, unconditional b, x7 m, from_x a, mean_scale c, tap f, fifth c, " +
      "tokens v, deviation t, has_lower l, hi g, x_row z, first_image b, decay s, power v, " +
      "next_d r, tiles_down z, weights i, trip h, new_top x, moved b, q_start t, in_first s, " +
      "in_channels e, padded_writes n, patch_at y, terms g, scaled y, wide d, limit e, " +
      "again_stream n, edge u, key e, even b, head r",
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
