// Promises that must end in time; it runs in pages too.

export interface Settled {
  /** undefined: it was fulfilled */
  error: unknown;
  ms: number;
}

/** How a promise ends, and after how long. @throws Error where it is pending after `mostMs` */
export async function settled(promise: Promise<unknown>, mostMs: number): Promise<Settled> {
  const started = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`pending after ${mostMs} ms`);
    timer = setTimeout(() => reject(error), mostMs);
  });
  const end = promise.then(
    () => undefined,
    (error) => error ?? new Error("rejected with nothing"),
  );
  const error = await Promise.race([end, late]);
  clearTimeout(timer);
  return { error, ms: performance.now() - started };
}
