// Which kernels make a 3×3 convolution on tiles or element by element, and which its gradient by the
// images. A page that only samples carries the first: no value here holds both.
import type { Target } from "../device/gpu.ts";
import type { Constants, ShaderFamily, Variant } from "../device/shader.ts";
import {
  type ArgsOf,
  type DispatchOptions,
  type Graph,
  readIf,
  type Workgroups,
} from "../graph/graph.ts";
import {
  type Convolution,
  type ConvolutionTensors,
  type Direction,
  placeOf,
} from "./conv2d_roles.ts";
import { conv2d as tiled } from "./generated/conv2d.ts";
import { conv2d_backward as tiledBackward } from "./generated/conv2d_backward.ts";
import {
  conv2d_general as general,
  conv2d_general_forward as generalForward,
} from "./generated/conv2d_general.ts";

/** Lanes, by the entry point. */
export const WORKGROUP = { quads: 16, plain: 64 };

export const TILE = 4; // rows and columns
const STRAIGHT = { first_tap: 0, tap_step: 1 };

/** How a kind of convolution is made on tiles of 4×4 pixels. */
interface TiledKind {
  family: ShaderFamily;
  launch: (graph: Graph, entry: Entry, bound: Bound, ...how: How) => void;
  constants: (c: Convolution) => Constants;
  /** blocks of four channels that a lane writes, at most; 4 where it does not say */
  most?: (target: Target) => number;
  /** where tiles read, the first row is tile · step − top; and how the taps lie */
  place: (c: Convolution) => ReturnType<typeof placeOf> & { step: number };
}

type Entry = keyof NonNullable<(typeof tiledBackward)["binds"]>;

interface Bound {
  args: ArgsOf<NonNullable<(typeof tiledBackward)["binds"]>[Entry]>;
  tensors: ConvolutionTensors;
}

type How = [workgroups: Workgroups, options: DispatchOptions];

const launch: TiledKind["launch"] = (graph, entry, { args, tensors: { source } }, ...how) => {
  const isWide = how[1].constants?.KIND === WIDE.KIND;
  graph.dispatch([tiled, entry], { ...args, source8: readIf(isWide, source) }, ...how);
};

const launchBackward: TiledKind["launch"] = (graph, entry, { args }, ...how) =>
  graph.dispatch([tiledBackward, entry], args, ...how);

type GeneralArgs = ArgsOf<NonNullable<(typeof generalForward)["binds"]>["forward"]>;

export interface Kernels {
  direction: Direction;
  same: TiledKind;
  strided: TiledKind;
  doubled: TiledKind;
  general: (graph: Graph, args: GeneralArgs, workgroups: Workgroups, flops: number) => void;
}

const same = (direction: Direction): TiledKind => ({
  family: tiled,
  launch,
  constants: () => ({ KIND: 0 }),
  place: (c) => ({ ...placeOf(direction, c), step: TILE }),
});

/** Of kinds with few products a read: Mesa's loop for 4 blocks leaves the cache of instructions, and gains less. */
const mostWhereLight = ({ software }: Target) => (software === "llvmpipe" ? 2 : 4);

export const FORWARD: Kernels = {
  direction: "forward",
  same: /* @__PURE__ */ same("forward"),
  strided: {
    family: tiled,
    launch,
    constants: () => ({ KIND: 1 }),
    place: ({ padding: { top, left } }) => ({ top, left, step: 2 * TILE, ...STRAIGHT }),
  },
  doubled: {
    family: tiled,
    launch,
    constants: () => ({ KIND: 2 }),
    most: mostWhereLight,
    place: () => ({ top: 1, left: 1, step: TILE / 2, ...STRAIGHT }),
  },
  general: (graph, args, workgroups, flops) =>
    graph.dispatch([generalForward, "forward"], args, workgroups, { flops }),
};

export const BACKWARD: Kernels = {
  direction: "backward",
  same: /* @__PURE__ */ same("backward"),
  strided: {
    family: tiledBackward,
    launch: launchBackward,
    constants: ({ padding }) => ({ KIND: 0, IS_ODD: padding.top === 1 }),
    most: mostWhereLight,
    place: ({ padding: { top, left } }) => {
      return { top: top === 0 ? 1 : 0, left: left === 0 ? 1 : 0, step: TILE / 2, ...STRAIGHT };
    },
  },
  doubled: {
    family: tiledBackward,
    launch: launchBackward,
    constants: () => ({ KIND: 1 }),
    place: (c) => ({ ...placeOf("backward", c), step: 2 * TILE }),
  },
  general: (graph, args, workgroups, flops) =>
    graph.dispatch([general, "backward"], args, workgroups, { flops }),
};

/** Constants of tiles of 4×8 pixels, for quads at stride 1 in both directions. */
export const WIDE = { KIND: 3 };

/** Every kind of both directions that can be asked for. */
export const tiledKinds = (): Omit<Variant, "entry">[] => [
  ...[0, 1, 2].map((KIND) => ({ family: tiled, constants: { KIND } })),
  ...[true, false].map((IS_ODD) => ({ family: tiledBackward, constants: { KIND: 0, IS_ODD } })),
  { family: tiledBackward, constants: { KIND: 1 } },
];

/** How many lanes may share taps, by the blocks that each writes. */
export const sharedBlocks = (all: readonly number[]): { BLOCKS: number; SHARERS: number }[] =>
  all.flatMap((BLOCKS) => {
    return (BLOCKS > 1 ? [4, 8] : [4]).map((SHARERS) => ({ BLOCKS, SHARERS }));
  });

export const wideVariants = (): Variant[] =>
  sharedBlocks([2, 4]).map((shared) => {
    const constants = { ...WIDE, WG: WORKGROUP.quads, ...shared };
    return { family: tiled, entry: "quads", constants };
  });

export const generalVariants = (): Variant[] =>
  ["forward", "backward"].map((entry) => ({ family: general, entry, constants: {} }));
