// A folder that one page at a time may have open: a Web Lock by its name.
//
// A page that is gone holds none; inside a page it may be taken several times. Where there are no Web
// Locks (outside pages, or on plain http) nothing is locked.
import { FileError } from "../core/errors.ts";

export interface PageLock {
  /** Lets go; a second call does nothing. */
  release(): void;
}

/** A page that is being left lets go a little later than the next one asks. */
const PATIENCE_MS = 1000;

interface Held {
  /** in this page */
  users: number;
  /** gives what lets go */
  readonly taking: Promise<() => void>;
}

const held = new Map<string, Held>();

/**
 * Takes the lock of a folder.
 *
 * @throws FileError file/in-use where another page holds it
 */
export async function pageLock(path: string): Promise<PageLock | undefined> {
  const name = path.split("/").filter(Boolean).join("/");
  if (!globalThis.navigator?.locks) return undefined;
  const lock = held.get(name) ?? { users: 0, taking: taken(name) };
  held.set(name, lock);
  lock.users++;
  const release = await lock.taking.catch((error) => {
    held.delete(name);
    throw error;
  });
  let isHeld = true;
  return {
    release() {
      if (isHeld) lock.users--;
      isHeld = false;
      if (lock.users > 0 || held.get(name) !== lock) return;
      held.delete(name);
      release();
    },
  };
}

/** Resolves when the lock is held; the browser keeps it until it is let go. */
function taken(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const whenReleased = () => new Promise<void>((release) => resolve(() => release()));
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const asked = navigator.locks.request(`wgsl-diffusion:${name}`, { signal }, whenReleased);
    asked.catch((cause) => reject(inUse(name, cause)));
  });
}

const inUse = (path: string, cause: unknown): FileError =>
  new FileError(
    "file/in-use",
    `${path}: another tab or window has it open.`,
    "Close the other one, or train into a folder of another name.",
    { cause },
  );
