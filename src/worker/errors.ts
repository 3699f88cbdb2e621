// Errors on their way between a worker and its page: the same class, code and hint on the other side.
import {
  DeviceError,
  DiffusionError,
  FileError,
  OptionError,
  SafetensorsError,
  ShapeError,
} from "../core/errors.ts";
import type { ErrorRecord } from "./messages.ts";

const CLASSES = {
  DeviceError,
  DiffusionError,
  FileError,
  OptionError,
  SafetensorsError,
  ShapeError,
};
const MOST_CAUSES = 4;

/** An error, or whatever was thrown, as data. */
export function recordOf(thrown: unknown, causes = MOST_CAUSES): ErrorRecord {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown) };
  const { name, message, stack, cause } = thrown;
  const record: ErrorRecord = { name, message, stack };
  if (cause !== undefined && causes > 0) record.cause = recordOf(cause, causes - 1);
  if (!(thrown instanceof DiffusionError)) return record;
  const { code, hint } = thrown;
  return { ...record, code, hint };
}

/** The error again. Its stack is the worker's; classes that are not the package's become `Error`. */
export function errorOf({ name, message, code, hint = "", stack, cause }: ErrorRecord): Error {
  const options = cause ? { cause: errorOf(cause) } : {};
  const error = code === undefined ? foreign(name, message, options) : own();
  if (stack) Object.defineProperty(error, "stack", { value: stack, configurable: true });
  return error;

  function own(): DiffusionError {
    const Class = Object.hasOwn(CLASSES, name)
      ? CLASSES[name as keyof typeof CLASSES]
      : DiffusionError;
    const end = ` ${hint}`; // which the class appends
    const said = hint && message.endsWith(end) ? message.slice(0, -end.length) : message;
    return new Class(code ?? "", said, hint, options);
  }
}

function foreign(name: string, message: string, options: ErrorOptions): Error {
  const error = new Error(message, options);
  error.name = name;
  return error;
}
