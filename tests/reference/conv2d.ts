// 2-D convolution and its gradients in float64, from the definition. The twin of conv2d.wgsl.
//
//   z = pad(upsample(concat(x, x2)))          each step where asked for; the padding is zeros
//   y[n, o, i, j] = bias[o] + Σ_{c,u,v} weight[o, c, u, v] · z[n, c, i·stride + u, j·stride + v]
//
// Cross-correlation, as PyTorch. Every tensor enters linearly: with `absoluteAll` of the inputs
// (and |dy|) the same functions give Σ|terms| of y and of each gradient.
import { concatChannels, concatChannelsBackward } from "./concat.ts";
import { extents4, type NdArray, ndarray } from "./ndarray.ts";
import { upsampleNearest2x, upsampleNearest2xBackward } from "./resample.ts";

export interface Conv2dInputs {
  /** [N, C1, H, W] */
  x: NdArray;
  /** [N, C2, H, W]: further channels, after those of x */
  x2?: NdArray | undefined;
  /** [O, C1 + C2, KH, KW] */
  weight: NdArray;
  /** [O] */
  bias?: NdArray | undefined;
}

/** Pixels of zeros on each side, put after the upsampling. */
export interface Padding {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

export interface Conv2dOptions {
  stride?: number;
  padding?: Padding;
  /** each pixel of the input becomes 2×2 first */
  upsample?: boolean;
}

export interface Conv2dGradients {
  dx: NdArray;
  dx2?: NdArray;
  dweight: NdArray;
  dbias: NdArray;
}

const NO_PADDING: Padding = { top: 0, bottom: 0, left: 0, right: 0 };

export function conv2d(inputs: Conv2dInputs, options: Conv2dOptions = {}): NdArray {
  const { weight, bias } = inputs;
  const { stride = 1 } = options;
  const z = prologue(inputs, options);
  const [N, , H, W] = extents4(z);
  const [O, , KH, KW] = extents4(weight);
  const [outH, outW] = [outExtent(H, KH, stride), outExtent(W, KW, stride)];
  const y = ndarray([N, O, outH, outW]);
  if (bias) {
    y.data.forEach((_, i) => {
      y.data[i] = bias.data[Math.floor(i / (outH * outW)) % O]!;
    });
  }
  eachProduct(y, z, weight, stride, (iy, iz, iw) => {
    y.data[iy]! += weight.data[iw]! * z.data[iz]!;
  });
  return y;
}

/** Gradients of Σ y·dy; dbias also where there was no bias. */
export function conv2dBackward(
  inputs: Conv2dInputs,
  dy: NdArray,
  options: Conv2dOptions = {},
): Conv2dGradients {
  const { x, x2, weight } = inputs;
  const { stride = 1, padding = NO_PADDING, upsample = false } = options;
  const z = prologue(inputs, options);
  const dz = ndarray(z.shape);
  const dweight = ndarray(weight.shape);
  eachProduct(dy, z, weight, stride, (iy, iz, iw) => {
    dz.data[iz]! += dy.data[iy]! * weight.data[iw]!;
    dweight.data[iw]! += dy.data[iy]! * z.data[iz]!;
  });

  const inner = unpad(dz, padding);
  const dInput = upsample ? upsampleNearest2xBackward(inner) : inner;
  const dbias = biasGradient(dy);
  if (!x2) return { dx: dInput, dweight, dbias };
  const { da, db } = concatChannelsBackward(dInput, extents4(x)[1]);
  return { dx: da, dx2: db, dweight, dbias };
}

/** dbias[o] = Σ_{n,i,j} dy[n, o, i, j]. */
function biasGradient(dy: NdArray): NdArray {
  const [, O, outH, outW] = extents4(dy);
  const dbias = ndarray([O]);
  dy.data.forEach((value, i) => {
    dbias.data[Math.floor(i / (outH * outW)) % O]! += value;
  });
  return dbias;
}

/** Visits every product of the definition: where its y, its z and its weight lie. */
function eachProduct(
  y: NdArray,
  z: NdArray,
  weight: NdArray,
  stride: number,
  visit: (iy: number, iz: number, iw: number) => void,
): void {
  const [N, O, outH, outW] = extents4(y);
  const [, C, H, W] = extents4(z);
  const [, , KH, KW] = extents4(weight);
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < O; o++) {
      for (let i = 0; i < outH; i++) {
        for (let j = 0; j < outW; j++) {
          for (let c = 0; c < C; c++) {
            for (let u = 0; u < KH; u++) {
              for (let v = 0; v < KW; v++) {
                const iy = ((n * O + o) * outH + i) * outW + j;
                const iz = ((n * C + c) * H + i * stride + u) * W + j * stride + v;
                visit(iy, iz, ((o * C + c) * KH + u) * KW + v);
              }
            }
          }
        }
      }
    }
  }
}

const outExtent = (extent: number, kernel: number, stride: number) =>
  Math.floor((extent - kernel) / stride) + 1;

function prologue({ x, x2 }: Conv2dInputs, options: Conv2dOptions): NdArray {
  const { padding = NO_PADDING, upsample = false } = options;
  const input = x2 ? concatChannels(x, x2) : x;
  return pad(upsample ? upsampleNearest2x(input) : input, padding);
}

function pad(x: NdArray, { top, bottom, left, right }: Padding): NdArray {
  const [N, C, H, W] = extents4(x);
  const z = ndarray([N, C, top + H + bottom, left + W + right]);
  eachInner(x, z, { top, left }, (inner, outer) => (z.data[outer] = x.data[inner]!));
  return z;
}

function unpad(dz: NdArray, { top, bottom, left, right }: Padding): NdArray {
  const [N, C, H, W] = extents4(dz);
  const dx = ndarray([N, C, H - top - bottom, W - left - right]);
  eachInner(dx, dz, { top, left }, (inner, outer) => (dx.data[inner] = dz.data[outer]!));
  return dx;
}

function eachInner(
  inner: NdArray,
  outer: NdArray,
  { top, left }: Pick<Padding, "top" | "left">,
  visit: (inner: number, outer: number) => void,
): void {
  const [N, C, H, W] = extents4(inner);
  const [, , outerH, outerW] = extents4(outer);
  for (let nc = 0; nc < N * C; nc++) {
    for (let h = 0; h < H; h++) {
      for (let w = 0; w < W; w++) {
        visit((nc * H + h) * W + w, (nc * outerH + h + top) * outerW + w + left);
      }
    }
  }
}
