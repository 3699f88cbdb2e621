// Multi-head self-attention and its gradients in float64. The twin of attention.wgsl.
//
//   per image and head, with rows q_i, k_j, v_j of d numbers, i, j < S
//   forward   s_ij = q_i · k_j / √d      P_ij = exp s_ij / Σ_j exp s_ij      y_i = Σ_j P_ij v_j
//   backward  dv_j = Σ_i P_ij dy_i       dP_ij = dy_i · v_j
//             ds_ij = P_ij (dP_ij − Σ_j P_ij dP_ij)
//             dq_i = Σ_j ds_ij k_j / √d  dk_j = Σ_i ds_ij q_i / √d
//
// q, k, v, y are channel-major, [N, heads · d, S], head h in channels h·d … (h+1)·d − 1. PyTorch
// and the golden data have tokens first, [N, S, heads · d]: `swapTokens` goes both ways.
import { type NdArray, ndarray } from "./ndarray.ts";

export interface AttentionInputs {
  q: NdArray;
  k: NdArray;
  v: NdArray;
}

export interface AttentionOptions {
  heads: number;
}

/** [N, A, B] → [N, B, A]. */
export function swapTokens(x: NdArray): NdArray {
  const [N, A, B] = [x.shape[0]!, x.shape[1]!, x.shape[2]!];
  const y = ndarray([N, B, A]);
  for (let n = 0; n < N; n++) {
    for (let a = 0; a < A; a++) {
      for (let b = 0; b < B; b++) y.data[(n * B + b) * A + a] = x.data[(n * A + a) * B + b]!;
    }
  }
  return y;
}

/** The kernels' operand: all channels of q, then of k, then of v; of any rank. */
export function joined({ q, k, v }: AttentionInputs): NdArray {
  const [N = 1, C = 1, ...tokens] = q.shape;
  const y = ndarray([N, 3 * C, ...tokens]);
  const size = q.data.length / N;
  for (const [role, x] of [q, k, v].entries()) {
    x.data.forEach((value, i) => {
      y.data[(3 * Math.floor(i / size) + role) * size + (i % size)] = value;
    });
  }
  return y;
}

/** q, k and v of a joined operand, [N, C, S] each. */
export function parted({ shape, data }: NdArray): AttentionInputs {
  const [N, C] = [shape[0]!, shape[1]! / 3];
  const size = data.length / N / 3;
  const part = (role: number) => {
    const x = ndarray([N, C, size / C]);
    for (let n = 0; n < N; n++) {
      const first = (3 * n + role) * size;
      x.data.set(data.slice(first, first + size), n * size);
    }
    return x;
  };
  return { q: part(0), k: part(1), v: part(2) };
}

export function attention(inputs: AttentionInputs, { heads }: AttentionOptions): NdArray {
  const y = ndarray(inputs.q.shape);
  for (const head of eachHead(inputs, heads)) {
    const { q, k, v } = head;
    const rows = probabilities(q, k, head.scale).map((weights) => combine(weights, v));
    writeHead(y, head, rows);
  }
  return y;
}

export function attentionBackward(
  inputs: AttentionInputs,
  dy: NdArray,
  { heads }: AttentionOptions,
) {
  const dq = ndarray(inputs.q.shape);
  const dk = ndarray(inputs.k.shape);
  const dv = ndarray(inputs.v.shape);
  for (const head of eachHead(inputs, heads)) {
    const { q, k, v, scale } = head;
    const P = probabilities(q, k, scale);
    const dyRows = readHead(dy, head);
    const ds = P.map((weights, i) => {
      const dP = v.map((vj) => dot(dyRows[i]!, vj));
      const mean = dot(weights, dP);
      return weights.map((p, j) => p * (dP[j]! - mean));
    });
    writeHead(
      dv,
      head,
      transpose(P).map((weights) => combine(weights, dyRows)),
    );
    writeHead(
      dq,
      head,
      ds.map((weights) => combine(weights, k, scale)),
    );
    writeHead(
      dk,
      head,
      transpose(ds).map((weights) => combine(weights, q, scale)),
    );
  }
  return { dq, dk, dv };
}

/** A matrix as its rows. */
export type Rows = ArrayLike<number>[];

/** Where one head lies, its rows [S][d], and 1/√d. */
export interface Head {
  n: number;
  firstChannel: number;
  d: number;
  scale: number;
  q: Rows;
  k: Rows;
  v: Rows;
}

export function* eachHead({ q, k, v }: AttentionInputs, heads: number): Generator<Head> {
  const [N, channels] = [q.shape[0]!, q.shape[1]!];
  const d = channels / heads;
  for (let n = 0; n < N; n++) {
    for (let h = 0; h < heads; h++) {
      const place = { n, firstChannel: h * d, d };
      const rows = { q: readHead(q, place), k: readHead(k, place), v: readHead(v, place) };
      yield { ...place, ...rows, scale: 1 / Math.sqrt(d) };
    }
  }
}

type Place = Pick<Head, "n" | "firstChannel" | "d">;

export function readHead(x: NdArray, { n, firstChannel, d }: Place): Rows {
  const [channels, S] = [x.shape[1]!, x.shape[2]!];
  return Array.from({ length: S }, (_, s) =>
    Array.from({ length: d }, (_, c) => x.data[(n * channels + firstChannel + c) * S + s]!),
  );
}

export function writeHead(x: NdArray, { n, firstChannel, d }: Place, rows: Rows): void {
  const [channels, S] = [x.shape[1]!, x.shape[2]!];
  for (let s = 0; s < S; s++) {
    for (let c = 0; c < d; c++) x.data[(n * channels + firstChannel + c) * S + s] = rows[s]![c]!;
  }
}

/** P: the softmax of every row of q kᵀ · scale. */
export function probabilities(q: Rows, k: Rows, scale: number): number[][] {
  return q.map((qi) => {
    const logits = k.map((kj) => scale * dot(qi, kj));
    const largest = Math.max(...logits); // takes nothing from the definition, and no exp overflows
    const powers = logits.map((s) => Math.exp(s - largest));
    const total = powers.reduce((sum, e) => sum + e, 0);
    return powers.map((e) => e / total);
  });
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let c = 0; c < a.length; c++) sum += a[c]! * b[c]!;
  return sum;
}

/** scale · Σ_j weights_j rows_j. */
export function combine(weights: ArrayLike<number>, rows: Rows, scale = 1): number[] {
  const length = rows[0]!.length;
  return Array.from({ length }, (_, c) => {
    let sum = 0;
    for (let j = 0; j < rows.length; j++) sum += weights[j]! * rows[j]![c]!;
    return scale * sum;
  });
}

export function transpose(rows: Rows): number[][] {
  return Array.from({ length: rows[0]!.length }, (_, j) => rows.map((row) => row[j]!));
}
