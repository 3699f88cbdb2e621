// A tiny font of strokes: digits, Latin letters and the signs that charts use, at any size.
//
// A glyph is lines through points of a grid: capitals fill rows 0 to 6, small letters 2 to 6, tails
// reach 8. Each pair of digits is one point, x then y; "/" begins a new line, a lone point is a dot.

/** Lines through points, in pixels from the left end of the baseline; y grows downwards. */
export interface TextPaths {
  paths: [x: number, y: number][][];
  /** of the whole text, in pixels */
  width: number;
}

const CAPITAL_ROWS = 6;
const GAP = 2; // grid units between letters
const SPACE = 1.5; // grid units a space takes, beside the gap
const UNKNOWN = "0040460600"; // an empty box

const GLYPHS = new Map(
  Object.entries({
    0: "103041453616050110",
    1: "112026/1636",
    2: "01103041420646",
    3: "011030414233/13334445361605",
    4: "36300444",
    5: "40000312324345361605",
    6: "413010010516364544331304",
    7: "004016",
    8: "13020110304142331304051636454433",
    9: "051636454130100102133342",
    a: "12324346/441405163645",
    b: "0006/0312324345361605",
    c: "4332120305163645",
    d: "4046/4332120305163645",
    e: "04444332120305163645",
    f: "30201116/0232",
    g: "4247381807/4332120305163645",
    h: "0006/0312324346",
    i: "0206/00",
    j: "12171808/10",
    k: "0006/3205/1436",
    l: "000516",
    m: "0206/0312223336/3342526366",
    n: "0206/0312324346",
    o: "123243453616050312",
    p: "0208/0312324345361605",
    q: "4248/4332120305163645",
    r: "0206/031232",
    s: "43321203143445361605",
    t: "10152636/0232",
    u: "0205163645/4246",
    v: "022642",
    w: "0216325662",
    x: "0246/4206",
    y: "0226/4218",
    z: "02420646",
    A: "062046/1434",
    B: "33424130000636454433/0333",
    C: "4130100105163645",
    D: "00304145360600",
    E: "40000646/0333",
    F: "400006/0333",
    G: "41301001051636454323",
    H: "0006/4046/0343",
    I: "0006",
    J: "4045361605",
    K: "0006/4004/1346",
    L: "000646",
    M: "0600234046",
    N: "06004640",
    O: "103041453616050110",
    P: "06003041423303",
    Q: "103041453616050110/3446",
    R: "06003041423303/2346",
    S: "413010010213334445361605",
    T: "0040/2026",
    U: "000516364540",
    V: "002640",
    W: "0016325660",
    X: "0046/4006",
    Y: "002340/2326",
    Z: "00400646",
    ".": "06",
    ",": "0607",
    ":": "03/06",
    "-": "0333",
    "−": "0343",
    "+": "0343/2125",
    "=": "0242/0444",
    "/": "0640",
    "(": "10020416",
    ")": "00121406",
    _: "0747",
    "%": "0640/00/46",
  }),
);

/**
 * @param text  one line; a character without glyph becomes a box
 * @param size  height of a capital letter, in pixels
 */
export function textPaths(text: string, size: number): TextPaths {
  const unit = size / CAPITAL_ROWS;
  const paths: TextPaths["paths"] = [];
  let x = 0;
  for (const character of text) {
    const lines = character === " " ? [] : linesOf(GLYPHS.get(character) ?? UNKNOWN);
    for (const line of lines) {
      paths.push(line.map(([px, py]) => [(x + px) * unit, (py - CAPITAL_ROWS) * unit]));
    }
    x += (character === " " ? SPACE : Math.max(...lines.flat().map(([px]) => px))) + GAP;
  }
  return { paths, width: Math.max(x - GAP, 0) * unit };
}

/** "0206/00" → [[0, 2], [0, 6]], [[0, 0]] */
const linesOf = (glyph: string): [number, number][][] =>
  glyph
    .split("/")
    .map((line) =>
      Array.from({ length: line.length / 2 }, (_, i) => [
        Number(line[2 * i]),
        Number(line[2 * i + 1]),
      ]),
    );
