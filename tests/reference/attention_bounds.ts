// What rounding may do to attention: to first order, c · ε · these numbers bound the error of a
// float32 evaluation with its maximum subtracted, whatever the order of its sums.
//
//   |s|_ij = Σ_c |q_ic k_jc| / √d            a logit moves by ε |s|_ij
//   t_ij   = |s|_ij + |s_ij − max_j s_ij|    so does the argument of exp, and its own rounding
//   |P|_ij = P_ij (1 + t_ij + Σ_j P_ij t_ij) relative errors of numerator and denominator add
//   |y|_i  = Σ_j |P|_ij |v_j|
//
// Backward: every product gives each factor's bound times the other's size, and
// |ds|_ij = |P|_ij |dP_ij − D_i| + P_ij (|dP|_ij + |D|_i), D_i = Σ_j P_ij dP_ij,
// |dP|_ij = Σ_c |dy_ic v_jc|, |D|_i = Σ_j |P|_ij |dP|_ij (also covers D_i computed as dy_i · y_i).
import {
  type AttentionInputs,
  type AttentionOptions,
  combine,
  dot,
  eachHead,
  type Head,
  probabilities,
  type Rows,
  readHead,
  transpose,
  writeHead,
} from "./attention.ts";
import { type NdArray, ndarray } from "./ndarray.ts";

/** The bound of every element of y. */
export function attentionBound(inputs: AttentionInputs, { heads }: AttentionOptions): NdArray {
  const bound = ndarray(inputs.q.shape);
  for (const head of eachHead(inputs, heads)) {
    const { ofP } = probabilityBounds(head);
    writeHead(
      bound,
      head,
      ofP.map((weights) => combine(weights, absoluteRows(head.v))),
    );
  }
  return bound;
}

/** The bounds of every element of dq, dk and dv. */
export function attentionBackwardBound(
  inputs: AttentionInputs,
  dy: NdArray,
  { heads }: AttentionOptions,
) {
  const dq = ndarray(inputs.q.shape);
  const dk = ndarray(inputs.k.shape);
  const dv = ndarray(inputs.v.shape);
  for (const head of eachHead(inputs, heads)) {
    const { P, ofP } = probabilityBounds(head);
    const dyRows = readHead(dy, head);
    const ofDs = logitGradientBounds(head, dyRows, P, ofP);
    const [q, k, absoluteDy] = [absoluteRows(head.q), absoluteRows(head.k), absoluteRows(dyRows)];
    writeHead(
      dv,
      head,
      transpose(ofP).map((weights) => combine(weights, absoluteDy)),
    );
    writeHead(
      dq,
      head,
      ofDs.map((weights) => combine(weights, k, head.scale)),
    );
    writeHead(
      dk,
      head,
      transpose(ofDs).map((weights) => combine(weights, q, head.scale)),
    );
  }
  return { dq, dk, dv };
}

/** P and |P|. */
function probabilityBounds({ q, k, scale }: Head) {
  const P = probabilities(q, k, scale);
  const [absoluteQ, absoluteK] = [absoluteRows(q), absoluteRows(k)];
  const ofP = P.map((weights, i) => {
    const logits = k.map((kj) => scale * dot(q[i]!, kj));
    const largest = Math.max(...logits);
    const t = logits.map((s, j) => scale * dot(absoluteQ[i]!, absoluteK[j]!) + largest - s);
    const ofTotal = dot(weights, t);
    return weights.map((p, j) => p * (1 + t[j]! + ofTotal));
  });
  return { P, ofP };
}

/** |ds|. */
function logitGradientBounds({ v }: Head, dy: Rows, P: number[][], ofP: number[][]): number[][] {
  const [absoluteDy, absoluteV] = [absoluteRows(dy), absoluteRows(v)];
  return P.map((weights, i) => {
    const dP = v.map((vj) => dot(dy[i]!, vj));
    const ofDP = absoluteV.map((vj) => dot(absoluteDy[i]!, vj));
    const mean = dot(weights, dP);
    const ofMean = dot(ofP[i]!, ofDP);
    return weights.map((p, j) => ofP[i]![j]! * Math.abs(dP[j]! - mean) + p * (ofDP[j]! + ofMean));
  });
}

const absoluteRows = (rows: Rows): number[][] => rows.map((row) => Array.from(row, Math.abs));
