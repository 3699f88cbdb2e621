// Batched matrix products and the linear layer in float64. The twin of matmul.wgsl.
//
//   matmul  C[b, m, n] = Σ_k A[b, m, k] · B[b, k, n]
//           A is stored [.., K, M] where transposed, B [.., N, K]
//   linear  y[r, o] = bias[o] + Σ_i x[r, i] · weight[o, i]
//
// Linear in every tensor: run on absolute values, each function gives Σ|terms|.
import { mapArray, type NdArray, ndarray } from "./ndarray.ts";

export interface MatmulOptions {
  transposeA?: boolean;
  transposeB?: boolean;
}

/** C [batch…, M, N]; A and B share their batch extents, if any. */
export function matmul(a: NdArray, b: NdArray, options: MatmulOptions = {}): NdArray {
  const { M, N } = extentsOf(a, b, options);
  const c = ndarray([...a.shape.slice(0, -2), M, N]);
  eachProduct(a, b, options, (ia, ib, ic) => {
    c.data[ic]! += a.data[ia]! * b.data[ib]!;
  });
  return c;
}

/** da and db, stored as a and b are. */
export function matmulBackward(a: NdArray, b: NdArray, dc: NdArray, options: MatmulOptions = {}) {
  const da = ndarray(a.shape);
  const db = ndarray(b.shape);
  eachProduct(a, b, options, (ia, ib, ic) => {
    da.data[ia]! += dc.data[ic]! * b.data[ib]!;
    db.data[ib]! += dc.data[ic]! * a.data[ia]!;
  });
  return { da, db };
}

function extentsOf(a: NdArray, b: NdArray, { transposeA, transposeB }: MatmulOptions) {
  const [rowsA, columnsA] = [a.shape.at(-2)!, a.shape.at(-1)!];
  const [rowsB, columnsB] = [b.shape.at(-2)!, b.shape.at(-1)!];
  const [M, K] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
  const [inner, N] = transposeB ? [columnsB, rowsB] : [rowsB, columnsB];
  if (inner !== K) throw new Error(`matmul: [${a.shape}] and [${b.shape}] differ in K`);
  return { batches: a.data.length / (M * K), M, N, K };
}

/** Visits every product of the definition: where its A, its B and its C lie. */
function eachProduct(
  a: NdArray,
  b: NdArray,
  options: MatmulOptions,
  visit: (ia: number, ib: number, ic: number) => void,
): void {
  const { batches, M, N, K } = extentsOf(a, b, options);
  for (let batch = 0; batch < batches; batch++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        for (let k = 0; k < K; k++) {
          const inA = options.transposeA ? k * M + m : m * K + k;
          const inB = options.transposeB ? n * K + k : k * N + n;
          visit(batch * M * K + inA, batch * K * N + inB, (batch * M + m) * N + n);
        }
      }
    }
  }
}

export interface LinearInputs {
  /** [rows, in] */
  x: NdArray;
  /** [out, in] */
  weight: NdArray;
  /** [out] */
  bias?: NdArray | undefined;
}

/** y = x Wᵀ + bias, [rows, out]. */
export function linear({ x, weight, bias }: LinearInputs): NdArray {
  const out = weight.shape[0]!;
  const y = matmul(x, weight, { transposeB: true });
  return bias ? mapArray(y, (value, i) => value + bias.data[i % out]!) : y;
}

/** dx = dy W, dweight = dyᵀ x, dbias = Σ_rows dy (also where there was no bias). */
export function linearBackward({ x, weight }: LinearInputs, dy: NdArray) {
  const out = weight.shape[0]!;
  const { da: dx, db: dweight } = matmulBackward(x, weight, dy, { transposeB: true });
  const dbias = ndarray([out]);
  dy.data.forEach((value, i) => {
    dbias.data[i % out]! += value;
  });
  return { dx, dweight, dbias };
}
