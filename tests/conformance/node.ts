// The records on Dawn in Node, and the mutation test of barriers; loaded by scripts/conformance.mjs.
import { Gpu } from "../../src/device/gpu.ts";
import { openGpu } from "../../src/platform/node_gpu.ts";
import { RECORDS } from "../kernels/records/records.ts";
import { kernelsWithBarriers, type Mutation, mutationsOf } from "../support/mutations.ts";
import { conform, type DeviceResult } from "./run.ts";

type Driver = "swiftshader" | "lavapipe";

const open = async (adapter: Driver) => Gpu.open({ gpu: (await openGpu({ adapter })).gpu });

/** @throws DeviceError device/no-driver where the driver is not installed */
export async function conformInNode(adapter: Driver): Promise<DeviceResult> {
  const gpu = await open(adapter);
  const result = await conform(gpu);
  gpu.dispose();
  return result;
}

export async function mutateBarriers(): Promise<Mutation[]> {
  const gpu = await open("swiftshader");
  const mutations: Mutation[] = [];
  for (const kernel of kernelsWithBarriers(RECORDS)) {
    mutations.push(...(await mutationsOf(kernel, async () => gpu)));
  }
  gpu.dispose();
  return mutations;
}
