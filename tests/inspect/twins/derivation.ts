// Twin of src/inspect/cases/derivation.ts.
import { WALK_IMAGES, WALK_STEP } from "../../../src/inspect/cases/derivation.ts";
import { DERIVATION_SUMS } from "../../../src/kernels/derivation.ts";
import { squaresBound, squaresOf, walkOne } from "../../reference/derivation.ts";
import { mapArray, ndarray } from "../../reference/ndarray.ts";
import type { Twin, Twins } from "./twin.ts";

const step: Twin = ({ x0, previous, z, xt, output }) => {
  const walked = (f: (x: number) => number) =>
    mapArray(previous!, (x, i) => walkOne(WALK_STEP.beta, f(x), f(z!.data[i]!)));
  const shape = [1, WALK_IMAGES[0], DERIVATION_SUMS.length];
  const [expected, bound] = [ndarray(shape), ndarray(shape)];
  const size = x0!.data.length / WALK_IMAGES[0];
  x0!.data.forEach((clean, i) => {
    const pixel = {
      x0: clean,
      previous: previous!.data[i]!,
      xt: xt!.data[i]!,
      output: output!.data[i]!,
    };
    const [squares, allowed] = [squaresOf(WALK_STEP, pixel), squaresBound(WALK_STEP, pixel)];
    for (const [k, name] of DERIVATION_SUMS.entries()) {
      const at = DERIVATION_SUMS.length * Math.floor(i / size) + k;
      expected.data[at]! += squares[name];
      bound.data[at]! += allowed[name];
    }
  });
  return {
    next: { expected: walked((x) => x), bound: walked(Math.abs) },
    results: { expected, bound },
  };
};

export const derivationTwins: Twins = { "a step and its squares": step };
