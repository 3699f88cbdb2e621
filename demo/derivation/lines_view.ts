// Section 3 on the page: the lines with their formulas, and the terms of the trajectory that was drawn.
import { DERIVATION_LINES, type DerivationLine, type DiffusionModel } from "../../src/index.ts";
import { element } from "../shared/elements.ts";
import { Chart, type Values } from "./chart.ts";
import { figures } from "./host_part.ts";
import { LINE_WORDS, TERM_TEX } from "./line_words.ts";
import { draw, type LineReport, reportOf, type TermGroup, type TrajectoryReport } from "./lines.ts";
import { paint } from "./pictures.ts";

const NATS = 2; // decimals of terms and sums

const chosen = element("line", HTMLSelectElement);
const slider = element("t-lines", HTMLInputElement);
const status = element("lines-status", HTMLElement);

const LEAST = 0.5 * 10 ** -NATS;
const COLORS = ["accent", "warm", "good"] as const;

const small = (value: number) =>
  value === 0 ? "0" : value.toExponential(1).replaceAll("-", "−").replace("+", "");
const nats = (value: number) =>
  Math.abs(value) < LEAST ? small(value) : value.toFixed(NATS).replace("-", "−");

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { words = "", name = "" }: { words?: string; name?: string } = {},
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (words) made.textContent = words;
  if (name) made.className = name;
  return made;
}

/** Sets the TeX of an element; KaTeX comes when the page is idle. */
export type SetFormula = (home: HTMLElement) => void;

export class LinesView {
  readonly #bodies = new Map<DerivationLine, HTMLElement>();
  readonly #values = new Map<TermGroup, HTMLElement>();
  readonly #chart = new Chart(element("terms-chart", HTMLElement), {
    lines: COLORS.map((color) => ({ color: `--${color}` })),
  });
  readonly #setFormula: SetFormula;
  #report: TrajectoryReport | undefined;
  #seed = 0;

  constructor(setFormula: SetFormula) {
    this.#setFormula = setFormula;
    for (const line of DERIVATION_LINES) this.#add(line);
    slider.addEventListener("input", () => this.#showTerms());
    chosen.addEventListener("change", () => this.#showChart());
  }

  #add(line: DerivationLine): void {
    const { tex, why } = LINE_WORDS[line];
    const article = make("article", { name: "formula" });
    const head = make("div", { name: "line" });
    const formula = make("div");
    formula.dataset.tex = tex;
    formula.textContent = tex;
    head.append(make("h3", { words: `(${line})` }), formula);
    const box = make("div", { name: "scroll" });
    const table = make("table");
    const body = make("tbody");
    table.append(body);
    box.append(table);
    article.append(head, make("p", { words: why }), box);
    element("lines", HTMLElement).append(article);
    this.#bodies.set(line, body);
  }

  /** Draws, and shows what it gives. @throws as drawTrajectories does */
  async draw(
    model: DiffusionModel,
    { x0, signal }: { x0: Float32Array; signal: AbortSignal },
  ): Promise<void> {
    const steps = Number(element("steps", HTMLSelectElement).value);
    const count = Number(element("count", HTMLSelectElement).value);
    const seed = this.#seed++;
    const canvas = element("walk", HTMLCanvasElement);
    const start = performance.now();
    paint(canvas, x0);
    const trajectories = await draw(model, {
      ...{ steps, count, seed, x0, signal },
      onStep: ({ t, of, xt }) => {
        if (!xt) return;
        paint(canvas, xt);
        element("walk-words", HTMLElement).textContent = `t = ${t} of the first trajectory`;
        status.textContent = `Seed ${seed}: step ${t} of ${of}.`;
      },
    });
    const seconds = (performance.now() - start) / 1000;
    this.#show(reportOf(trajectories));
    status.textContent = `Seed ${seed}: ${count} trajectories of ${steps} steps in ${seconds.toFixed(1)} s.`;
    document.body.dataset.drawn = String(seed);
  }

  #show(report: TrajectoryReport): void {
    this.#report = report;
    slider.max = String(report.steps);
    slider.disabled = false;
    slider.value = String(Math.ceil(report.steps / 2));
    this.#values.clear();
    for (const line of report.lines) this.#fill(line);
    element("residuals", HTMLElement).replaceChildren(...report.lines.map(row));
    element("bayes-gpu", HTMLElement).textContent = small(report.bayes);
    this.#showTerms();
    this.#showChart();
  }

  #fill({ line, groups, sum }: LineReport): void {
    const rows = groups.map((group) => {
      const cells = make("tr");
      const formula = make("td");
      formula.append(this.#termFormula(group));
      const value = make("td", { name: "number" });
      const total = make("td", { name: "number", words: nats(group.sum) });
      const { length } = group.terms;
      total.title = length === 1 ? "one term" : `sum of ${length} terms`;
      this.#values.set(group, value);
      cells.append(formula, value, total);
      return cells;
    });
    const last = make("tr");
    last.append(make("td", { words: "sum, nats" }), make("td"));
    last.append(make("td", { name: "number", words: nats(sum) }));
    this.#bodies.get(line)?.replaceChildren(heading(), ...rows, last);
  }

  #termFormula({ formula }: TermGroup): HTMLElement {
    const home = make("span", { words: formula });
    const tex = TERM_TEX[formula];
    if (!tex) return home;
    Object.assign(home.dataset, { tex, inline: "" });
    this.#setFormula(home);
    return home;
  }

  readonly #key = (group: TermGroup, k: number): HTMLElement => {
    const key = make("span", { name: `key ${COLORS[k]}` });
    key.append(this.#termFormula(group));
    return key;
  };

  #showTerms(): void {
    const t = slider.valueAsNumber;
    element("t-lines-value", HTMLElement).textContent = slider.value;
    for (const head of document.querySelectorAll("#lines .at")) head.textContent = `at t = ${t}`;
    for (const [group, cell] of this.#values) {
      const { terms } = group;
      const term = terms.find((one) => one.t === t);
      const only = terms.length === 1 ? terms[0] : undefined;
      cell.textContent = term ? nats(term.value) : only ? `at t = ${only.t}` : "none";
      cell.classList.toggle("muted", !term);
    }
  }

  #showChart(): void {
    const line = this.#report?.lines.find((one) => one.line === chosen.value);
    if (!line || !this.#report) return;
    const ts = Array.from({ length: this.#report.steps }, (_, i) => i + 1);
    const groups = line.groups.filter(({ terms }) => terms.length > 1);
    const series = groups.map(({ terms }) => along(ts, terms));
    element("term-keys", HTMLElement).replaceChildren(...groups.map(this.#key));
    while (series.length < COLORS.length) series.push(ts.map(() => null));
    this.#chart.show(ts, ...series);
  }
}

function along(ts: readonly number[], terms: TermGroup["terms"]): Values {
  const byT = new Map(terms.map(({ t, value }) => [t, value]));
  return ts.map((t) => byT.get(t) ?? null);
}

function heading(): HTMLTableRowElement {
  const cells = make("tr");
  const names = { term: "", at: "number at", "over all t": "number" };
  cells.append(...Object.entries(names).map(([words, name]) => make("th", { words, name })));
  return cells;
}

/** A line of the table of sums. */
function row({
  line,
  groups,
  sum,
  residual,
  mean,
  standardError,
}: LineReport): HTMLTableRowElement {
  const bits = (value: number) => value / (784 * Math.LN2);
  const terms = groups.reduce((count, group) => count + group.terms.length, 0);
  const between =
    line === "17" ? "–" : line === "22" ? `${nats(residual)} (no residual)` : small(residual);
  const means = `${bits(mean).toFixed(4).replace("-", "−")} ± ${figures(Number(bits(standardError).toPrecision(2)))}`;
  const cells = make("tr");
  cells.dataset.line = line;
  cells.dataset.residual = String(residual);
  cells.append(make("td", { words: `(${line})` }));
  for (const words of [String(terms), nats(sum), between, means]) {
    cells.append(make("td", { words, name: "number" }));
  }
  return cells;
}
