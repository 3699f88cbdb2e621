// PyTorch's CPU random numbers by seed, so that a PyTorch run can be repeated here.
//
// `new TorchGenerator(seed)` is torch.Generator("cpu").manual_seed(seed): calls made in PyTorch's
// order give PyTorch's numbers. Uniforms and integers are bit for bit the same. Normals are within
// 2e-6: PyTorch itself has two ways to them from 16 values on (vector and scalar), which differ as
// much.
//
// Our own noise does not come from here but from ./philox.ts: this generator has a state, and an
// order.
import { OptionError } from "./errors.ts";
import { type Shape, sizeOf } from "./shape.ts";

const STATE_WORDS = 624;
const SHIFT_WORDS = 397;

/** MT19937 [Matsumoto & Nishimura 1998], seeded as in PyTorch (ATen/core/MT19937RNGEngine.h). */
class MersenneTwister {
  readonly #state = new Uint32Array(STATE_WORDS);
  #next = STATE_WORDS;

  constructor(seed: number) {
    this.#state[0] = seed;
    for (let i = 1; i < STATE_WORDS; i++) {
      const previous = this.#state[i - 1]!;
      this.#state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

  /** The next 32 bits. */
  word(): number {
    if (this.#next === STATE_WORDS) this.#twist();
    let y = this.#state[this.#next++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #twist(): void {
    const s = this.#state;
    for (let i = 0; i < STATE_WORDS; i++) {
      const y = (s[i]! & 0x80000000) | (s[(i + 1) % STATE_WORDS]! & 0x7fffffff);
      s[i] = s[(i + SHIFT_WORDS) % STATE_WORDS]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}

const f32 = Math.fround;
const VECTOR_FROM = 16; // values from which PyTorch fills float normals in blocks of 16
const WIDE_FROM = 2 ** 28; // ranges from which randint takes 64 bits

/** torch.Generator on the CPU. Each call moves it on as the PyTorch call of that name does. */
export class TorchGenerator {
  readonly #bits: MersenneTwister;
  #spare: number | undefined; // the second normal of a scalar pair, kept from call to call

  /**
   * @param seed  any exact integer; PyTorch keeps its low 32 bits, so seeds count modulo 2³²
   * @throws OptionError for fractions, NaN, and numbers beyond ±(2⁵³ − 1)
   */
  constructor(seed: number | bigint) {
    if (typeof seed !== "bigint" && !Number.isSafeInteger(seed)) {
      throw new OptionError(
        "option/seed",
        `TorchGenerator: seed must be an exact integer, got ${String(seed)}.`,
        "For integers beyond 2^53 − 1 pass a bigint.",
      );
    }
    this.#bits = new MersenneTwister(Number(BigInt.asUintN(32, BigInt(seed))));
  }

  /** torch.rand(count): uniform in [0, 1), multiples of 2⁻²⁴. float32 [count], bit for bit. */
  rand(count: number): Float32Array {
    requireCount("rand", count);
    return Float32Array.from({ length: count }, () => this.#uniform24());
  }

  /**
   * torch.randn(count): standard normals, float32 [count], within 2e-6 of PyTorch's.
   *
   * @see aten/src/ATen/native/cpu/DistributionTemplates.h, `normal_fill` and `normal_distribution`
   */
  randn(count: number): Float32Array {
    requireCount("randn", count);
    if (count < VECTOR_FROM) {
      return Float32Array.from({ length: count }, () => this.#scalarNormal());
    }
    const values = this.rand(count);
    for (let i = 0; i + 16 <= count; i += 16) normalsInPlace(values.subarray(i, i + 16));
    if (count % 16 !== 0) {
      const tail = values.subarray(count - 16); // the last 16 are drawn afresh, some a second time
      tail.set(this.rand(16));
      normalsInPlace(tail);
    }
    return values;
  }

  /**
   * torch.randint(low, high, (count,)): integers in low … high − 1, bit for bit.
   *
   * @throws OptionError unless low < high are exact integers
   */
  randint(low: number, high: number, count: number): number[] {
    requireCount("randint", count);
    const range = high - low;
    if (![low, high, range].every(Number.isSafeInteger) || range < 1) {
      throw new OptionError(
        "option/random",
        `randint: low and high must be integers with low < high, got ${low} and ${high}.`,
        "The upper end is exclusive.",
      );
    }
    return Array.from({ length: count }, () => low + this.#below(range));
  }

  /** torch.randperm(n): a permutation of 0 … n − 1, bit for bit, n < 2³². */
  randperm(n: number): number[] {
    requireCount("randperm", n);
    const order = Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < n - 1; i++) {
      const j = i + (this.#bits.word() % (n - i));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  #uniform24(): number {
    return (this.#bits.word() & 0xffffff) * 2 ** -24;
  }

  /** 53 bits of two words, the first one high. */
  #uniform53(): number {
    const high = this.#bits.word() & 0x1fffff;
    return (high * 2 ** 32 + this.#bits.word()) * 2 ** -53;
  }

  #below(range: number): number {
    if (range < WIDE_FROM) return this.#bits.word() % range;
    const high = BigInt(this.#bits.word()) << 32n;
    return Number((high | BigInt(this.#bits.word())) % BigInt(range));
  }

  #scalarNormal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    const angle = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/**
 * torch.manual_seed(seed); torch.randn(shape), row-major.
 *
 * @param shape  extents, any rank
 * @returns      float32 [product of the extents], within 2e-6 of PyTorch's on any processor
 * @throws OptionError for a seed that is no exact integer, or extents that are no counts
 */
export const torchRandn = (seed: number | bigint, shape: Shape): Float32Array =>
  new TorchGenerator(seed).randn(sizeOf(shape));

/** Box-Muller on 16 uniforms, in float32 as PyTorch's scalar path: j and j + 8 are partners. */
function normalsInPlace(values: Float32Array): void {
  for (let j = 0; j < 8; j++) {
    const radius = f32(Math.sqrt(f32(-2 * f32(Math.log(f32(1 - values[j]!))))));
    const angle = f32(2 * Math.PI * values[j + 8]!);
    values[j] = radius * f32(Math.cos(angle));
    values[j + 8] = radius * f32(Math.sin(angle));
  }
}

function requireCount(operation: string, count: number): void {
  if (Number.isInteger(count) && count >= 0 && count < 2 ** 32) return;
  throw new OptionError(
    "option/random",
    `${operation}: the count must be an integer in 0 … 2^32 − 1, got ${count}.`,
    "Count elements, not bytes.",
  );
}
