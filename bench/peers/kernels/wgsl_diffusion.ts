// Single kernels of ours: the launchers, and for gradients the tape, as the product records them.
import { attentionRule } from "../../../dist/autograd/rules/attention.js";
import { groupNormRule } from "../../../dist/autograd/rules/groupnorm.js";
import { Tape } from "../../../dist/autograd/tape.js";
import { Graph } from "../../../dist/graph/graph.js";
import { timedRun } from "../../../dist/graph/measuring.js";
import { Program } from "../../../dist/graph/program.js";
import { ResidentBuffer, type Tensor, writeTensor } from "../../../dist/graph/tensor.js";
import { Gpu } from "../../../dist/index.js";
import { attention } from "../../../dist/kernels/attention.js";
import { conv2d, conv2dBackwardInput } from "../../../dist/kernels/conv2d.js";
import { conv2dBackwardWeight } from "../../../dist/kernels/conv2d_weight.js";
import { groupNorm } from "../../../dist/kernels/groupnorm.js";
import { type KernelEngine, type KernelJob, type KernelName, NORM } from "./cases.ts";

type Tensors = Record<string, Tensor>;

const PLACE = {
  stride: 1,
  padding: { top: 1, bottom: 1, left: 1, right: 1 },
  upsample: false,
} as const;
const SILU = { ...NORM, activation: "silu" } as const;
const ONE_HEAD = { heads: 1 };

/** Records a kernel; its outputs by name. */
const KERNELS: Record<KernelName, (graph: Graph, inputs: Tensors) => Tensors> = {
  "conv64/forward": (graph, { x, weight }) => ({
    y: conv2d(graph, { x: x!, weight: weight! }, PLACE),
  }),
  "conv64/backward_input": (graph, { x, weight, dy }) => {
    const dx = graph.alloc(x!.shape, "dx");
    const place = { ...PLACE, inputShape: x!.shape };
    conv2dBackwardInput(graph, { dy: dy!, weight: weight! }, place, dx);
    return { dx };
  },
  "conv64/backward_weight": (graph, { x, weight, dy }) => {
    const dweight = graph.alloc(weight!.shape, "dweight");
    const place = { ...PLACE, weightShape: weight!.shape };
    conv2dBackwardWeight(graph, { x: x!, dy: dy! }, place, { dweight });
    return { dweight };
  },
  "groupnorm-silu/forward": (graph, { x, affine }) => ({
    y: groupNorm(graph, { x: x!, affine: affine! }, SILU).y,
  }),
  "groupnorm-silu/gradients": (graph, { dy, ...inputs }) => {
    const { x, affine } = inputs;
    return withGradients(graph, inputs, dy!, (tape) =>
      tape.apply(groupNormRule, { x: x!, affine: affine! }, SILU),
    );
  },
  "attention/forward": (graph, { qkv }) => ({ y: attention(graph, { qkv: qkv! }, ONE_HEAD).y }),
  "attention/gradients": (graph, { dy, ...inputs }) =>
    withGradients(graph, inputs, dy!, (tape) =>
      tape.apply(attentionRule, { qkv: inputs.qkv! }, ONE_HEAD),
    ),
};

/** y, and the gradient by every input. */
function withGradients(
  graph: Graph,
  inputs: Tensors,
  dy: Tensor,
  forward: (tape: Tape) => Tensor,
): Tensors {
  const tape = new Tape(graph, new Map(Object.values(inputs).map((leaf) => [leaf, undefined])));
  const y = forward(tape);
  const gradients = tape.backward(y, dy);
  const named = Object.entries(inputs).map(([name, leaf]) => [`d${name}`, gradients.get(leaf)!]);
  return { y, ...Object.fromEntries(named) };
}

/** What our kernels take as one tensor, all channels of the first before those of the next. */
const PACKS = { affine: ["weight", "bias"], qkv: ["q", "k", "v"] };

function packed(inputs: KernelJob["inputs"]): KernelJob["inputs"] {
  const all = { ...inputs };
  for (const [whole, names] of Object.entries(PACKS)) {
    const parts = names.flatMap((name) => inputs[name] ?? []);
    if (parts.length < names.length) continue;
    for (const name of names) delete all[name];
    const { shape, data: first } = parts[0]!;
    const [images, channels, ...rest] = shape.length === 1 ? [1, ...shape] : shape;
    const size = first.length / images!;
    const data = new Float32Array(parts.length * first.length);
    for (let n = 0; n < images!; n++) {
      for (const [i, part] of parts.entries()) {
        data.set(part.data.subarray(n * size, (n + 1) * size), (n * parts.length + i) * size);
      }
    }
    const extents = [parts.length * channels!, ...rest];
    all[whole] = { shape: shape.length === 1 ? extents : [images!, ...extents], data };
  }
  return all;
}

/** The gradient of a packed tensor as those of its parts. */
function unpacked(name: string, values: Float32Array, images: number) {
  const names = Object.entries(PACKS).find(([whole]) => name === `d${whole}`)?.[1];
  if (!names) return { [name]: values };
  const size = values.length / images / names.length;
  const parts = names.map((_, i) => {
    const part = new Float32Array(images * size);
    for (let n = 0; n < images; n++) {
      const at = (n * names.length + i) * size;
      part.set(values.subarray(at, at + size), n * size);
    }
    return part;
  });
  return Object.fromEntries(names.map((part, i) => [`d${part}`, parts[i]!]));
}

export async function openKernels(): Promise<KernelEngine> {
  const gpu = await Gpu.open();
  return { prepare: (job) => prepare(gpu, job) };
}

async function prepare(gpu: Gpu, { name, inputs: given }: KernelJob) {
  const inputs = packed(given);
  const resident = new ResidentBuffer(name);
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([input, { shape }]) => [input, resident.add(shape, input)]),
  );
  const graph = new Graph(gpu.target);
  const outputs = KERNELS[name](graph, tensors);
  const keep = Object.values(outputs);
  const program = await Program.compile(gpu, graph, { label: name, keep });
  for (const [input, tensor] of Object.entries(tensors)) {
    writeTensor(gpu, tensor, inputs[input]!.data);
  }
  return {
    async outputs() {
      program.run();
      const values: Record<string, Float32Array> = {};
      for (const [output, tensor] of Object.entries(outputs)) {
        const images = tensor.shape.length === 1 ? 1 : tensor.shape[0]!;
        Object.assign(values, unpacked(output, await program.read(tensor), images));
      }
      return values;
    },
    async run(times: number) {
      await timedRun(program, times);
    },
    dispose() {
      program.dispose();
      resident.destroy(gpu);
    },
  };
}
