// Sections 1, 2 and 5: what follows of the tables alone. They work without a GPU.
import {
  type Dataset,
  type DiffusionTables,
  makeTables,
  type PageSource,
} from "../../src/index.ts";
import { element } from "../shared/elements.ts";
import { failureWords } from "../shared/words.ts";
import { Chart } from "./chart.ts";
import { bayesCurves, bayesError, levelOf, noised, posteriorMean } from "./forward.ts";
import { hostNormals } from "./noise.ts";
import { paint } from "./pictures.ts";
import { fetchImages, ownSubject, PIXELS, type Subject, subjectOf } from "./subject.ts";
import { weightsOf } from "./weights.ts";

const SEEDS = { noise: 1, step: 2 };
const SHOWN_PIXEL = 14 * 28 + 14; // of the densities: the middle
const STRIDE = 7; // between the images that are shown in turn

const noise = hostNormals(SEEDS.noise, PIXELS);
const stepNoise = hostNormals(SEEDS.step, PIXELS);
const sliders = [element("t", HTMLInputElement), element("t-back", HTMLInputElement)];
const schedule = element("schedule", HTMLSelectElement);
const subjectWords = element("subject", HTMLElement);

const canvas = (id: string) => element(id, HTMLCanvasElement);
const tell = (id: string, words: string) => {
  element(id, HTMLElement).textContent = words;
};

/** Four figures; powers of ten where they say more. */
export function figures(value: number): string {
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(4)));
  return value.toExponential(3).replaceAll("-", "−").replace("+", "");
}

export class HostPart {
  #tables: DiffusionTables = makeTables({ schedule: "squaredcos_cap_v2" });
  #t = 250;
  #index = 0;
  #frame = 0;
  #images: Dataset | undefined;
  #subject: Subject | undefined;
  readonly #bayes = new Chart(element("bayes-chart", HTMLElement), {
    lines: [{ color: "--warm" }, { color: "--edge", dash: [6, 4] }, { color: "--accent" }],
  });
  readonly #weights = new Chart(element("weights-chart", HTMLElement), {
    lines: [{ color: "--accent" }, { color: "--warm" }, { color: "--good", dash: [6, 4] }],
    isXLog: true,
    isYLog: true,
  });

  constructor() {
    for (const slider of sliders) {
      slider.addEventListener("input", () => this.#moveTo(slider.valueAsNumber));
    }
    schedule.addEventListener("change", () => {
      const name = schedule.value === "linear" ? "linear" : "squaredcos_cap_v2";
      this.#tables = makeTables({ schedule: name });
      this.#showWeights();
      this.#showSoon();
    });
    this.#acceptPictures();
    this.#showWeights();
    this.#showReadings();
  }

  get subject(): Subject | undefined {
    return this.#subject;
  }

  get images(): Dataset | undefined {
    return this.#images;
  }

  /** Fetches the images, and shows the first. */
  async open(): Promise<void> {
    try {
      this.#images = await fetchImages();
      this.#follow(subjectOf(this.#images, this.#index));
    } catch (error) {
      subjectWords.textContent = `The images cannot be fetched: ${failureWords(error)} Take a picture of yours.`;
    }
  }

  #acceptPictures(): void {
    const own = element("own", HTMLInputElement);
    own.addEventListener("change", () => {
      if (own.files?.length) this.#followOwn(own.files);
      own.value = ""; // so that the same file may be chosen again
    });
    const drop = element("drop", HTMLElement);
    const over = (isOver: boolean) => drop.classList.toggle("is-over", isOver);
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      over(true);
    });
    drop.addEventListener("dragleave", () => over(false));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (event.dataTransfer) this.#followOwn(event.dataTransfer);
    });
    element("another", HTMLButtonElement).addEventListener("click", () => {
      if (!this.#images) return;
      this.#index = (this.#index + STRIDE) % this.#images.count;
      this.#follow(subjectOf(this.#images, this.#index));
    });
  }

  async #followOwn(source: PageSource): Promise<void> {
    try {
      this.#follow(await ownSubject(source instanceof FileList ? [...source] : source));
    } catch (error) {
      subjectWords.textContent = failureWords(error);
    }
  }

  #follow(subject: Subject): void {
    this.#subject = subject;
    subjectWords.textContent = subject.words;
    paint(canvas("x0"), subject.x0);
    paint(
      canvas("noise"),
      noise.map((value) => value / 2),
    );
    this.#showPictures();
    document.body.dataset.subject = subject.words;
  }

  #moveTo(t: number): void {
    this.#t = t;
    for (const slider of sliders) {
      slider.value = String(t);
      tell(`${slider.id}-value`, String(t));
    }
    this.#showSoon();
  }

  #showSoon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#showReadings();
      this.#showPictures();
    });
  }

  #showReadings(): void {
    const t = this.#t;
    const { alphaBar, snr, coefX0, coefXt, variance } = levelOf(this.#tables, t);
    tell("alpha-bar", figures(alphaBar));
    tell("snr", figures(snr));
    tell("signal", figures(Math.sqrt(alphaBar)));
    tell("spread", figures(Math.sqrt(1 - alphaBar)));
    tell("coef-x0", figures(coefX0));
    tell("coef-xt", figures(coefXt));
    tell("variance", figures(variance));
    tell("weight-t", String(t));
    tell("weight", t === 1 ? "none: L_0" : figures(this.#tables.boundWeight[t - 1]!));
  }

  #showPictures(): void {
    if (!this.#subject) return;
    const { x0 } = this.#subject;
    const level = levelOf(this.#tables, this.#t);
    const xt = noised(x0, noise, level);
    const mean = posteriorMean(x0, xt, level);
    const deviation = Math.sqrt(level.variance);
    const previous = mean.map((value, i) => value + deviation * stepNoise[i]!);
    paint(canvas("xt"), xt);
    paint(canvas("mean"), mean);
    paint(canvas("previous"), previous);
    if (this.#t === 1) {
      tell("bayes-host", "–");
      tell(
        "bayes-words",
        "At t = 1 the posterior is a point, the image itself. The densities are those of t = 2.",
      );
    } else {
      const error = bayesError(x0, xt, { previous, level });
      tell("bayes-host", error.toExponential(1).replaceAll("-", "−"));
      tell("bayes-words", "of one pixel of the earlier picture; heights scaled to 1");
    }
    const shown = this.#t === 1 ? levelOf(this.#tables, 2) : level;
    const x = noised(x0, noise, shown)[SHOWN_PIXEL]!;
    const curves = bayesCurves(x0[SHOWN_PIXEL]!, x, shown);
    this.#bayes.show(curves.xs, curves.prior, curves.likelihood, curves.posterior);
  }

  #showWeights(): void {
    const { ts, small, large, simple } = weightsOf(this.#tables);
    this.#weights.show(ts, small, large, simple);
    tell("weight-first", figures(small[0]!));
    tell("weight-last", figures(small.at(-1)!));
  }
}
