// Twins of src/inspect/cases/adamw.ts.
import { CLIP, LOSSES, OPTIMISER, SCALE, STEP } from "../../../src/inspect/cases/adamw.ts";
import { STATE } from "../../../src/kernels/diffusion.ts";
import { type AdamWState, adamwStep, gradientNorm } from "../../reference/adamw.ts";
import { absolute, mapArray, type NdArray, ndarray } from "../../reference/ndarray.ts";
import { type Expected, type Inputs, oneTerm, type Twins } from "./twin.ts";

const S = STEP + 1; // the twin counts from 1
const { learningRate: lr, ...rest } = OPTIMISER;
const OPTIONS = { ...rest, lr, clip: CLIP };

/** Ten roundings a step, where the other families' bounds count eight. */
const ROUNDINGS = 10 / 8;

function stepped({ parameters, expAvg, expAvgSq, ema }: Inputs, gradients: NdArray) {
  const tensor = { parameter: parameters!, expAvg: expAvg!, expAvgSq: expAvgSq!, ema: ema! };
  const state: AdamWState = { flat: tensor };
  return adamwStep(state, { flat: gradients }, S, OPTIONS).state.flat!;
}

/** The update is measured with m's terms without their signs: where they cancel, roundings stay. */
function boundsOf(inputs: Inputs) {
  const exact = stepped(inputs, inputs.gradients!);
  const loud = { ...inputs, expAvg: absolute(inputs.expAvg!) };
  const { expAvg } = stepped(loud, absolute(inputs.gradients!));
  const [beta1, beta2] = OPTIMISER.betas;
  const parameters = mapArray(exact.parameter, (w, i) => {
    const root = Math.sqrt(exact.expAvgSq.data[i]! / (1 - beta2 ** S)) + OPTIMISER.eps;
    return Math.abs(w) + ((lr / (1 - beta1 ** S)) * expAvg.data[i]!) / root;
  });
  const ema = mapArray(exact.ema, (value, i) => Math.abs(value) + parameters.data[i]!);
  return { parameters, expAvg, expAvgSq: exact.expAvgSq, ema };
}

/** The gradients of the loss, not of SCALE times it. */
const unscaled = (gradients: NdArray) => mapArray(gradients, (value) => value / SCALE);

const scaled = (x: NdArray) => mapArray(x, (value) => ROUNDINGS * value);

/** Row STEP of a history of zeros; its first number is the step's bits, as a float next to 0. */
function historyOf({ history, gradients }: Inputs, factor: number): Expected {
  const norm = gradientNorm({ gradients: unscaled(gradients!) });
  const loss = LOSSES.reduce((sum, value) => sum + value, 0) / LOSSES.length;
  const expected = ndarray(history!.shape);
  expected.data.set([0, loss, norm, SCALE * factor, SCALE], 5 * (STEP % history!.shape[0]!));
  return oneTerm(expected);
}

const stateAfter = (state: NdArray, skipped: number): Expected => ({
  expected: mapArray(state, (word, i) => (i === STATE.skipped ? word + skipped : word)),
  bound: ndarray(state.shape),
});

const numbers = (...values: number[]) => oneTerm(ndarray([values.length], values));

export const adamwTwins: Twins = {
  "one step": (given) => {
    const gradients = unscaled(given.gradients!);
    const inputs: Inputs = { ...given, gradients };
    const exact = stepped(inputs, gradients);
    const bounds = boundsOf(inputs);
    const factor = CLIP / (gradientNorm({ gradients }) + 1e-6) / SCALE;
    return {
      parameters: { expected: exact.parameter, bound: scaled(bounds.parameters) },
      expAvg: { expected: exact.expAvg, bound: scaled(bounds.expAvg) },
      expAvgSq: { expected: exact.expAvgSq, bound: scaled(bounds.expAvgSq) },
      ema: { expected: exact.ema, bound: scaled(bounds.ema) },
      factor: numbers(factor),
      state: stateAfter(inputs.state!, 0),
      lossScale: numbers(2 * SCALE, 0),
      history: historyOf(given, factor),
    };
  },
  "no average": (given) => {
    const inputs: Inputs = {
      ...given,
      ema: given.parameters!,
      gradients: unscaled(given.gradients!),
    };
    const exact = stepped(inputs, inputs.gradients!);
    const bounds = boundsOf(inputs);
    return {
      parameters: { expected: exact.parameter, bound: scaled(bounds.parameters) },
      expAvg: { expected: exact.expAvg, bound: scaled(bounds.expAvg) },
      expAvgSq: { expected: exact.expAvgSq, bound: scaled(bounds.expAvgSq) },
    };
  },
  "an infinite gradient": ({ parameters, expAvg, expAvgSq, ema, state }) => {
    return {
      parameters: oneTerm(parameters!),
      expAvg: oneTerm(expAvg!),
      expAvgSq: oneTerm(expAvgSq!),
      ema: oneTerm(ema!),
      factor: numbers(0),
      state: stateAfter(state!, 1),
      lossScale: numbers(SCALE / 2, 0),
    };
  },
};
