// The golden bound: tests/fixtures/bound, whose index.json says how each number was made.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fixtures } from "../support/model_folder.ts";

export interface GoldenTerms {
  timestep: number;
  bitsPerDim: number[];
}

export interface GoldenNetwork {
  name: string;
  file: string;
  model: string;
  prior: number[];
  terms: GoldenTerms[];
  terms_without_clipping: GoldenTerms[];
}

export interface GoldenAnalytic {
  name: string;
  variance_type: "fixed_small" | "fixed_large" | "learned_range";
  clip_denoised: boolean;
  /** [T][N] */
  terms: number[][];
  prior: number[];
}

export interface GoldenDerivation {
  name: "t8" | "t50";
  T: number;
  betas: number[];
  s: number;
  variance_type: "fixed_small";
  dimensions: number;
  log_p_xT: number;
  log_p_step: number[];
  log_q_step: number[];
  log_q_posterior: (number | null)[];
  log_q_xt_given_x0: number[];
  kl_posterior: (number | null)[];
  kl_xT: number;
  lines: Record<"17" | "18" | "19" | "20" | "21" | "22", number>;
}

interface Index {
  network: { cases: GoldenNetwork[] };
  analytic: {
    s: number;
    num_train_timesteps: number;
    beta_start: number;
    beta_end: number;
    cases: GoldenAnalytic[];
  };
  derivation: { cases: GoldenDerivation[] };
}

export const golden: Index = JSON.parse(readFileSync(join(fixtures, "bound/index.json"), "utf8"));
