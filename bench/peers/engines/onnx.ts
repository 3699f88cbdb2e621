// An ONNX model written by hand: as much of the format's protocol buffers as a graph of float32 needs.
//
// Source: onnx/onnx.proto; field numbers are named where they are used.

const [VARINT, BYTES, FIXED32] = [0, 2, 5] as const;
const [FLOAT, INT64] = [1, 7] as const; // TensorProto.DataType

type Part = Uint8Array<ArrayBuffer>;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
}

function joined(parts: readonly Part[]): Part {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const number = (field: number, value: number): Part =>
  Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)]);

const bytes = (field: number, value: Part): Part =>
  joined([Uint8Array.from([...varint(field * 8 + BYTES), ...varint(value.length)]), value]);

const text = (field: number, value: string): Part =>
  bytes(field, new TextEncoder().encode(value) as Part);

export type Attribute = number | string | readonly number[] | { float: number };

/** AttributeProto: name 1, f 2, i 3, s 4, ints 8, type 20. */
function attribute(name: string, value: Attribute): Part {
  const named = text(1, name);
  if (typeof value === "number") return joined([named, number(3, value), number(20, 2)]);
  if (typeof value === "string") return joined([named, text(4, value), number(20, 3)]);
  if ("float" in value) {
    const word = new Uint8Array(Float32Array.of(value.float).buffer);
    return joined([named, Uint8Array.from([2 * 8 + FIXED32, ...word]), number(20, 1)]);
  }
  return joined([named, ...value.map((n) => number(8, n)), number(20, 7)]);
}

/** ValueInfoProto: name 1, type 2; TypeProto.tensor_type 1: elem_type 1, shape 2. */
function valueInfo(name: string, shape: readonly number[]): Part {
  const dims = shape.map((extent) => bytes(1, number(1, extent)));
  const tensor = joined([number(1, FLOAT), bytes(2, joined(dims))]);
  return joined([text(1, name), bytes(2, bytes(1, tensor))]);
}

/** A value of the graph. */
export interface Value {
  name: string;
  shape: readonly number[];
}

export class OnnxGraph {
  readonly #nodes: Part[] = [];
  readonly #initializers = new Map<string, Part>();
  #count = 0;

  /** TensorProto: dims 1, data_type 2, name 8, raw_data 9. Once a name. */
  constant(name: string, shape: readonly number[], data: Float32Array | readonly number[]): string {
    if (this.#initializers.has(name)) return name;
    const isFloat = data instanceof Float32Array;
    const words = isFloat ? data : BigInt64Array.from(data, BigInt);
    const raw = new Uint8Array(words.slice().buffer as ArrayBuffer);
    const type = isFloat ? FLOAT : INT64;
    const parts = [
      ...shape.map((n) => number(1, n)),
      number(2, type),
      text(8, name),
      bytes(9, raw),
    ];
    this.#initializers.set(name, joined(parts));
    return name;
  }

  /** NodeProto: input 1, output 2, op_type 4, attribute 5. */
  node(
    type: string,
    inputs: readonly string[],
    shape: readonly number[],
    attributes: Record<string, Attribute> = {},
  ): Value {
    const name = `v${this.#count++}`;
    const given = Object.entries(attributes).map(([key, value]) => bytes(5, attribute(key, value)));
    const parts = [
      ...inputs.map((input) => text(1, input)),
      text(2, name),
      text(4, type),
      ...given,
    ];
    this.#nodes.push(joined(parts));
    return { name, shape };
  }

  /** ModelProto: ir_version 1, graph 7, opset_import 8; GraphProto: node 1, name 2, initializer 5, input 11, output 12. */
  model(inputs: readonly Value[], output: Value): Part {
    const graph = joined([
      ...this.#nodes.map((node) => bytes(1, node)),
      text(2, "unet"),
      ...[...this.#initializers.values()].map((tensor) => bytes(5, tensor)),
      ...inputs.map(({ name, shape }) => bytes(11, valueInfo(name, shape))),
      bytes(12, valueInfo(output.name, output.shape)),
    ]);
    const opset = joined([text(1, ""), number(2, 17)]);
    return joined([number(1, 8), bytes(7, graph), bytes(8, opset)]);
  }
}
