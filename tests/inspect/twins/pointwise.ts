// Twins of src/inspect/cases/pointwise.ts.
import { SUM } from "../../../src/inspect/cases/pointwise.ts";
import {
  type Activation,
  activation,
  activationBackward,
  CURVES,
} from "../../reference/activation.ts";
import { concatChannels, concatChannelsBackward } from "../../reference/concat.ts";
import { addScale } from "../../reference/elementwise.ts";
import { embedding, embeddingBackward } from "../../reference/embedding.ts";
import { absolute, mapArray, type NdArray } from "../../reference/ndarray.ts";
import {
  averagePool2x2,
  averagePool2x2Backward,
  upsampleNearest2x,
  upsampleNearest2xBackward,
} from "../../reference/resample.ts";
import { type Inputs, oneTerm, type Twin, type Twins } from "./twin.ts";

/**
 * f(x) = x a(x), f'(x) = a + b. An exponential may be off by 3 + 2|x| ulp: that moves a by a part of
 * |b|, and b by (1 + |x|) |b|.
 */
function activationTwin(name: Activation): Twin {
  const { value, derivative } = CURVES[name];
  const terms = (v: number) => {
    const a = v === 0 ? derivative(0) : value(v) / v;
    return [Math.abs(a), Math.abs(derivative(v) - a)] as const;
  };
  return (inputs) => {
    const [x, dy] = [inputs.x!, inputs.dy!];
    const ofY = mapArray(x, (v) => Math.abs(v) * (terms(v)[0] + terms(v)[1]));
    const ofDx = mapArray(x, (v, i) => {
      const [a, b] = terms(v);
      return (a + b * (1 + Math.abs(v))) * Math.abs(dy.data[i]!);
    });
    return {
      y: { expected: activation(name, x), bound: ofY },
      dx: { expected: activationBackward(name, x, dy), bound: ofDx },
    };
  };
}

export const activationTwins: Twins = {
  none: activationTwin("none"),
  silu: activationTwin("silu"),
  mish: activationTwin("mish"),
  gelu: activationTwin("gelu"),
  relu: activationTwin("relu"),
};

function sumsOf({ a, b, factor }: Inputs): Record<"sum" | "affine" | "rows", NdArray> {
  const row = b!.data.length / factor!.data.length;
  return {
    sum: addScale(a!, b!, 1 / SUM.scale),
    affine: mapArray(a!, (value) => SUM.a * value + SUM.b),
    rows: mapArray(b!, (value, i) => factor!.data[Math.floor(i / row)]! * value),
  };
}

const elementwiseTwin: Twin = (inputs) => {
  const { sum, affine, rows } = sumsOf(inputs);
  const [a, b] = [absolute(inputs.a!), absolute(inputs.b!)];
  return {
    sum: { expected: sum, bound: addScale(a, b, 1 / SUM.scale) },
    affine: { expected: affine, bound: mapArray(a, (value) => -SUM.a * value + SUM.b) },
    rows: oneTerm(rows),
  };
};

export const elementwiseTwins: Twins = { "by fours": elementwiseTwin, odd: elementwiseTwin };

export const resampleTwins: Twins = {
  doubling: ({ x, dy }) => ({
    y: oneTerm(upsampleNearest2x(x!)),
    dx: {
      expected: upsampleNearest2xBackward(dy!),
      bound: upsampleNearest2xBackward(absolute(dy!)),
    },
  }),
  halving: ({ x, dy }) => ({
    y: { expected: averagePool2x2(x!), bound: averagePool2x2(absolute(x!)) },
    dx: oneTerm(averagePool2x2Backward(dy!, x!.shape)),
  }),
};

const concatTwin: Twin = ({ a, b, dy }) => {
  const { da, db } = concatChannelsBackward(dy!, a!.shape[1]!);
  return { y: oneTerm(concatChannels(a!, b!)), da: oneTerm(da), db: oneTerm(db) };
};

export const concatTwins: Twins = { odd: concatTwin };

export const embeddingTwins: Twins = {
  "rows taken twice, once and never": ({ table, indices, dy }) => {
    const rows = table!.shape[0]!;
    const dtable = embeddingBackward(dy!, indices!.data, rows);
    const bound = embeddingBackward(absolute(dy!), indices!.data, rows);
    return {
      y: oneTerm(embedding(table!, indices!.data)),
      dtable: { expected: dtable, bound },
    };
  },
};
