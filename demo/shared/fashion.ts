// The model that comes with the site: what it draws, where it lies, and how it was trained.
//
// models/fashion-mnist is a U-Net of 1,856,833 parameters, trained by this engine on Fashion-MNIST's
// 10,000 test images, 500 of them held out, at 28 × 28: 14,000 steps of 128 images in 405 s on an NVIDIA
// H200 (Dawn, Vulkan), 2026-11-28. L_simple: 0.065 at the end, 0.069 on images held out. Kept: the
// average of the weights (decay 0.9995), as float16. ../README.md has the command.

/** Fashion-MNIST's, in the order of its labels. */
export const CLASSES = [
  "T-shirt",
  "Trousers",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Boot",
] as const;

/** Any other model folder of the site is shown with ?model=ADDRESS. */
export function modelAddress(own: string, search: string): string {
  return new URLSearchParams(search).get("model") ?? own;
}
