// Writes weights as one safetensors file, or as several with diffusers' index where they are large.
import { jsonText } from "./json.ts";
import { writeSafetensors } from "./safetensors_write.ts";
import type { StoredTensor } from "./stored_tensor.ts";

/** Node 20 neither reads nor writes more at once. */
export const MOST_SHARD_BYTES = 2e9;

type Named = readonly [name: string, tensor: StoredTensor];

/**
 * The files of a model's weights, by name.
 *
 * Shards are filled in the order of the names; a tensor larger than a shard has one of its own.
 *
 * @param name            of a single file, "….safetensors"; shards are "…-00001-of-00002.safetensors",
 *                        their index "….safetensors.index.json"
 * @param mostShardBytes  of the tensors in a file
 */
export function writeShards(
  tensors: Iterable<Named>,
  name: string,
  mostShardBytes: number = MOST_SHARD_BYTES,
): [name: string, bytes: Uint8Array][] {
  const all = [...tensors];
  const totalBytes = all.reduce((sum, [, { bytes }]) => sum + bytes.length, 0);
  const write = (part: readonly Named[]) => writeSafetensors(part, { format: "pt" }); // asked for
  if (totalBytes <= mostShardBytes) return [[name, write(all)]];

  const shards = shardsOf(all, mostShardBytes);
  const stem = name.replace(/\.safetensors$/, "");
  const five = (n: number) => String(n).padStart(5, "0");
  const nameOf = (i: number) => `${stem}-${five(i + 1)}-of-${five(shards.length)}.safetensors`;
  const places = shards.flatMap((shard, i) => shard.map(([tensor]) => [tensor, nameOf(i)]));
  const index = {
    metadata: { total_size: totalBytes },
    weight_map: Object.fromEntries(places.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1))),
  };
  const files = shards.map((shard, i): [string, Uint8Array] => [nameOf(i), write(shard)]);
  return [...files, [`${name}.index.json`, new TextEncoder().encode(jsonText(index))]];
}

function shardsOf(tensors: readonly Named[], mostBytes: number): Named[][] {
  const shards: Named[][] = [];
  let room = 0;
  for (const named of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const size = named[1].bytes.length;
    if (size > room || shards.length === 0) {
      shards.push([]);
      room = mostBytes;
    }
    shards.at(-1)!.push(named);
    room -= size;
  }
  return shards;
}
