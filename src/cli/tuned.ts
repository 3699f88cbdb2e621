// Where `tune` leaves what it found, and `--tuned` of other commands finds it.
import { basename, dirname, join } from "node:path";
import { Option } from "commander";
import type { Choices, Gpu } from "../device/gpu.ts";
import { FolderStorage } from "../platform/folder_storage.ts";
import { shippedChoices } from "../platform/shipped_choices.ts";
import { cacheFolder } from "../platform/unpack.ts";
import { savedChoices, type TuningPlace } from "../train/tuning.ts";

interface CliPlace extends TuningPlace {
  storage: FolderStorage;
}

/** A file, or that of this adapter in the user's cache. */
export async function tuningPlace(file: string | undefined): Promise<CliPlace> {
  if (file === undefined)
    return { storage: new FolderStorage(join(await cacheFolder(), "tuning")) };
  return { storage: new FolderStorage(dirname(file)), file: basename(file) };
}

/** `--tuned`, of the commands that run a network. */
export const tunedOption = (): Option =>
  new Option(
    "--tuned [file]",
    "the kernels that `tune` found fastest for this adapter, in the user's cache or FILE, then those shipped",
  );

/** The choices that `--tuned` asks for; none where it is not given. */
export async function tunedChoices(
  gpu: Gpu,
  tuned: string | boolean | undefined,
): Promise<Choices> {
  if (!tuned) return {};
  const file = tuned === true ? undefined : tuned;
  const own = await savedChoices(gpu, await tuningPlace(file));
  const shipped = await shippedChoices(gpu.target.software);
  const [count, more] = [own, shipped].map((choices) => Object.keys(choices).length);
  const where = file ? ` in ${file}` : "";
  process.stderr.write(
    count
      ? `${count} tuned choices${where}, ${more} shipped\n`
      : `nothing is tuned for this adapter${where}, ${more} choices are shipped: run \`wgsl-diffusion tune\`\n`,
  );
  return { ...shipped, ...own };
}
