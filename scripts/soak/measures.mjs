// What a long run is measured by.

/** Bytes of the JavaScript heap in use, after a collection. Needs node --expose-gc. */
export async function heapBytes() {
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/**
 * The longest submission, in ms, while something runs: from when the one before was done, or from when it
 * was submitted, until it is done.
 */
export async function watchSubmissions(gpu, run) {
  const submit = gpu.submit;
  let longestMs = 0;
  let free = performance.now(); // since when the queue was done with what came before
  gpu.submit = (commands) => {
    const submitted = performance.now();
    submit.call(gpu, commands);
    gpu.device.queue.onSubmittedWorkDone().then(() => {
      const done = performance.now();
      longestMs = Math.max(longestMs, done - Math.max(free, submitted));
      free = done;
    });
  };
  try {
    await run();
    await gpu.idle();
  } finally {
    gpu.submit = submit;
  }
  return longestMs;
}

export const growthOf = (first, last) => ({ first, last, growth: last / first - 1 });

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
