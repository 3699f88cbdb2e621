// What both pages of this folder draw: a class-conditional model of ten classes, and where it lies.

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
