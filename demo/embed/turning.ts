// How the carousel turns: by itself, by dragging, by the arrow keys.

const DRAG = 0.006; // radians a pixel
const KEY = (2 * Math.PI) / 10 / 4; // a quarter of a picture

export class Turning {
  readonly #perMs: number;
  #angle = 0;
  #last: number | undefined;
  #isHeld = false;

  /** @param perMs  radians it turns by itself; 0: it stands still */
  constructor(canvas: HTMLCanvasElement, perMs: number) {
    this.#perMs = perMs;
    canvas.addEventListener("pointerdown", ({ pointerId }) => {
      canvas.setPointerCapture(pointerId);
      this.#isHeld = true;
    });
    canvas.addEventListener("pointermove", ({ movementX }) => {
      if (this.#isHeld) this.#angle += DRAG * movementX;
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        this.#isHeld = false;
      });
    }
    canvas.addEventListener("keydown", (event) => {
      const turn = { ArrowLeft: -KEY, ArrowRight: KEY }[event.key];
      if (turn === undefined) return;
      event.preventDefault();
      this.#angle += turn;
    });
  }

  /** The angle at a time, ms; it goes on by itself unless it is held or the page is paused. */
  at(now: number, isPaused: boolean): number {
    const passed = now - (this.#last ?? now);
    this.#last = now;
    if (!this.#isHeld && !isPaused) this.#angle += this.#perMs * Math.min(passed, 100);
    return this.#angle;
  }
}
