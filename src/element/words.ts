// What <diffusion-canvas> says in place of a picture: what happened, and what to do.

const WORDS: Readonly<Record<string, string>> = {
  "device/unsupported":
    "This browser has no WebGPU here, so no picture can be drawn. Open the page in a current Chrome, " +
    "Edge, Safari or Firefox, at an address that begins with https://.",
  "device/no-adapter":
    "This browser has WebGPU, but no GPU to offer it. Switch on hardware acceleration in the browser’s " +
    "settings, and load the page again.",
  "device/lost": "The browser lost the GPU, and the picture with it. Load the page again.",
};

/** For a person who reads the page; undefined where the error is for its author alone. */
export const wordsFor = (code: string): string | undefined => WORDS[code];

/** Of the picture, for those who do not see it. */
export function labelFor(count: number): string {
  return count === 1
    ? "A picture drawn by a diffusion model"
    : `${count} pictures drawn by a diffusion model`;
}
