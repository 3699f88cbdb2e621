// The form: the seed, one button that starts, pauses and goes on, one that stops; and the status.
//
// It keeps the phase, and nothing of what is trained. Buttons that do nothing just now are
// aria-disabled, not disabled: the keyboard's focus stays on them.
import { element } from "../shared/elements.ts";

export type Phase =
  | "opening"
  | "ready"
  | "preparing"
  | "training"
  | "paused"
  | "stopping"
  | "unavailable";

const LABELS: Partial<Record<Phase, string>> = { training: "Pause", paused: "Continue" };
const ACTIVE: readonly Phase[] = ["ready", "training", "paused"]; // the first button does something
const STOPPABLE: readonly Phase[] = ["preparing", "training", "paused"];

/** What the buttons ask for. */
export interface Wishes {
  start(seed: number): void;
  pause(): void;
  resume(): void;
  stop(): void;
}

export class Controls {
  readonly #wishes: Wishes;
  readonly #form = element("run", HTMLFormElement);
  readonly #seed = element("seed", HTMLInputElement);
  readonly #start = element("start", HTMLButtonElement);
  readonly #stop = element("stop", HTMLButtonElement);
  readonly #status = element("status", HTMLElement);
  #phase: Phase = "opening";

  constructor(wishes: Wishes) {
    this.#wishes = wishes;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#press();
    });
    this.#stop.addEventListener("click", () => {
      if (!STOPPABLE.includes(this.#phase)) return;
      this.enter("stopping", "Stopping.");
      wishes.stop();
    });
  }

  get phase(): Phase {
    return this.#phase;
  }

  enter(phase: Phase, words: string): void {
    this.#phase = phase;
    document.body.dataset.phase = phase;
    this.#status.textContent = words;
    this.#start.textContent = LABELS[phase] ?? "Start";
    this.#start.ariaDisabled = String(!ACTIVE.includes(phase));
    this.#stop.ariaDisabled = String(!STOPPABLE.includes(phase));
    this.#seed.disabled = phase !== "ready";
  }

  /** A pause that was asked for has come into force. */
  hold(): void {
    if (this.#phase === "paused") this.enter("paused", "Paused.");
  }

  /** The first button was pressed, or Enter in the seed's field. */
  #press(): void {
    switch (this.#phase) {
      case "ready":
        this.enter("preparing", "Compiling the shaders.");
        this.#wishes.start(this.#seed.valueAsNumber);
        break;
      case "training":
        this.enter("paused", "Pausing.");
        this.#wishes.pause();
        break;
      case "paused":
        this.enter("training", "Training.");
        this.#wishes.resume();
    }
  }
}
