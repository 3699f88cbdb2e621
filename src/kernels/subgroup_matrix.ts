// Launches shaders/subgroup_matrix.wgsl: matrix products and convolutions at stride 1 on the matrix units
// of a GPU, where WebGPU has the experimental feature and the device's owner asked for it.
//
// Nothing imports this file but the doors, so that a page carries it only where it gives `subgroupMatrix`
// to Gpu.open. Maps of float32 are multiplied as float32, maps of float16 as float16 or float32: never is
// an operand rounded further than its map. Sums are float32.
import { ceilDiv } from "../core/shape.ts";
import type { Gpu, SubgroupMatrix } from "../device/gpu.ts";
import { FEATURE, type MapDtype, type Variant } from "../device/shader.ts";
import { fitsWorkgroups, type Graph, type Workgroups } from "../graph/graph.ts";
import type { Convolution, ConvolutionTensors } from "./conv2d_roles.ts";
import { subgroup_matrix } from "./generated/subgroup_matrix.ts";
import type { OfferedCandidate, OfferedKernels } from "./offered.ts";
import { convolutionWork, linearWork, type Work } from "./subgroup_matrix_work.ts";

/** What one instruction multiplies: M × K by K × N numbers of a type. */
export interface MatrixConfig {
  readonly unit: MapDtype;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** What the kernels are compiled for. */
export interface MatrixDevice {
  /** for maps of each type; none: there are no candidates for them */
  readonly configs: Readonly<Partial<Record<MapDtype, MatrixConfig>>>;
  /** of the largest subgroup */
  readonly lanes: number;
  /** rows and columns of a subgroup; default by how many there are */
  readonly block?: 16 | 32;
  /** default the package's own: another source of the same bindings, for tests */
  readonly family?: typeof subgroup_matrix;
}

const SUBGROUPS = [16, 32, 64, 128]; // lanes of the largest: a workgroup holds two or four
const MOST_THREADS = 256; // of a workgroup, on every device
const SIDES = [8, 16]; // rows and columns of one product
const STEP = 16; // numbers of k between barriers
const BLOCKS = { large: 32, small: 16 }; // rows and columns of a subgroup
const ENOUGH_TILES = 64; // of the larger ones: fewer leave a device idle

/**
 * Kernels on the GPU's matrix units, for `Gpu.open({ subgroupMatrix })`: `tuneModel` measures them beside
 * the others, and takes those that are right and faster. The WGSL that they need is experimental.
 */
export const subgroupMatrix: SubgroupMatrix = {
  feature: FEATURE.chromium_experimental_subgroup_matrix,
  find: findMatrixUnits,
};

/** What a device has, as far as its compiler takes the kernels; undefined where that is nothing. */
async function findMatrixUnits(gpu: Gpu): Promise<OfferedKernels | undefined> {
  const lanes = gpu.has("subgroups") ? (gpu.info.subgroupMaxSize ?? 0) : 0;
  if (!gpu.device.features.has(subgroupMatrix.feature) || !SUBGROUPS.includes(lanes))
    return undefined;
  const told = (gpu.info as { subgroupMatrixConfigs?: Iterable<ToldConfig> }).subgroupMatrixConfigs;
  const dtypes: readonly MapDtype[] = gpu.has("shader-f16") ? ["f32", "f16"] : ["f32"];
  const configs: Partial<Record<MapDtype, MatrixConfig>> = {};
  for (const dtype of dtypes) {
    const config = configFor(dtype, [...(told ?? [])]);
    if (config && (await compiles(gpu, dtype, config, lanes))) configs[dtype] = config;
  }
  return Object.keys(configs).length > 0 ? matrixKernels({ configs, lanes }) : undefined;
}

/** As GPUAdapterInfo tells them; the first is the hardware's favourite. */
export interface ToldConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** The first that the kernels can use and that rounds no map. */
export function configFor(dtype: MapDtype, told: readonly ToldConfig[]): MatrixConfig | undefined {
  const units: readonly MapDtype[] = dtype === "f16" ? ["f16", "f32"] : ["f32"];
  const usable = told.filter(({ resultComponentType, M, N, K }) => {
    return (
      resultComponentType === "f32" && [M, N].every((n) => SIDES.includes(n)) && STEP % K === 0
    );
  });
  for (const unit of units) {
    const found = usable.find(({ componentType }) => componentType === unit);
    if (found) return { unit, M: found.M, N: found.N, K: found.K };
  }
  return undefined;
}

/** A compiler may not know the WGSL, or not these sizes. */
async function compiles(gpu: Gpu, dtype: MapDtype, config: MatrixConfig, lanes: number) {
  const constants = { ...constantsOf(config, lanes), elem: dtype };
  const compiling = gpu.pipelines.get({ family: subgroup_matrix, entry: "product", constants });
  const [made] = await Promise.allSettled([compiling]);
  gpu.check();
  return made.status === "fulfilled";
}

/** The candidates of launchers on such a device. */
export function matrixKernels(device: MatrixDevice): OfferedKernels {
  const described = Object.entries(device.configs)
    .map(([dtype, { unit, M, N, K }]) => `${dtype} maps by ${unit} ${M}×${N}×${K}`)
    .join(", ");
  return {
    described,
    linear: (product) => onUnits(device, linearWork(product)),
    convolution: (direction, c, tensors) =>
      suits(c) && !isJoined(tensors) ? onUnits(device, convolutionWork(direction, c, tensors)) : [],
  };
}

/** 1×1 without padding, or 3×3 with any, at stride 1. */
const suits = ({ K, stride, upsample, padding }: Convolution): boolean =>
  stride === 1 && !upsample && (K === 3 || Object.values(padding).every((n) => n === 0));

const isJoined = ({ source, result }: ConvolutionTensors): boolean =>
  (source.split ?? result.split) !== undefined;

/** One candidate or none, for the maps' type and the workgroups that a dispatch may have. */
function onUnits(device: MatrixDevice, work: Work): OfferedCandidate[] {
  const { configs, lanes, family = subgroup_matrix } = device;
  const config = configs[work.dtype === "f16" ? "f16" : "f32"];
  if (!config) return [];
  const [columns, rows, images] = tilesOf(work, lanes, BLOCKS.large);
  const isLarge = columns * rows * images >= ENOUGH_TILES;
  const BLOCK = device.block ?? (isLarge ? BLOCKS.large : BLOCKS.small);
  const workgroups = tilesOf(work, lanes, BLOCK);
  if (!fitsWorkgroups(workgroups)) return [];
  const constants = { ...constantsOf(config, lanes), BLOCK, KERNEL: work.KERNEL };
  const record = (graph: Graph) => recordWork(graph, family, work, { workgroups, constants });
  return [{ family, constants, record }];
}

function recordWork(
  graph: Graph,
  family: typeof subgroup_matrix,
  { args, sums, flops }: Work,
  { workgroups, constants }: { workgroups: Workgroups; constants: Variant["constants"] },
): void {
  const options = { constants, flops };
  if (sums) graph.dispatch([family, "product_sums"], { ...args, sums }, workgroups, options);
  else graph.dispatch([family, "product"], args, workgroups, options);
}

const threadsOf = (lanes: number) => (4 * lanes <= MOST_THREADS ? 4 : 2) * lanes;

/** Workgroups: two blocks of columns each, and one or two of rows. */
function tilesOf({ args: { dims }, images }: Work, lanes: number, block: number) {
  const down = threadsOf(lanes) / (2 * lanes);
  return [ceilDiv(dims.n, 2 * block), ceilDiv(dims.m, down * block), images] as const;
}

const constantsOf = (config: MatrixConfig, lanes: number) => ({
  ...config,
  LANES: lanes,
  THREADS: threadsOf(lanes),
});

/** What adapters tell: Metal's, for maps of either type, NVIDIA's and AMD's, Intel's. */
const KNOWN: readonly (MatrixConfig & { elem: MapDtype })[] = [
  { elem: "f32", unit: "f32", M: 8, N: 8, K: 8 },
  { elem: "f16", unit: "f32", M: 8, N: 8, K: 8 },
  { elem: "f16", unit: "f16", M: 16, N: 16, K: 16 },
  { elem: "f16", unit: "f16", M: 8, N: 16, K: 16 },
];

/** Pipelines that can be asked for: of configs that are known, and subgroups that any device takes. */
export const subgroupMatrixVariants = (): Variant[] =>
  KNOWN.flatMap((config) =>
    [32, 64, 128].flatMap((lanes) =>
      Object.values(BLOCKS).flatMap((BLOCK): Variant[] => {
        const constants = { ...constantsOf(config, lanes), BLOCK };
        return [
          { family: subgroup_matrix, entry: "product", constants: { ...constants, KERNEL: 1 } },
          { family: subgroup_matrix, entry: "product", constants: { ...constants, KERNEL: 3 } },
          {
            family: subgroup_matrix,
            entry: "product_sums",
            constants: { ...constants, KERNEL: 1 },
          },
        ];
      }),
    ),
  );
