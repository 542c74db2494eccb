export type { DeviceCsr, DeviceMemory, Floats, Ints, Segments } from './arrays.js';
export { bfloatElements } from './bfloatGemm.js';
export { CardGroup } from './cards/cardGroup.js';
export { cardKernels } from './cards/cardKernels.js';
export { CardMemory } from './cards/cardMemory.js';
export type { Card, Cards } from './cards/cardTransfers.js';
export { CudaDevice } from './cuda/cudaDevice.js';
export type { Device, DeviceChoice, DeviceName, IdPart, MemoryContent, MemoryScope, SortedIds } from './device.js';
export type {
  GradientCheck,
  HostCall,
  HostCsr,
  KernelCase,
  KernelSpec,
  Sizes,
  StepInputs,
  Tolerance,
} from './kernel.js';
export { addonFile, type CudaUsage, type EmulatedAddon, loadEmulatedAddon } from './native.js';
export { chooseDevice, instructionSets, type OpenOptions, openDevice, usefulThreads } from './open.js';
export { PRECISIONS, type Precision, precisionTolerance } from './precision.js';
export type { RandomLaw } from './randomValues.js';
export { type RecordedWork, type Recorder, Unrecordable } from './recorder.js';
export { segmentsOf } from './sortSegments.js';
export { type CallOf, definitions, type KernelDefinition, type KernelName, type Kernels, specs } from './specs.js';
export type { UnaryFunction } from './unary.js';
