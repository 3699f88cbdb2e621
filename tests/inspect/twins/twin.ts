// What the twin of a self-test case is: from its inputs, in float64, to what each output must be.
import { absolute, type NdArray } from "../../reference/ndarray.ts";

export type Inputs = Readonly<Record<string, NdArray>>;

export interface Expected {
  expected: NdArray;
  /** Σ|terms| of every element, as in the tests of the kernels; 0 for whole numbers */
  bound: NdArray;
}

/** By output. */
export type Twin = (inputs: Inputs) => Record<string, Expected>;

/** By the names of a family's cases. */
export type Twins = Readonly<Record<string, Twin>>;

/** The agreed error of a random normal number, 1e-6, as a term of Σ|terms|. */
export const NORMALS_BOUND = 1e-6 / (8 * 2 ** -24);

/** A result that is one term, and rounded as often as any: |x|. */
export const oneTerm = (expected: NdArray): Expected => ({ expected, bound: absolute(expected) });
