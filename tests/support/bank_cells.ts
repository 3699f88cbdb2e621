// A memory plan tried out: every dispatch writes its name into its tensors' bytes, and checks what it reads.
import { expect } from "vitest";
import type { Dispatch } from "../../src/graph/graph.ts";
import type { Plan } from "../../src/graph/plan.ts";
import { ALIGNMENT, bytesOf, type Tensor } from "../../src/graph/tensor.ts";

/** Cells are as large as the plan's alignment. */
const cellCount = (tensor: Tensor): number => Math.ceil(bytesOf(tensor) / ALIGNMENT);

/** What a tensor without a place holds, cell by cell: of a joined one, what was last written to its parts. */
export class Written {
  readonly #by = new Map<Tensor, string>();

  set(tensor: Tensor, name: string): void {
    this.#by.delete(tensor); // so that the last written comes last
    this.#by.set(tensor, name);
  }

  /** Names, one a cell. */
  of(tensor: Tensor): string[] {
    const whole = tensor.part && this.#by.get(tensor.part.of);
    const own = this.#by.get(tensor) ?? whole;
    if (own !== undefined) return new Array<string>(cellCount(tensor)).fill(own);
    const parts = [...this.#by.keys()].filter(({ part }) => part?.of === tensor);
    const last = (offset: number) => parts.findLast(({ part }) => part!.offset === offset);
    const offsets = [...new Set(parts.map(({ part }) => part!.offset))].sort((a, b) => a - b);
    return offsets.flatMap((offset) => this.of(last(offset)!));
  }
}

/** Whether on a plan's bytes every dispatch reads what was written last. */
export function expectUnspoilt(dispatches: readonly Dispatch[], plan: Plan): void {
  const banks = plan.banks.map((bytes) => new Array<string>(bytes / ALIGNMENT));
  const written = new Written();
  for (const [index, { label, tensors }] of dispatches.entries()) {
    const cellsOf = (tensor: Tensor) => {
      const { bank, offset } = plan.places.get(tensor)!;
      const start = offset / ALIGNMENT;
      return { cells: banks[bank]!, start, end: start + cellCount(tensor) };
    };
    for (const { tensor } of tensors.filter(({ writes }) => !writes)) {
      const { cells, start, end } = cellsOf(tensor);
      expect(cells.slice(start, end), `${label} reads ${tensor.label}`).toEqual(written.of(tensor));
    }
    for (const { tensor } of tensors.filter(({ writes }) => writes)) {
      const { cells, start, end } = cellsOf(tensor);
      written.set(tensor, `${tensor.label} by ${index}`);
      cells.fill(`${tensor.label} by ${index}`, start, end);
    }
  }
}
