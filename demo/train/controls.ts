// The form: the seed, one button that starts, pauses and goes on, one that stops; and the status.
//
// It keeps the phase, and nothing of what is trained. Buttons that do nothing just now are
// aria-disabled, not disabled: the keyboard's focus stays on them.
import { element } from "../shared/elements.ts";
import type { ToWorker } from "./messages.ts";

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

export class Controls {
  readonly #form = element("run", HTMLFormElement);
  readonly #seed = element("seed", HTMLInputElement);
  readonly #start = element("start", HTMLButtonElement);
  readonly #stop = element("stop", HTMLButtonElement);
  readonly #status = element("status", HTMLElement);
  #phase: Phase = "opening";

  /** @param tell  what is to be done: `start` has the seed alone */
  constructor(tell: (message: ToWorker) => void) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const message = this.#next();
      if (message) tell(message);
    });
    this.#stop.addEventListener("click", () => {
      if (!STOPPABLE.includes(this.#phase)) return;
      this.enter("stopping", "Stopping.");
      tell({ type: "stop" });
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
  #next(): ToWorker | undefined {
    switch (this.#phase) {
      case "ready":
        this.enter("preparing", "Compiling the shaders.");
        return { type: "start", request: { seed: this.#seed.valueAsNumber } };
      case "training":
        this.enter("paused", "Pausing.");
        return { type: "pause" };
      case "paused":
        this.enter("training", "Training.");
        return { type: "resume" };
      default:
        return undefined;
    }
  }
}
