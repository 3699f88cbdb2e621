// The errors of this package: one base class with a code and a cure, five kinds.
//
// A message says the operation, the rule, the values and, after it, the cure:
//   ShapeError: groupNorm: groups must divide C, got groups = 8 and C = 30. Divisors of 30: 1, 2, 3, ...
// Codes are stable names for programs; the README lists them.

/** Base of every error this package throws on purpose. `hint` says what to do about it. */
export class DiffusionError extends Error {
  override name = "DiffusionError";
  /** stable name, `kind/what`: for programs, and for the table in the README */
  readonly code: string;
  /** what to do about it, in one sentence */
  readonly hint: string;

  constructor(code: string, message: string, hint: string, options?: ErrorOptions) {
    super(hint ? `${message} ${hint}` : message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** Tensors that do not fit together, or a network that cannot be built on an image. */
export class ShapeError extends DiffusionError {
  override name = "ShapeError";
}

/** An option or value outside what it may be: unknown names, numbers out of range. */
export class OptionError extends DiffusionError {
  override name = "OptionError";
}

/** The GPU: no adapter, too small a limit, an invalid command, a lost device. */
export class DeviceError extends DiffusionError {
  override name = "DeviceError";
}

/** A file or folder that is missing, unreadable, or not what it should be. */
export class FileError extends DiffusionError {
  override name = "FileError";
}

/** A safetensors file that breaks a rule of the format. */
export class SafetensorsError extends FileError {
  override name = "SafetensorsError";
}
