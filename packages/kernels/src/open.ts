import { AmrError } from '@agentmmrec/core';
import { openCardGroup } from './cards/cardGroup.js';
import { openCudaDevice } from './cuda/cudaDevice.js';
import type { Device, DeviceChoice, DeviceName } from './device.js';
import { HostDevice } from './hostDevice.js';
import type { HostCall } from './kernel.js';
import {
  absentKernel,
  asAmrError,
  environmentOptions,
  loadAddon,
  loadEmulatedAddon,
  type NativeAddon,
  type NativeFunction,
  prebuiltPackages,
} from './native.js';
import { type CallOf, type KernelDefinition, type KernelName, type Kernels, specs } from './specs.js';

/** How a device is opened. */
export interface OpenOptions {
  /**
   * Threads the device may use, 1 to 256. Default: `AMR_THREADS`, else `usefulThreads()`. Results do not depend on it. Threads of
   * JavaScript that compute at about the same time get an equal part of them each.
   */
  readonly threads?: number;
  /** avx512, avx2, neon, scalar or emulated16. Default: `AMR_ISA`, else the best the processor has. */
  readonly isa?: string;
  /**
   * Keeps each thread but the caller's on the memory node (NUMA) of its part of the work. Default: `AMR_PIN` (`on`), else false. Without
   * effect where there is one node.
   */
  readonly pinned?: boolean;
  /** The most memory a CUDA device may hold. Default: as much as the card has. */
  readonly memoryLimitBytes?: number;
  /**
   * The cuBLAS a CUDA device takes for products, by name or path. Default: `AMR_CUBLAS`, else the first of the machine's that starts
   * (the device's description says so). '' or `none`: products are by our own kernel.
   */
  readonly blasLibrary?: string;
  /** The NCCL that several cards take, as `blasLibrary`. Default: `AMR_NCCL`, else the loader's; without one they copy from each other. */
  readonly ncclLibrary?: string;
  /** Whether training steps of a CUDA device are recorded and launched as one. Default true; the numbers are the same. */
  readonly recordsWork?: boolean;
}

/**
 * Opens a device. `auto` takes a usable card where the build has CUDA, else the CPU (see `chooseDevice` for why).
 * `reference` runs the float64 TypeScript versions of the kernels: slow, for tests. Throws AmrError (`kind: 'input'`) for a
 * device, instruction set or number of threads that cannot be had; `cuda` never falls back to the CPU.
 */
export function openDevice(name: DeviceChoice, options: OpenOptions = {}): Device {
  if (name === 'auto') return chooseDevice(options).device;
  if (name === 'cpu') return openCpu(options);
  if (name === 'reference')
    return new HostDevice('reference', 'float64 references in TypeScript', referenceKernels(), () => 0);
  const { kind, cards } = cardsOf(name);
  if (kind === 'cuda') return openCards(kind, loadAddon(), cards, options);
  if (kind === 'cuda-emulated') {
    return openCards(kind, loadEmulatedAddon(), cards, { blasLibrary: '', ncclLibrary: 'none', ...options });
  }
  throw new AmrError({
    what: 'device',
    got: String(name),
    expected: 'auto, cpu, cuda, cuda-emulated or reference; cards by number as in cuda:0,1',
    hint: 'use --device auto',
  });
}

/** The numbers behind a colon; none where no card is named. */
function cardsOf(name: string): { kind: string; cards: readonly number[] } {
  const [kind, list, ...more] = name.split(':');
  if (list === undefined) return { kind, cards: [] };
  const cards = list.split(',').map(Number);
  const isRight = more.length === 0 && /^\d+(,\d+)*$/.test(list) && new Set(cards).size === cards.length;
  if (isRight) return { kind, cards };
  throw new AmrError({
    what: 'device',
    got: name,
    expected: 'numbers of cards, each once, as in cuda:0,1',
    hint: 'nvidia-smi lists the cards; cuda alone is the first',
  });
}

/** What `auto` takes, and the reason in words. Threads or an instruction set ask for the CPU. */
export function chooseDevice(options: OpenOptions = {}): { device: Device; reason: string } {
  if (options.threads !== undefined || options.isa !== undefined)
    return { device: openCpu(options), reason: 'cpu, because options of the CPU are given' };
  try {
    return { device: openCard(options), reason: 'cuda, because the build has CUDA and there is a usable card' };
  } catch (error) {
    if (!(error instanceof AmrError) || error.kind !== 'input') throw error;
    return { device: openCpu(options), reason: `cpu, because ${error.got}` };
  }
}

function openCard(options: OpenOptions): Device {
  return openCards('cuda', loadAddon(), [], options);
}

function openCards(
  name: 'cuda' | 'cuda-emulated',
  { openCuda, openCudaGroup }: Pick<NativeAddon, 'openCuda' | 'openCudaGroup'>,
  cards: readonly number[],
  options: OpenOptions,
): Device {
  if (openCudaGroup && cards.length > 1) return openCardGroup(name, openCudaGroup, cards, options);
  if (openCuda) return openCudaDevice(name, openCuda, { ...options, ...(cards.length === 1 && { card: cards[0] }) });
  const prebuilt = prebuiltPackages().find((name) => name.endsWith('-cuda'));
  throw new AmrError({
    what: 'device cuda',
    got: 'this build has no CUDA back end',
    expected: 'a build made where nvcc is found',
    hint: `use --device cpu, or install the CUDA toolkit and run npm run build:native${prebuilt ? ` in a checkout, npm install ${prebuilt} where it is installed as a package` : ''}`,
  });
}

/** The instruction sets `openDevice('cpu', { isa })` accepts here, best first. */
export function instructionSets(): string[] {
  return loadAddon().instructionSets();
}

/** Threads that are worth starting: the processors this process may use, at most what its control groups (a container's quota) grant. */
export function usefulThreads(): number {
  return loadAddon().openCpu(undefined, undefined, false).threads;
}

function openCpu(options: OpenOptions): Device {
  const addon = loadAddon();
  const environment = environmentOptions();
  try {
    const pinned = options.pinned ?? environment.pinned ?? false;
    const cpu = addon.openCpu(options.isa ?? environment.isa, options.threads ?? environment.threads, pinned);
    const threads = cpu.threads === 1 ? '1 thread' : `${cpu.threads} threads`;
    return new HostDevice('cpu', `${cpu.isa}, ${threads}`, nativeKernels(cpu.kernels, 'cpu'), (b) =>
      addon.prepareMemory(b, cpu.threads, pinned),
    );
  } catch (error) {
    throw asAmrError(error, 'input', 'leave AMR_ISA and AMR_THREADS unset to let the machine decide');
  }
}

/** The contract's kernels over an addon's functions. A kernel the addon lacks is an error when it is called. */
export function nativeKernels(functions: Readonly<Record<string, NativeFunction>>, device: DeviceName): Kernels {
  const kernels = specs.map((definition) => [
    definition.name,
    nativeKernel(definition, functions[definition.name], device),
  ]);
  return Object.fromEntries(kernels) as Kernels;
}

function nativeKernel(definition: KernelDefinition<KernelName>, run: NativeFunction | undefined, device: DeviceName) {
  if (!run) return absentKernel(definition.name, device);
  return (call: CallOf<KernelName>): void => {
    try {
      run(...definition.positional(call));
    } catch (error) {
      throw asAmrError(error, 'internal', 'this is a mistake in the program, please report it');
    }
  };
}

function referenceKernels(): Kernels {
  const kernels = specs.map((definition) => [
    definition.name,
    (call: CallOf<KernelName>) => definition.reference(call as HostCall<CallOf<KernelName>>),
  ]);
  return Object.fromEntries(kernels) as Kernels;
}
