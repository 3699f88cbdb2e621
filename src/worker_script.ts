// The body of a worker: importing it is all that a worker has to do.
import { serve } from "./worker/server.ts";

export { type ServeOptions, serve } from "./worker/server.ts";

const scope = globalThis as typeof globalThis & { WorkerGlobalScope?: unknown };

/** Whether this is a worker, which serves its page from here on. */
export const isServing = scope.WorkerGlobalScope !== undefined && "postMessage" in scope;

if (isServing) serve(scope as unknown as Worker);
