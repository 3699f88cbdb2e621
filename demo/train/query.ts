// The quick mode, for tests and for the impatient: numbers in the page's address.
//
//   ?steps=12&batch=4&every=6&count=4&sampler-steps=3
//
//   steps          training steps of a run
//   batch          images a step
//   every          training steps between two sample grids
//   count          images in a grid
//   sampler-steps  steps of the sampler for a grid
//
// Each is a whole number above 0; what is left out, or is no such number, is the adapter's preset.

/** What a run is to do; what is left out is the preset's for the adapter. */
export interface RunRequest {
  /** of starting weights, images, timesteps and noise */
  seed: number;
  /** of training */
  steps?: number | undefined;
  /** images a step */
  batch?: number | undefined;
  /** steps between two sample grids */
  every?: number | undefined;
  /** images in a grid */
  count?: number | undefined;
  /** steps of the sampler for a grid */
  samplerSteps?: number | undefined;
}

export function askedInAddress(search: string): Omit<RunRequest, "seed"> {
  const query = new URLSearchParams(search);
  const number = (name: string): number | undefined => {
    const value = Number(query.get(name));
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
  };
  return {
    steps: number("steps"),
    batch: number("batch"),
    every: number("every"),
    count: number("count"),
    samplerSteps: number("sampler-steps"),
  };
}
