// What is asked of sampling, and the plan that answers it.
import { DeviceError, OptionError } from "../core/errors.ts";
import { requireShape, type Shape, sizeOf } from "../core/shape.ts";
import { parseSchedulerConfig } from "../diffusion/scheduler_config.ts";
import { sidesOf } from "../formats/unet_config.ts";
import type { NetworkDtype } from "../nn/half_weights.ts";
import type { DiffusionModel } from "../nn/model.ts";
import type { Weights } from "../nn/weights.ts";
import { guidedPlan } from "./guidance.ts";
import type { Plan, PlanOptions, SamplerName } from "./plan.ts";
import { partialPlan, type Repainting, repaintPlan } from "./repaint.ts";
import { samplerOf, samplingPlan } from "./sampler.ts";
import type { Images } from "./start.ts";
import type { Steering } from "./steering.ts";

export interface SampleOptions extends Partial<PlanOptions> {
  /** images to make, ≥ 1 */
  count: number;
  /** default: what the model's scheduler names, else ddpm */
  sampler?: SamplerName | undefined;
  /** keys of a scheduler_config.json, instead of the model's own */
  scheduler?: Record<string, unknown> | undefined;
  /** image n is a function of (seed, n) and the options, whatever the count */
  seed?: number | bigint | undefined;
  /** the first of the images made is this one of the seed's; default 0. So a set can be made in parts */
  firstImage?: number | undefined;
  /** x_T, [count, C, H, W], instead of noise from the seed */
  initialNoise?: Images | undefined;
  /** from the first noise of one seed to that of another, along the arc; needs a sampler without noise */
  interpolate?: readonly [number | bigint, number | bigint] | undefined;
  /**
   * the image to start from, [1 or count, C, H, W] in [−1, 1], noised to where `strength` begins;
   * for ddim-inverse the image whose noise is wanted
   */
  image?: Images | undefined;
  /** part of the steps that an image goes through, above 0 … 1; default 0.8 */
  strength?: number | undefined;
  /** keep what is known of an image, and make the rest */
  inpaint?: Inpainting | undefined;
  /** class of each image, [count], for a class-conditional model */
  classLabels?: ArrayLike<number> | undefined;
  /** w of classifier-free guidance, default 1: none. The model's last class stands for no class */
  guidance?: number | undefined;
  /** timesteps at which guidance holds, both included; default all */
  guidanceInterval?: readonly [from: number, to: number] | undefined;
  /** a loss of x̂_0 to go down at every step: `steering({ wgsl, strength, target })` */
  steer?: Steering | undefined;
  /** height and width; default the model's sample_size */
  size?: readonly [height: number, width: number] | undefined;
  /** the weights to use: the model's own, or their average */
  weights?: Weights | undefined;
  /**
   * what the network's maps are stored in; default float32, the only one with `steer`. float16 takes
   * the weights as they are when sampling begins
   */
  dtype?: NetworkDtype | undefined;
  /** ms of GPU work submitted at once, so that a page can draw in between; default: a step */
  frameBudgetMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface Inpainting extends Repainting {
  /** [1 or count, C, H, W] in [−1, 1] */
  image: Images;
  /** of its shape: 1 where the image is known, 0 where it is to be made */
  mask: Images;
}

/** [count, C, H, W] */
export type ImageShape = readonly [number, number, number, number];

/**
 * The rows of a request.
 *
 * @throws OptionError for options that are out of range or do not go together
 */
export function requestedPlan(model: DiffusionModel, options: SampleOptions): Plan {
  const scheduler = options.scheduler ?? model.scheduler;
  const config = parseSchedulerConfig(scheduler);
  const sampler = options.sampler ?? samplerOf(scheduler);
  const { steps = options.timesteps?.length ?? 50, strength = 0.8 } = options;
  const { guidance: weight = 1, guidanceInterval: interval, image, inpaint } = options;
  requireTogether({ ...options, sampler });
  if (inpaint) requireMask(inpaint.mask);
  let plan = samplingPlan(sampler, config, { ...options, steps });
  plan = guidedPlan(plan, { weight, interval });
  if (image && sampler !== "ddim-inverse") plan = partialPlan(plan, strength);
  return inpaint ? repaintPlan(plan, inpaint) : plan;
}

function requireTogether(options: SampleOptions): void {
  const {
    image,
    strength,
    inpaint,
    sampler,
    guidance = 1,
    classLabels,
    guidanceInterval,
  } = options;
  const inverse = sampler === "ddim-inverse";
  const wrong =
    (inpaint && image && "inpaint and image, as inpainting starts with noise") ||
    (strength !== undefined && !image && "strength without an image") ||
    (strength !== undefined && inverse && "strength with ddim-inverse, which goes all the way") ||
    (inverse && (inpaint || options.steer) && "ddim-inverse with inpaint or steer") ||
    (guidance !== 1 && !classLabels && "guidance without classLabels to lean towards") ||
    (guidanceInterval && guidance === 1 && "guidanceInterval without guidance");
  if (!wrong) return;
  throw new OptionError(
    "option/combination",
    `sample: options that do not go together: ${wrong}.`,
    "Leave one of them out.",
  );
}

function requireMask({ data }: Images): void {
  const wrong = data.find((value) => !(value >= 0 && value <= 1));
  if (wrong === undefined) return;
  throw new OptionError(
    "option/inpaint",
    `inpainting: a mask must be in 0 … 1, got ${wrong}.`,
    "1 where the image is known, 0 where it is to be made.",
  );
}

/**
 * Extents of the images that are asked for.
 *
 * @throws OptionError for a count that is none, noise that is not finite, and where no size is known;
 *         ShapeError for noise that does not fit; DeviceError for images that no buffer holds
 */
export function requestedShape(model: DiffusionModel, options: SampleOptions): ImageShape {
  const shape = askedShape(model, options);
  requireHeld(model, shape);
  if (options.initialNoise) requireNoise(options.initialNoise, shape);
  return shape;
}

/** Before the host makes the noise of more images than the device could hold. */
function requireHeld({ gpu }: DiffusionModel, shape: ImageShape): void {
  const most = gpu.limits.maxStorageBufferBindingSize;
  const bytes = 4 * sizeOf(shape);
  if (bytes <= most) return;
  throw new DeviceError(
    "device/too-large",
    `sample: this adapter allows ${most} bytes per storage binding, ${shape[0]} images of ` +
      `[${shape.slice(1)}] need ${bytes}.`,
    `Ask for ${Math.floor((most / bytes) * shape[0])} images or fewer at a time.`,
  );
}

function requireNoise({ data }: Images, shape: ImageShape): void {
  requireShape("sample", "the initial noise, counted,", [data.length], [sizeOf(shape)]);
  const wrong = data.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new OptionError(
    "option/start",
    `sample: the initial noise must be finite, number ${wrong} is ${data[wrong]}.`,
    "Give normal noise, or leave it out for the seed's.",
  );
}

function askedShape({ config }: DiffusionModel, options: SampleOptions): ImageShape {
  const { count, size, initialNoise, image, inpaint, firstImage = 0 } = options;
  if (!Number.isSafeInteger(firstImage) || firstImage < 0) {
    throw new OptionError(
      "option/count",
      `sample: firstImage must be a whole number, 0 or more, got ${firstImage}.`,
      "Images of a seed are counted from 0.",
    );
  }
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new OptionError(
      "option/count",
      `sample: count must be a whole number above 0, got ${count}.`,
      "Ask for one image or more.",
    );
  }
  const C = config.in_channels;
  const given = initialNoise?.shape ?? image?.shape ?? inpaint?.image.shape;
  if (given) return shapeOfGiven(given, { count, C, isNoise: initialNoise !== undefined });
  const sides = size ?? sidesOf(config);
  if (!sides) {
    throw new OptionError(
      "option/size",
      "sample: this model's config.json has no sample_size.",
      "Say the size of the images, or give the initial noise.",
    );
  }
  return [count, C, ...sides];
}

function shapeOfGiven(
  shape: Shape,
  { count, C, isNoise }: { count: number; C: number; isNoise: boolean },
): ImageShape {
  const [N, , H = 0, W = 0] = shape;
  const images = !isNoise && N === 1 ? 1 : count; // one image serves all
  requireShape("sample", isNoise ? "the initial noise" : "the image", shape, [images, C, H, W]);
  return [count, C, H, W];
}
