// Twins of the cases in src/inspect/cases/steering.ts.
import { PICTURED, STEERED } from "../../../src/inspect/cases/steering.ts";
import { pictureOf } from "../../../src/kernels/view.ts";
import { type NdArray, ndarray } from "../../reference/ndarray.ts";
import { chain, type SteerInput } from "../../reference/steer.ts";
import { picture } from "../../reference/view.ts";
import { planRow } from "./reverse_step.ts";
import type { Twin, Twins } from "./twin.ts";

const half = (values: Float64Array, which: number) =>
  values.slice((which * values.length) / 2, ((which + 1) * values.length) / 2);

/** Each image's first channels apart. */
function firstHalves({ shape, data }: NdArray): Float64Array {
  const size = data.length / shape[0]!;
  return data.filter((_, i) => i % size < size / 2);
}

const steerTwin: Twin = ({ sample, output, goal, dsample, x }) => {
  const row = planRow(STEERED.step);
  const outputs = firstHalves(output!);
  const input: SteerInput = {
    x: half(sample!.data, 0),
    conditional: half(outputs, 0),
    unconditional: half(outputs, 1),
  };
  const gradients = chain(row, input, (x0Hat) => x0Hat.map((value, i) => value - goal!.data[i]!));
  const { direct } = gradients;
  const size = direct.length / goal!.shape[0]!;
  const both = [...gradients.conditional, ...gradients.unconditional];
  const doutput = output!.data.map((_, i) => {
    const [n, element] = [Math.floor(i / (2 * size)), i % (2 * size)];
    return element < size ? both[n * size + element]! : 0; // of a variance
  });
  const [one, other] = [half(dsample!.data, 0), half(dsample!.data, 1)];
  const down = direct.map((value, i) => value + one[i]! + other[i]!);
  const next = half(x!.data, 0).map((value, i) => value - STEERED.strength * down[i]!);
  const unit = 64; // Σ|terms| of numbers up to 6: coefficients up to 2.5, two products deep
  const within = (shape: readonly number[], data: ArrayLike<number>) => ({
    expected: ndarray(shape, data),
    bound: ndarray(shape, new Float64Array(data.length).fill(unit)),
  });
  return {
    direct: within(goal!.shape, direct),
    doutput: within(output!.shape, doutput),
    x: within(x!.shape, [...next, ...next]),
  };
};

export const steerTwins: Twins = { "guided, with a variance": steerTwin };

const pictureTwin: Twin = ({ images }) => {
  const { height, stride } = pictureOf(PICTURED.shape);
  const pixels = picture(images!, { scale: PICTURED.scale, stride });
  const shape = [height, stride];
  return { pixels: { expected: ndarray(shape, pixels), bound: ndarray(shape) } };
};

export const viewTwins: Twins = { colours: pictureTwin };
