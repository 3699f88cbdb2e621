// Subgroup matrices without the extension: WGSL with its types made arrays and its builtins loops, so that
// a kernel for matrix units runs on adapters that have none. Every lane holds whole matrices and computes
// all that its subgroup does; lanes store the same numbers to the same places. Where the kernel's subgroup is
// larger than two of the adapter's, the others are idle, for they would only make the same once more.
//
// It is mechanical: types by their arguments <component, columns, rows>, calls by their names. What the
// rewritten kernel does not show is the hardware's rounding, and rules of uniformity and alignment.
import { subgroup_matrix } from "../../src/kernels/generated/subgroup_matrix.ts";

interface MatrixType {
  name: string;
  use: string;
  columns: string;
  rows: string;
}

const ALIAS =
  /alias (\w+) = subgroup_matrix_(left|right|result)<\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*>;/g;
const LOAD = /subgroupMatrixLoad<(\w+), row_major>\(&(\w+), /g;
const SUBGROUP =
  /(@builtin\(subgroup_id\) (\w+): u32, @builtin\(subgroup_size\) (\w+): u32,?\s*\) \{)/g;
const STORE = /subgroupMatrixStore<row_major>\(&(\w+), /g;

/**
 * WGSL without the extension.
 *
 * @param wgsl  names each matrix type once, by an alias; its loads and stores are row-major
 */
export function emulated(wgsl: string): string {
  const types = [...wgsl.matchAll(ALIAS)].map(([, name, use, , columns, rows]): MatrixType => {
    return { name: name!, use: use!, columns: columns!, rows: rows! };
  });
  const of = (use: string) => types.find((type) => type.use === use)!;
  const [left, right, result] = [of("left"), of("right"), of("result")];
  const named = (name: string) => types.find((type) => type.name === name)!;
  const loads = [...wgsl.matchAll(LOAD)].map(([, type, array]) => loading(named(type!), array!));
  const stores = [...wgsl.matchAll(STORE)].map(([, array]) => storing(result, array!));
  const text = wgsl
    .replace(ALIAS, "alias $1 = array<$3, $4 * $5>;")
    .replace(LOAD, "emulated_load_$1_$2(")
    .replace(STORE, "emulated_store_$1(")
    .replace(SUBGROUP, "$1 is_idle = $2 * $3 % LANES >= 2u * $3;")
    .replace(/\bsubgroupMatrixMultiplyAccumulate\(/g, "emulated_multiply(");
  if (/subgroup_matrix|subgroupMatrix/.test(text)) {
    throw new Error("emulation: the shader uses more of the extension than is known here");
  }
  const idle = "var<private> is_idle: bool;";
  return [text, idle, ...new Set(loads), ...new Set(stores), multiplying(left, right, result)].join(
    "\n",
  );
}

const loading = ({ name, columns, rows }: MatrixType, array: string): string => `
fn emulated_load_${name}_${array}(offset: u32, stride: u32) -> ${name} {
  var matrix: ${name};
  if (is_idle) {
    return matrix;
  }
  for (var i = 0u; i < ${rows} * ${columns}; i++) {
    matrix[i] = ${array}[offset + i / ${columns} * stride + i % ${columns}];
  }
  return matrix;
}`;

const storing = ({ name, columns, rows }: MatrixType, array: string): string => `
fn emulated_store_${array}(offset: u32, matrix: ${name}, stride: u32) {
  if (is_idle) {
    return;
  }
  var stored = matrix;
  for (var i = 0u; i < ${rows} * ${columns}; i++) {
    ${array}[offset + i / ${columns} * stride + i % ${columns}] = stored[i];
  }
}`;

const multiplying = (left: MatrixType, right: MatrixType, result: MatrixType): string => `
fn emulated_multiply(left: ${left.name}, right: ${right.name}, before: ${result.name}) -> ${result.name} {
  if (is_idle) {
    return before;
  }
  var factors = left;
  var others = right;
  var after = before;
  for (var i = 0u; i < ${result.rows} * ${result.columns}; i++) {
    for (var step = 0u; step < ${left.columns}; step++) {
      let factor = f32(factors[i / ${result.columns} * ${left.columns} + step]);
      after[i] += factor * f32(others[step * ${right.columns} + i % ${result.columns}]);
    }
  }
  return after;
}`;

/** shaders/subgroup_matrix.wgsl, emulated. */
export const emulatedFamily: typeof subgroup_matrix = {
  ...subgroup_matrix,
  hash: `emulated-${subgroup_matrix.hash}`,
  text: [emulated(subgroup_matrix.text.join(""))],
};
