// The self-test: every kernel family on small cases, against answers from float64.
//
// For a page or a process that wants to know whether this device computes what it should. It runs
// the variants that launchers choose on this device, and it does not throw for a family that is
// wrong or does not compile: it reports it. Nothing here needs Node.
import type { Gpu } from "../device/gpu.ts";
import { labelOf, type ShaderFamily } from "../device/shader.ts";
import { Graph } from "../graph/graph.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor, writeTensor } from "../graph/tensor.ts";
import type { CaseInput, SelfTestCase, SelfTestFamily } from "./cases/case.ts";
import { FAMILIES } from "./families.ts";
import { ANSWERS } from "./self_test_answers.ts";
import { type Answer, errorOf } from "./self_test_sums.ts";

export interface SelfTestResult {
  /** the name of its launchers: of src/kernels/<family>.ts */
  family: string;
  /** what ran: `shader.entry` of those that launchers choose here */
  entryPoints: string[];
  ok: boolean;
  /**
   * the largest difference from the answers, in units of ε Σ|terms|, ε = 2⁻²⁴; null where a result
   * is not a number, or there is none
   */
  error: number | null;
  /** the error that is allowed */
  bound: number;
  /** why there is no result */
  message?: string;
}

/** As for the tests of the kernels: rounding in any order stays below it. */
const BOUND = 8;

export interface SelfTestOptions {
  /** default all */
  families?: readonly SelfTestFamily[];
  /** sources to run instead of a family's own, by the shader's name: to see that a fault is found */
  sources?: Readonly<Record<string, ShaderFamily>>;
}

/**
 * Runs every kernel family and compares; frees what it allocates.
 *
 * @returns one result a family, in their order; `ok` where error ≤ bound
 */
export function selfTest(gpu: Gpu, options: SelfTestOptions = {}): Promise<SelfTestResult[]> {
  const { families = FAMILIES, sources = {} } = options;
  return Promise.all(families.map((family) => testFamily(gpu, family, sources)));
}

async function testFamily(
  gpu: Gpu,
  { family, cases }: SelfTestFamily,
  sources: Readonly<Record<string, ShaderFamily>>,
): Promise<SelfTestResult> {
  const graph = new Graph(gpu.target);
  try {
    const recorded = cases.map((one) => record(graph, one));
    replaceSources(graph, sources);
    const error = await run(gpu, graph, recorded, family);
    const isNumber = Number.isFinite(error);
    const entryPoints = entryPointsOf(graph);
    return {
      family,
      entryPoints,
      ok: error <= BOUND,
      error: isNumber ? error : null,
      bound: BOUND,
    };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const entryPoints = entryPointsOf(graph);
    return { family, entryPoints, ok: false, error: null, bound: BOUND, message };
  }
}

interface Recorded {
  name: string;
  buffers: ResidentBuffer[];
  uploads: [Tensor, CaseInput][];
  outputs: Record<string, Tensor>;
}

/** Records a case's launches on tensors of its inputs, each in a buffer of its own. */
function record(graph: Graph, { name, inputs, launch }: SelfTestCase): Recorded {
  const uploads = Object.entries(inputs()).map(([key, input]): [string, Tensor, CaseInput] => {
    const dtype = input.data instanceof Uint32Array ? "u32" : "f32";
    return [key, new ResidentBuffer(`selftest.${key}`).add(input.shape, key, dtype), input];
  });
  const tensors = Object.fromEntries(uploads.map(([key, tensor]) => [key, tensor]));
  const outputs = launch(graph, tensors);
  const buffers = uploads.flatMap(([, { home }]) => (home ? [home.buffer] : []));
  return { name, buffers, uploads: uploads.map(([, ...upload]) => upload), outputs };
}

function replaceSources(graph: Graph, sources: Readonly<Record<string, ShaderFamily>>): void {
  for (const [i, dispatch] of graph.dispatches.entries()) {
    const { variant } = dispatch;
    const family = sources[variant.family.name] ?? variant.family;
    graph.dispatches[i] = { ...dispatch, variant: { ...variant, family } };
  }
}

/** The largest error of any output of any case. */
async function run(
  gpu: Gpu,
  graph: Graph,
  recorded: readonly Recorded[],
  family: string,
): Promise<number> {
  const keep = recorded.flatMap(({ outputs }) => Object.values(outputs));
  let program: Program | undefined;
  try {
    program = await compile(gpu, graph, keep, family);
    for (const [tensor, { data }] of recorded.flatMap(({ uploads }) => uploads)) {
      writeTensor(gpu, tensor, data);
    }
    program.poison(); // what is left unwritten is not a number
    program.run();
    let worst = 0;
    for (const { name, outputs } of recorded) {
      for (const [output, tensor] of Object.entries(outputs)) {
        const answer = answerOf(family, `${name}: ${output}`);
        worst = Math.max(worst, errorOf(await read(program, tensor), answer));
      }
    }
    return worst;
  } finally {
    program?.dispose();
    for (const buffer of recorded.flatMap(({ buffers }) => buffers)) buffer.destroy(gpu);
  }
}

/**
 * Program.compile makes its shader modules before it first waits. The error scope takes what one of
 * them reports, which else would fail the device, and with it all other families.
 */
async function compile(
  gpu: Gpu,
  graph: Graph,
  keep: readonly Tensor[],
  family: string,
): Promise<Program> {
  gpu.device.pushErrorScope("validation");
  const compiling = Program.compile(gpu, graph, { label: `selftest.${family}`, keep });
  const scope = gpu.device.popErrorScope();
  const [program] = await Promise.all([compiling, scope]);
  return program;
}

async function read(program: Program, tensor: Tensor): Promise<ArrayLike<number>> {
  const values = await program.read(tensor);
  return tensor.dtype === "u32" ? new Uint32Array(values.buffer) : values;
}

function answerOf(family: string, name: string): Answer {
  const answer = ANSWERS[family]?.[name];
  if (answer) return answer;
  throw new Error(`self-test: there is no answer for ${family}, ${name}`);
}

function entryPointsOf({ dispatches }: Graph): string[] {
  return [...new Set(dispatches.map(({ variant }) => labelOf(variant)))];
}
