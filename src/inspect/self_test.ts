// The self-test: every kernel family on small cases, against answers from float64.
//
// For a page or a process that wants to know whether this device computes what it should. It runs
// the variants that launchers choose on this device, and it does not throw for a family that is
// wrong or does not compile: it reports it. Nothing here needs Node.
import type { Gpu } from "../device/gpu.ts";
import { labelOf, type MapDtype, type ShaderFamily } from "../device/shader.ts";
import { Graph } from "../graph/graph.ts";
import { mapNames } from "../graph/maps.ts";
import { poison } from "../graph/measuring.ts";
import { Program } from "../graph/program.ts";
import { ResidentBuffer, type Tensor } from "../graph/tensor.ts";
import { writeValues } from "../graph/write_values.ts";
import type { CaseInput, SelfTestCase, SelfTestFamily } from "./cases/case.ts";
import { FAMILIES } from "./families.ts";
import { ANSWERS } from "./self_test_answers.ts";
import { type Answer, errorOf } from "./self_test_sums.ts";

export interface SelfTestResult {
  /** the name of its launchers: of src/kernels/<family>.ts */
  family: string;
  /** what its maps were stored in; float16 is tested where the device has shader-f16 */
  dtype: MapDtype;
  /** its tuned variants were wrong here, and it runs its plain ones */
  plain: boolean;
  /** what ran: `shader.entry` of those that launchers choose here */
  entryPoints: string[];
  ok: boolean;
  /**
   * the largest difference from the answers, in units of ε Σ|terms|, ε = 2⁻²⁴, of float16 maps 2⁻¹¹;
   * null where a result is not a number, or there is none
   */
  error: number | null;
  /** the error that is allowed */
  bound: number;
  /** why there is no result */
  message?: string;
}

/** As for the tests of the kernels: rounding in any order stays below it. */
const BOUND = 8;

/** Unit roundoffs. Of float16 inputs are rounded, then results: each by less than one of them. */
const EPSILON = { f32: 2 ** -24, f16: 2 ** -11 };

export interface SelfTestOptions {
  /** default all */
  families?: readonly SelfTestFamily[];
  /** sources to run instead of a family's own, by the shader's name: to see that a fault is found */
  sources?: Readonly<Record<string, ShaderFamily>>;
}

/**
 * Runs every kernel family and compares; frees what it allocates.
 *
 * @returns one result a family, in their order, then those of float16 maps; `ok` where error ≤ bound
 */
export function selfTest(gpu: Gpu, options: SelfTestOptions = {}): Promise<SelfTestResult[]> {
  const { families = FAMILIES, sources = {} } = options;
  const halves = gpu.has("shader-f16") ? families.flatMap(withMaps) : [];
  return Promise.all([
    ...families.map((family) => testFamily(gpu, family, { sources, dtype: "f32" })),
    ...halves.map((family) => testFamily(gpu, family, { sources, dtype: "f16" })),
  ]);
}

/** A family's cases that have maps; none where there are none. */
function withMaps({ family, cases }: SelfTestFamily): SelfTestFamily[] {
  const some = cases.filter((one) => mapInputs(one).length > 0);
  return some.length === 0 ? [] : [{ family, cases: some }];
}

/** The names of a case's inputs that are maps. */
function mapInputs({ inputs, launch }: SelfTestCase): string[] {
  const tensors = Object.entries(inputs()).map(([key, input]) => [key, tensorOf(key, input)]);
  return mapNames(Object.fromEntries(tensors), launch);
}

interface Run {
  sources: Readonly<Record<string, ShaderFamily>>;
  dtype: MapDtype;
}

async function testFamily(
  gpu: Gpu,
  { family, cases }: SelfTestFamily,
  { sources, dtype }: Run,
): Promise<SelfTestResult> {
  const graph = new Graph(gpu.target);
  const plain = gpu.target.plain?.has(family) ?? false;
  const result = { family, dtype, plain, bound: BOUND };
  try {
    const recorded = cases.map((one) => record(graph, one, dtype));
    replaceSources(graph, sources);
    const error = (await run(gpu, graph, recorded, family)) / EPSILON[dtype];
    const isNumber = Number.isFinite(error);
    const entryPoints = entryPointsOf(graph);
    return { ...result, entryPoints, ok: error <= BOUND, error: isNumber ? error : null };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const entryPoints = entryPointsOf(graph);
    return { ...result, entryPoints, ok: false, error: null, message };
  }
}

interface Recorded {
  name: string;
  buffers: ResidentBuffer[];
  uploads: [Tensor, CaseInput][];
  outputs: Record<string, Tensor>;
}

/** Records a case's launches on tensors of its inputs, each in a buffer of its own. */
function record(graph: Graph, one: SelfTestCase, dtype: MapDtype): Recorded {
  const { name, inputs, launch } = one;
  const halves = dtype === "f16" ? mapInputs(one) : [];
  const uploads = Object.entries(inputs()).map(([key, input]): [string, Tensor, CaseInput] => {
    return [key, tensorOf(key, input, halves.includes(key) ? "f16" : undefined), input];
  });
  const tensors = Object.fromEntries(uploads.map(([key, tensor]) => [key, tensor]));
  const outputs = launch(graph, tensors);
  const buffers = uploads.flatMap(([, { home }]) => (home ? [home.buffer] : []));
  return { name, buffers, uploads: uploads.map(([, ...upload]) => upload), outputs };
}

/** A tensor for an input, in a buffer of its own; its type is the data's unless told. */
function tensorOf(key: string, { shape, data }: CaseInput, dtype?: MapDtype): Tensor {
  const own = data instanceof Uint32Array ? "u32" : "f32";
  return new ResidentBuffer(`selftest.${key}`).add(shape, key, dtype ?? own);
}

function replaceSources(graph: Graph, sources: Readonly<Record<string, ShaderFamily>>): void {
  for (const [i, dispatch] of graph.dispatches.entries()) {
    const { variant } = dispatch;
    const family = sources[variant.family.name] ?? variant.family;
    graph.dispatches[i] = { ...dispatch, variant: { ...variant, family } };
  }
}

/** The largest error of any output of any case, as a part of Σ|terms|. */
async function run(
  gpu: Gpu,
  graph: Graph,
  recorded: readonly Recorded[],
  family: string,
): Promise<number> {
  const keep = recorded.flatMap(({ outputs }) => Object.values(outputs));
  let program: Program | undefined;
  try {
    program = await Program.compile(gpu, graph, { label: `selftest.${family}`, keep });
    for (const [tensor, { data }] of recorded.flatMap(({ uploads }) => uploads)) {
      writeValues(gpu, tensor, data);
    }
    poison(program); // what is left unwritten is not a number
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
