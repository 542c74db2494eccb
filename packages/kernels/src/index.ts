export type { Kernels, RandomLaw, UnaryFunction } from './contract.js';
export { CudaDevice, type CudaUsage } from './cudaDevice.js';
export type {
  Device,
  DeviceCsr,
  DeviceMemory,
  DeviceName,
  Floats,
  IdPart,
  Ints,
  MemoryContent,
  SortedIds,
} from './device.js';
export type {
  CallOf,
  GradientCheck,
  HostCall,
  HostCsr,
  KernelCase,
  KernelDefinition,
  KernelName,
  Tolerance,
} from './kernel.js';
export { type EmulatedAddon, loadEmulatedAddon } from './native.js';
export { chooseDevice, instructionSets, type OpenOptions, openDevice } from './open.js';
export {
  checkParity,
  compareWithExpected,
  type DeviceRun,
  expectedCall,
  outputBytes,
  type Placement,
  runOnDevice,
} from './parity.js';
export { type Segments, segmentsOf } from './sortSegments.js';
export { specs } from './specs.js';
