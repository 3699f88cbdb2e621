// wgsl_reflect's interpreter of WGSL (1.6.0), mended in two places for the kernels that are held to it.
//
// Its race detector knows an access as a range of bytes of a buffer, by an invocation, between two barriers.
import {
  CallExpr,
  detectRaces,
  MemoryTracker,
  WgslDebug,
} from "wgsl_reflect/wgsl_reflect.module.js";

/**
 * It keeps what a call returned in its syntax node, which the invocations share: all would go on with the
 * value of the last. Here every invocation, told by its stack, keeps its own.
 */
function keepReturnsApart(): void {
  const { setCachedReturnValue } = CallExpr.prototype;
  const { stepStack } = WgslDebug.prototype;
  type Stack = Parameters<typeof stepStack>[0];
  const kept = new WeakMap<Stack, Map<CallExpr, unknown>>();
  let own = new Map<CallExpr, unknown>(); // of the invocation that has its turn
  CallExpr.prototype.setCachedReturnValue = function (value: unknown) {
    own.set(this, value);
    setCachedReturnValue.call(this, value);
  };
  WgslDebug.prototype.stepStack = function (stack, ...rest) {
    const next = kept.get(stack) ?? new Map<CallExpr, unknown>();
    if (next !== own) {
      for (const node of own.keys()) node.cachedReturnValue = null;
      for (const [node, value] of next) node.cachedReturnValue = value;
      own = next;
      kept.set(stack, own);
    }
    return stepStack.call(this, stack, ...rest);
  };
}

type Access = MemoryTracker["races"][number]["a"];
type Kind = "read" | "write" | "atomic read" | "atomic write";

/** Accesses by others that a kind cannot stand beside. */
const UNORDERED: Readonly<Record<Kind, readonly Kind[]>> = {
  read: ["write", "atomic write"],
  write: ["read", "write", "atomic read", "atomic write"],
  "atomic read": ["write"],
  "atomic write": ["read", "write"],
};

/** A word since the last barrier: of each kind the first access, and the first by another invocation. */
interface Word {
  known: Partial<Record<Kind, Access[]>>;
  isReported: boolean;
}

/**
 * It compares every access between two barriers with every other one, which takes most of a run. Here each is
 * compared with those of the same words of four bytes, and a word is reported once.
 */
function compareByWords(): void {
  const phases = new WeakMap<MemoryTracker, Map<string, Word>>();
  MemoryTracker.prototype.record = function (bufferId, offset, size, kind, atomic) {
    const words = phases.get(this) ?? new Map<string, Word>();
    phases.set(this, words);
    const { currentInvocation: invocation, currentLine: line } = this;
    const access: Access = { bufferId, offset, size, kind, atomic, invocation, line };
    for (let byte = offset - (offset % 4); byte < offset + size; byte += 4) {
      const place = `byte ${byte} of ${bufferId}`;
      const word = words.get(place) ?? { known: {}, isReported: false };
      words.set(place, word);
      const other = unorderedWith(word, access);
      if (!other || word.isReported) continue;
      word.isReported = true;
      const message = `${place}: lines ${other.line} and ${line} are unordered`;
      this.races.push({ bufferId, byte, a: other, b: access, message });
    }
  };
  MemoryTracker.prototype.endPhase = function () {
    phases.get(this)?.clear();
  };
}

/** What a word was accessed by that this access cannot stand beside; it is known from then on. */
function unorderedWith({ known }: Word, access: Access): Access | undefined {
  const isOther = ({ invocation }: Access) => invocation !== access.invocation;
  const kind: Kind = access.atomic ? `atomic ${access.kind}` : access.kind;
  const others = UNORDERED[kind].flatMap((one) => known[one] ?? []);
  known[kind] ??= [];
  if (known[kind].length < 2 && known[kind].every(isOther)) known[kind].push(access);
  return others.find(isOther);
}

keepReturnsApart();
compareByWords();

export { detectRaces };
