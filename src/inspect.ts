// The door to what looks inside: where time, memory and work of a program go, what its numbers are,
// and whether the kernels are right here. Reads and reports; changes nothing but by `replace`.
export {
  type StepReport,
  type StepSource,
  stepModel,
  stepReport,
  stepTrainer,
} from "./bench/step_report.ts";
export { type Ceilings, measureCeilings } from "./inspect/ceilings.ts";
export { type DeviceReport, deviceReport, openDeviceReport } from "./inspect/device_report.ts";
export { type DumpedDispatch, dumpGraph, graphviz } from "./inspect/graph_dump.ts";
export { type LayerErrors, layerErrors } from "./inspect/layer_errors.ts";
export {
  liveBytes,
  type MappedTensor,
  type MemoryMap,
  memoryMap,
  memoryMapSvg,
} from "./inspect/memory_map.ts";
export { firstNotFinite, type WrittenNumbers, writtenNumbers } from "./inspect/numbers.ts";
export {
  type DispatchProfile,
  type Profile,
  profileProgram,
  sumsBy,
  type WorkSum,
} from "./inspect/profile.ts";
export {
  type ReplacedTime,
  type ReplacementSource,
  replacementFamily,
  requireReplacement,
  shaderFamilies,
  testReplacement,
  timeReplacement,
} from "./inspect/replace.ts";
export { accountOf, type Roofline, roofline, rooflineSvg } from "./inspect/roofline.ts";
export { type SelfTestOptions, type SelfTestResult, selfTest } from "./inspect/self_test.ts";
export { chromeTrace, type HostTimes } from "./inspect/trace.ts";
