// The choices among kernels that this package ships for the software adapters: data/choices/, which
// `npm run choices` measures.
import { readBytesIfAny } from "./files.ts";

const FOLDER = new URL("../../data/choices/", import.meta.url);

/**
 * For `Gpu.choices`, in Node: what was clearly faster than the first candidate in the networks that this
 * package is measured by; by names without the shaders' hashes.
 *
 * @param software  of `gpu.target`
 * @returns nothing for other adapters: tune there
 * @throws FileError where the file cannot be read
 */
export async function shippedChoices(
  software: string | undefined,
): Promise<Record<string, string>> {
  const bytes = software && (await readBytesIfAny(new URL(`${software}.json`, FOLDER)));
  return bytes ? JSON.parse(new TextDecoder().decode(bytes)).choices : {};
}
