import type {
  ReplacedTime,
  ReplacementSource,
  SelfTestResult,
  StepReport,
} from "../../src/inspect.ts";
import type { Adapter } from "../shared/words.ts";

// What the page asks its worker, and what it is answered. Types alone, no code.

/** A compiler's complaint, at a place in the file. */
export interface Complaint {
  line: number;
  column: number;
  message: string;
}

/** What became of a changed source. */
export interface Checked {
  complaints: Complaint[];
  /** why it is not used; absent where it is right */
  refused?: string;
  selfTest: SelfTestResult[];
  /** null where the adapter has no timestamps, or the source is wrong */
  times: ReplacedTime[] | null;
}

export interface ProfiledStep {
  report: Omit<StepReport, "graph">;
  /** as SVG */
  roofline: string;
  /** as SVG */
  memory: string;
  /** as JSON, for Perfetto */
  trace: string;
}

export interface Asks {
  open: { ask: Record<string, never>; answer: Adapter };
  /** a shader, or all of them */
  test: { ask: { shader?: string }; answer: SelfTestResult[] };
  profile: { ask: { runs: number; batch: number }; answer: ProfiledStep };
  check: { ask: { source: ReplacementSource; runs: number; batch: number }; answer: Checked };
  /** profiles from now on run the source that was last found right */
  use: { ask: { source: ReplacementSource }; answer: null };
  revert: { ask: { shader: string }; answer: null };
}

export type Question = {
  [K in keyof Asks]: { id: number; type: K; ask: Asks[K]["ask"] };
}[keyof Asks];

export type Reply =
  | { id: number; answer: Asks[keyof Asks]["answer"] }
  | { id: number; failed: { code: string; message: string } }
  | { lost: true };
