// Weights in several files: diffusers' index of shards, strictly read. Writing is in
// shards_write.ts.
//
// The index says which file holds which tensor. Files are taken from the index's own folder only,
// and each must hold just the tensors that the index gives it.
import { FileError } from "../core/errors.ts";
import type { OpenFile } from "./byte_source.ts";
import { isJsonObject, parseJsonObject, showValue } from "./json.ts";
import { type OpenTensor, openSafetensors } from "./safetensors_open.ts";

const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*\.safetensors$/;
const MOST_SHARDS = 1000;

/**
 * The tensors of all shards, none of them read.
 *
 * @param index  bytes of `….safetensors.index.json`
 * @param name   of the index, for the errors
 * @param open   a file of the same folder; undefined where there is none
 * @throws FileError for an index that is none, names another folder, or does not agree with the
 *         files; SafetensorsError for a shard that is damaged
 */
export async function openShards(
  index: Uint8Array,
  name: string,
  open: OpenFile,
): Promise<Map<string, OpenTensor>> {
  const tensors = new Map<string, OpenTensor>();
  for (const [file, expected] of shardsOf(index, name)) {
    const content = await open(file);
    if (!content) throw indexError(`${name}: the shard ${file} is missing.`, "Fetch it too.");
    const shard = await openSafetensors(content, file);
    for (const tensor of expected) {
      const stored = shard.get(tensor);
      if (!stored) throw indexError(`${name}: "${tensor}" must be in ${file}, but is not there.`);
      tensors.set(tensor, stored);
    }
    if (shard.size === expected.size) continue;
    const extra = [...shard.keys()].find((tensor) => !expected.has(tensor));
    throw indexError(`${name}: ${file} holds "${extra}", which the index does not say.`);
  }
  return tensors;
}

/** file → names of its tensors */
function shardsOf(index: Uint8Array, name: string): Map<string, Set<string>> {
  const { weight_map: weightMap } = parseJsonObject(index, name);
  if (!isJsonObject(weightMap)) {
    throw indexError(`${name}: weight_map must name a file a tensor, got ${showValue(weightMap)}.`);
  }
  const shards = new Map<string, Set<string>>();
  for (const [tensor, file] of Object.entries(weightMap)) {
    if (typeof file !== "string" || !FILE_NAME.test(file)) {
      const rule = `"${tensor}" must be in a .safetensors file of the same folder`;
      throw indexError(`${name}: ${rule}, got ${showValue(file)}.`);
    }
    const names = shards.get(file) ?? new Set();
    shards.set(file, names.add(tensor));
  }
  if (shards.size >= 1 && shards.size <= MOST_SHARDS) return shards;
  throw indexError(`${name}: an index has 1 … ${MOST_SHARDS} files, got ${shards.size}.`);
}

const indexError = (message: string, hint = "Save the model again, or fetch all its files anew.") =>
  new FileError("file/shards", message, hint);
