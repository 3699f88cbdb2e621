// Twins of the reverse step's cases in src/inspect/cases/diffusion.ts.
import { PLACE, REVERSE_ROWS } from "../../../src/inspect/cases/diffusion.ts";
import { initialState, STATE_SHAPE, STREAMS } from "../../../src/kernels/diffusion.ts";
import { BLEND_STREAMS } from "../../../src/kernels/reverse_step.ts";
import type { PlanRow } from "../../../src/samplers/plan.ts";
import { type NdArray, ndarray } from "../../reference/ndarray.ts";
import { blend, type ReverseStepInput, reverseStep } from "../../reference/reverse_step.ts";
import { hostNormals } from "./diffusion.ts";
import { type Inputs, NORMALS_BOUND, oneTerm, type Twin, type Twins } from "./twin.ts";

const SIGNED = [
  ...(["x0FromX", "x0FromOutput", "epsFromX", "epsFromOutput", "epsOfX", "epsOfX0"] as const),
  ...(["a", "b", "c", "d"] as const),
];

export function planRow(step: number): PlanRow {
  const { logVarianceMin, logVarianceMax, ...row } = REVERSE_ROWS[step]!;
  const learned =
    logVarianceMin === undefined || logVarianceMax === undefined
      ? {}
      : { logVarianceMin, logVarianceMax };
  return { timestep: 0, alphaBar: 0, alphaBarNext: 0, ...row, ...learned }; // the first three say, and do, nothing
}

/** The output's halves apart, each image's part behind the other's. */
function stepInput({ x, x0Previous, output }: Inputs, step: number): ReverseStepInput {
  const N = x!.shape[0]!;
  const size = x!.data.length / N;
  const stride = output!.data.length / N;
  const half = (which: number) =>
    x!.data.map((_, i) => {
      return output!.data[Math.floor(i / size) * stride + which * size + (i % size)]!;
    });
  return {
    x: x!.data,
    x0HatPrevious: x0Previous!.data,
    output: half(0),
    varianceOutput: stride > size ? half(1) : undefined,
    noise: hostNormals(x!.shape, { stream: STREAMS.reverseStep, at: step }).data,
  };
}

/** Σ|terms| of x' and x̂_0: the twin on absolute values, and the noise's own error. */
function boundOf(row: PlanRow, { x, output, varianceOutput, ...rest }: ReverseStepInput) {
  const loud: PlanRow = { ...row, clip: Number.POSITIVE_INFINITY };
  for (const name of SIGNED) loud[name] = Math.abs(row[name]);
  const range = Math.max(Math.abs(row.logVarianceMin ?? 0), Math.abs(row.logVarianceMax ?? 0));
  const noise = rest.noise?.map((z, i) => {
    const exponent = range * (1 + Math.abs(varianceOutput?.[i] ?? 0)); // eᵃ moves by a's error
    return Math.abs(z) * (1 + exponent) + NORMALS_BOUND;
  });
  return reverseStep(loud, {
    x: x.map(Math.abs),
    output: output.map(Math.abs),
    varianceOutput,
    x0HatPrevious: rest.x0HatPrevious?.map(Math.abs),
    noise,
  });
}

const reverseStepTwin =
  (step: number): Twin =>
  (inputs) => {
    const row = planRow(step);
    const input = stepInput(inputs, step);
    const exact = reverseStep(row, input);
    const bound = boundOf(row, input);
    const array = (data: Float64Array): NdArray => ndarray(inputs.x!.shape, data);
    const state = initialState(PLACE.seed, { ...PLACE, step: step + 1 });
    return {
      x: { expected: array(exact.x), bound: array(bound.x) },
      x0Hat: { expected: array(exact.x0Hat), bound: array(bound.x0Hat) },
      state: { expected: ndarray(STATE_SHAPE, state), bound: ndarray(STATE_SHAPE) },
    };
  };

/** Guidance and inpainting by row 2, and that row of a table. */
const guidedTwin: Twin = ({ x, x0Previous, output, known, mask, table }) => {
  const row = planRow(2);
  const shape = known!.shape;
  const half = ({ data }: NdArray, which: number) =>
    data.slice((which * data.length) / 2, ((which + 1) * data.length) / 2);
  const drawn = (stream: number) => hostNormals(shape, { stream, at: 2 }).data;
  const input: ReverseStepInput = {
    x: half(x!, 0),
    x0HatPrevious: x0Previous!.data,
    output: half(output!, 0),
    unconditional: half(output!, 1),
    noise: drawn(STREAMS.reverseStep),
  };
  const exact = reverseStep(row, input);
  const next = blend(row, {
    x: exact.x,
    known: known!.data,
    mask: mask!.data,
    noise: drawn(BLEND_STREAMS.known),
    again: drawn(BLEND_STREAMS.again),
  });
  const [width, unit] = [table!.shape[1]!, 64]; // Σ|terms|: coefficients up to 2.5 of numbers up to 6
  const chosen = table!.data.slice(2 * width, 3 * width);
  const within = (extents: readonly number[], data: ArrayLike<number>, bound: number) => ({
    expected: ndarray(extents, data),
    bound: ndarray(extents, new Float64Array(data.length).fill(bound)),
  });
  return {
    x: within(x!.shape, [...next, ...next], unit),
    x0Hat: within(shape, exact.x0Hat, unit),
    row: oneTerm(ndarray([3, width], [...chosen, ...chosen, ...chosen])),
  };
};

export const reverseStepTwins: Twins = {
  plain: reverseStepTwin(0),
  "clipped, with a learned variance": reverseStepTwin(1),
  "guided, inpainting": guidedTwin,
};
