// Ceilings of no device, in round numbers.
import type { Ceilings } from "../../src/inspect/ceilings.ts";

export const CEILINGS: Ceilings = {
  fma_f32_gflops_per_s: 100,
  fma_f16_gflops_per_s: null,
  storage_gbytes_per_s: 8,
  storage_bytes: 2 ** 26,
  cache_gbytes_per_s: 10,
  workgroup_gbytes_per_s: 20,
  dispatch_us: 100,
  submit_us: 20,
  round_trip_us: 1000,
  timestamp_grain_ns: 1,
};
