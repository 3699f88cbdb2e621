// safetensors files put together by hand, right or wrong: nothing here checks anything.

/** 8 bytes of header length, the header's text as it stands, `dataBytes` bytes counting up. */
export function rawFile(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  for (let i = 0; i < dataBytes; i++) file[8 + text.length + i] = i % 251;
  return file;
}

/** The header entry of a tensor; what is not given is right for 4 float32 numbers at the start. */
export function entry(parts: { dtype?: unknown; shape?: unknown; offsets?: unknown } = {}): string {
  const { dtype = "F32", shape = [4], offsets = [0, 16] } = parts;
  return `{"dtype":${show(dtype)},"shape":${show(shape)},"data_offsets":${show(offsets)}}`;
}

/** JSON, with text beginning with "=" taken as it stands: "=1e400". */
function show(value: unknown): string {
  if (typeof value === "string" && value.startsWith("=")) return value.slice(1);
  return JSON.stringify(value);
}

/** A file that says only how long its header is. */
export function lengthOnly(length: bigint): Uint8Array {
  const file = new Uint8Array(64);
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
}
