// What launchers choose their variants by.

/** By what is to be computed: the name of the candidate that computes it. Plain data, see Graph.choose. */
export type Choices = Readonly<Record<string, string>>;

/**
 * Kernels that only a tuning may choose. Launchers alone know what is in it (src/kernels/offered.ts): a page
 * carries them where it opens a device with them, or tunes.
 */
export interface Offered {
  /** what multiplies, in words */
  readonly described: string;
}

/** What launchers choose their variants by. */
export interface Target {
  /** lanes of a subgroup where the size is known and subgroups may be used; else 0 */
  readonly subgroupSize: number;
  /** the software adapters, on which a load costs as much as 30 multiply-adds */
  readonly software: "swiftshader" | "llvmpipe" | undefined;
  /** a GPU, where a workgroup's tiles in its memory pay: they lose on a software adapter */
  readonly tiles?: boolean;
  /** kernels on tiles normalise what they read, and sum what they write for the next norm; off for comparing them */
  readonly fuses?: boolean;
  /** asked for, and there: candidates of matrix products and convolutions */
  readonly matrixUnits?: Offered;
  /** convolutions by Winograd's products, for GPUs */
  readonly winograd?: Offered | undefined;
  /** what a tuning found fastest here; default: each launcher's first candidate */
  readonly choices?: Choices;
  /** families that must use the variants of PLAIN_TARGET: their own were wrong in a self-test */
  readonly plain?: ReadonlySet<string>;
}

/** A target that every device meets: no features, no assumptions. */
export const PLAIN_TARGET: Target = { subgroupSize: 0, software: undefined };
