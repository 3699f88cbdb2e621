// Single kernels of ours: the launchers, and for gradients the tape, as the product records them.

import { attentionRule } from "../../../dist/autograd/rules/attention.js";
import { groupNormRule } from "../../../dist/autograd/rules/groupnorm.js";
import { Tape } from "../../../dist/autograd/tape.js";
import { Graph } from "../../../dist/graph/graph.js";
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
  "groupnorm-silu/forward": (graph, { x, weight, bias }) => ({
    y: groupNorm(graph, { x: x!, weight: weight!, bias: bias! }, SILU).y,
  }),
  "groupnorm-silu/gradients": (graph, { dy, ...inputs }) => {
    const { x, weight, bias } = inputs;
    return withGradients(graph, inputs, dy!, (tape) =>
      tape.apply(groupNormRule, { x: x!, weight: weight!, bias: bias! }, SILU),
    );
  },
  "attention/forward": (graph, { q, k, v }) => ({
    y: attention(graph, { q: q!, k: k!, v: v! }, ONE_HEAD).y,
  }),
  "attention/gradients": (graph, { dy, ...inputs }) => {
    const { q, k, v } = inputs;
    return withGradients(graph, inputs, dy!, (tape) =>
      tape.apply(attentionRule, { q: q!, k: k!, v: v! }, ONE_HEAD),
    );
  },
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

export async function openKernels(): Promise<KernelEngine> {
  const gpu = await Gpu.open();
  return { prepare: (job) => prepare(gpu, job) };
}

async function prepare(gpu: Gpu, { name, inputs }: KernelJob) {
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
        values[output] = await program.read(tensor);
      }
      return values;
    },
    async run(times: number) {
      await program.timedRun(times);
    },
    dispose() {
      program.dispose();
      resident.destroy(gpu);
    },
  };
}
