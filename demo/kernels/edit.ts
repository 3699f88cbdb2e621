// Changing a kernel: its text, what the check says of it, and whether it is in use.
import { element } from "../shared/elements.ts";
import { make, table } from "./dom.ts";
import type { Engine } from "./engine.ts";
import { digits } from "./format.ts";
import { errorWords } from "./measured.ts";
import type { Checked, Complaint } from "./messages.ts";

export interface EditOptions {
  engine: Engine;
  /** runs of the timing, and images of the step */
  runs: number;
  batch: number;
  /** brackets what the GPU does: nothing else can be started meanwhile */
  busy<T>(words: string, work: () => Promise<T>): Promise<T | undefined>;
  /** a changed source came into use, or left it */
  onUse(): void;
}

interface Draft {
  text: string;
  /** the text that was found right */
  right?: string;
  inUse?: string;
}

export class Editor {
  readonly #options: EditOptions;
  readonly #drafts = new Map<string, Draft>();
  readonly #text = element("edited", HTMLTextAreaElement);
  readonly #verdict = element("verdict", HTMLElement);
  readonly #buttons = {
    check: element("check", HTMLButtonElement),
    use: element("use", HTMLButtonElement),
    revert: element("revert", HTMLButtonElement),
  };
  #shader = "";
  #own = "";
  #isFree = false;

  constructor(options: EditOptions) {
    this.#options = options;
    this.#text.addEventListener("input", () => this.#typed());
    this.#buttons.check.addEventListener("click", () => this.#check());
    this.#buttons.use.addEventListener("click", () => this.#use());
    this.#buttons.revert.addEventListener("click", () => this.#revert());
  }

  /** The changed sources that profiles run. */
  get inUse(): string[] {
    return [...this.#drafts].flatMap(([name, { inUse }]) => (inUse === undefined ? [] : [name]));
  }

  /** A new device runs the kernels as they are. */
  forgetUse(): void {
    for (const draft of this.#drafts.values()) {
      delete draft.inUse;
      delete draft.right;
    }
    this.#enable();
  }

  /** Shows a kernel's text: as it was left, where it was changed before. */
  show(shader: string, wgsl: string): void {
    this.#shader = shader;
    this.#own = wgsl;
    this.#text.value = this.#draft.text;
    this.#text.scrollTop = 0;
    this.#say();
    this.#enable();
  }

  /** Whether the GPU is there and free. */
  setFree(isFree: boolean): void {
    this.#isFree = isFree;
    this.#enable();
  }

  get #draft(): Draft {
    let draft = this.#drafts.get(this.#shader);
    if (!draft) {
      draft = { text: this.#own };
      this.#drafts.set(this.#shader, draft);
    }
    return draft;
  }

  #typed(): void {
    this.#draft.text = this.#text.value;
    this.#enable();
  }

  #enable(): void {
    const { text, right, inUse } = this.#draft;
    const { check, use, revert } = this.#buttons;
    check.disabled = !this.#isFree;
    use.disabled = !this.#isFree || right !== text || inUse === text;
    const isChanged = text !== this.#own || inUse !== undefined;
    revert.disabled = !isChanged || (inUse !== undefined && !this.#isFree);
  }

  async #check(): Promise<void> {
    const { engine, runs, batch, busy } = this.#options;
    const draft = this.#draft;
    const [shader, wgsl] = [this.#shader, draft.text];
    const ask = { source: { shader, wgsl }, runs, batch };
    this.#say("Testing against float64, then timing.");
    const checked = await busy(`Checking ${shader}.wgsl.`, () => engine.ask("check", ask));
    if (checked && checked.refused === undefined) draft.right = wgsl;
    this.#enable();
    if (shader !== this.#shader) return; // another kernel is shown meanwhile
    if (checked) this.#report(checked);
    else this.#say("It could not be checked: see the top of the page.");
  }

  async #use(): Promise<void> {
    const { engine, busy, onUse } = this.#options;
    const draft = this.#draft;
    const source = { shader: this.#shader, wgsl: draft.text };
    const done = await busy(`Using ${source.shader}.wgsl.`, () => engine.ask("use", { source }));
    if (done === undefined) return;
    draft.inUse = source.wgsl;
    this.#say("In use: profile the step again to see it there.");
    this.#enable();
    onUse();
  }

  async #revert(): Promise<void> {
    const { engine, busy, onUse } = this.#options;
    const [shader, draft] = [this.#shader, this.#draft];
    if (draft.inUse !== undefined) {
      const ask = () => engine.ask("revert", { shader });
      if ((await busy(`Reverting ${shader}.wgsl.`, ask)) === undefined) return;
    }
    this.#drafts.delete(shader);
    if (shader === this.#shader) {
      this.#text.value = this.#own;
      this.#say("The original is back.");
    }
    this.#enable();
    onUse();
  }

  #say(...parts: (string | Node)[]): void {
    const lines = parts.map((part) => (typeof part === "string" ? make("p", {}, part) : part));
    this.#verdict.replaceChildren(...lines);
  }

  #report({ complaints, refused, selfTest, times }: Checked): void {
    if (refused !== undefined) {
      const places = complaints.length > 0 ? complaints : placesIn(refused);
      const links = places.map((place) => make("li", {}, this.#linkTo(place)));
      const list = links.length > 0 ? [make("ul", {}, ...links)] : [];
      this.#say(make("p", { class: "wrong" }, refused), ...list);
      return;
    }
    const error = Math.max(...selfTest.map((one) => one.error ?? 0));
    const bound = selfTest[0]?.bound ?? 0;
    const tests = selfTest.length === 1 ? "one self-test" : `${selfTest.length} self-tests`;
    const right = `Right in ${tests}: error ${errorWords({ error, ok: true })}, ${bound} are allowed.`;
    this.#say(make("p", { class: "right" }, right), timesOf(times));
  }

  #linkTo({ line, column, message }: Complaint): HTMLElement {
    const words = `Line ${line}, column ${column}: ${message}`;
    const link = make("button", { class: "link", type: "button" }, words);
    link.addEventListener("click", () => {
      const lines = this.#text.value.split("\n");
      const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      this.#text.focus();
      this.#text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
      this.#text.scrollTop = ((line - 4) / lines.length) * this.#text.scrollHeight;
    });
    return link;
  }
}

/** The places that a pipeline's error names. */
function placesIn(message: string): Complaint[] {
  return [...message.matchAll(/shaders\/\w+\.wgsl:(\d+):(\d+) ([^;]*)/g)].map(
    ([, line, column, what]) => ({ line: Number(line), column: Number(column), message: what! }),
  );
}

function timesOf(times: Checked["times"]): string | HTMLElement {
  if (times === null) return "This adapter has no timestamps, so it was not timed.";
  if (times.length === 0)
    return "The training step runs none of its entry points here: there is no time.";
  const rows = times.map(({ label, dispatches, original_ms, replaced_ms }) => [
    ...[label, dispatches, digits(original_ms), digits(replaced_ms)],
    (replaced_ms / original_ms).toFixed(2),
  ]);
  const heads = ["Kernel", "Runs", "Original, ms", "Changed, ms", "Ratio"];
  const box = make("div", {
    class: "scroll",
    tabindex: "0",
    role: "region",
    "aria-label": "Times",
  });
  box.append(table(heads, rows));
  return box;
}
