// How much of the fault tests runs: a part in `npm test`, all of it in `npm run faults`.

const isFull = process.env.WGSL_DIFFUSION_FAULTS !== undefined;

/** How often something is tried: here, and in `npm run faults`. */
export const times = (short: number, full: number): number => (isFull ? full : short);

/** Whether all of it runs. */
export const isFullRun = isFull;
