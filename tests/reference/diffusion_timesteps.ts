// Timesteps by importance in float64: the twin of diffusion_timesteps.wgsl, as a class that keeps
// what the GPU keeps.
//
//   w_t = √(mean of the last ten l²)       p_t = 0.999 · w_t / Σ w + 0.001 / T
//   until every timestep has ten losses, p_t = 1 / T
import { mulHigh, philox } from "../../src/core/philox.ts";
import { STREAMS } from "../../src/kernels/diffusion.ts";

const KEPT = 10;
const UNIFORM_PART = 0.001;

export class ImportanceTwin {
  /** every loss of every timestep, oldest first */
  readonly losses: number[][];

  constructor(steps: number) {
    this.losses = Array.from({ length: steps }, () => []);
  }

  keep(timesteps: ArrayLike<number>, losses: ArrayLike<number>): void {
    for (let n = 0; n < timesteps.length; n++) this.losses[timesteps[n]!]!.push(losses[n]!);
  }

  /** w_t; undefined until every timestep has ten losses. */
  weights(): number[] | undefined {
    if (this.losses.some(({ length }) => length < KEPT)) return undefined;
    return this.losses.map((all) => {
      const squares = all.slice(-KEPT).map((loss) => loss ** 2);
      return Math.sqrt(squares.reduce((a, b) => a + b) / KEPT);
    });
  }

  /** p_t */
  probabilities(): number[] {
    const T = this.losses.length;
    const weights = this.weights() ?? this.losses.map(() => 1);
    const total = weights.reduce((a, b) => a + b);
    return weights.map((w) => ((1 - UNIFORM_PART) * w) / total + UNIFORM_PART / T);
  }

  /** The timestep of image m of a step, of Philox' words. */
  draw(m: number, step: number, key: readonly [number, number]): number {
    const T = this.losses.length;
    const weights = this.weights();
    if (!weights) {
      return mulHigh(philox([Math.floor(m / 4), STREAMS.timestep, step, 0], key)[m % 4]!, T);
    }
    const [coin, word] = philox([m, STREAMS.importance, step, 0], key);
    if ((coin! >>> 8) * 2 ** -24 < UNIFORM_PART) return mulHigh(word!, T);
    const target = (word! >>> 8) * 2 ** -24 * weights.reduce((a, b) => a + b);
    let sum = 0;
    const t = weights.findIndex((w) => {
      sum += w;
      return sum > target;
    });
    return t < 0 ? T - 1 : t;
  }
}
