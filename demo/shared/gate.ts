// A gate in a loop: whoever awaits it goes through at once, or when it is opened again.

export class Gate {
  #opened: Promise<void> | undefined;
  #open: () => void = () => {};

  get isShut(): boolean {
    return this.#opened !== undefined;
  }

  shut(): void {
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open();
    this.#opened = undefined;
  }

  async passed(): Promise<void> {
    await this.#opened;
  }
}
