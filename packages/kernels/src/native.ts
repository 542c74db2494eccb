import { createRequire } from 'node:module';
import { AmrError, whenUsed } from '@agentmmrec/core';

/** A kernel of the addon: positional arguments in the order of its `read` in native/kernels. */
export type NativeFunction = (...positional: unknown[]) => void;

/** What the addon exports; see native/addon/addon.cpp. */
export interface NativeAddon {
  /** The instruction sets this build and processor have, best first. */
  instructionSets(): string[];
  /**
   * The kernels bound to an instruction set (the best when undefined), a number of threads (the useful ones when undefined), and to
   * helpers that stay on one memory node each or go where the system puts them.
   */
  openCpu(isa: string | undefined, threads: number | undefined, pinned?: boolean): NativeCpu;
  /** Threads of this JavaScript thread's last kernel call on the CPU that had work for more than one. */
  lastShare(): number;
  /** Bytes to the first 64-byte boundary of a new buffer; large ones are given huge pages and touched by that many threads. */
  prepareMemory(buffer: ArrayBuffer, threads: number, pinned: boolean): number;
  /** The first card; absent in a build without CUDA. */
  openCuda?: OpenCuda;
  /** Several cards; absent as openCuda. */
  openCudaGroup?: OpenCudaGroup;
}

/** The addon's reference to device memory; only native code looks inside. */
export type Handle = object;

/** An open card, as the addon hands it out; see native/addon/cudaDevice.h. */
export interface NativeCuda {
  readonly description: string;
  readonly kernels: Readonly<Record<string, NativeFunction>>;
  allocate(length: number, isInt: boolean, zeroed: boolean): Handle;
  view(handle: Handle, start: number, end: number): Handle;
  release(handle: Handle): void;
  write(handle: Handle, values: Float32Array | Int32Array): void;
  /** Fills `target` with the memory's values, after everything launched before. */
  read(handle: Handle, target: Float32Array | Int32Array): void;
  /** See native/addon/cudaIds.h. */
  sortIds(outputs: readonly Handle[], parts: readonly Handle[], adds: readonly number[], perRow: number): void;
  shuffledIds(out: Handle, key0: number, key1: number): void;
  gatherIds(out: Handle, table: Handle, ids: Handle, width: number): void;
  /** See native/addon/cudaSteps.h, as the next three. */
  record(body: () => void): { run(): void; release(): void };
  sliceIds(outs: readonly Handle[], tables: readonly Handle[], clock: Handle): void;
  noteLoss(losses: Handle, loss: Handle, clocks: readonly Handle[]): void;
  adamTables(clock: Handle, tables: readonly Handle[], settings: readonly number[]): void;
  /** Of the products that `gemm` launches from now on: 0 fp32, 1 tf32, 2 bf16; the last two only where `hasBlas`. */
  setPrecision(precision: number): void;
  /** See native/addon/cudaDevice.cpp: 0 alone, 1 and 2 the halves of calls that sum over columns, 3 products of some of the columns. */
  setShare(phase: 0 | 1 | 2 | 3, blocks?: Handle, cards?: number, card?: number): void;
  /** out[.., d] = rows card, card + cards, ... of x[.., d]. */
  takeTurns(out: Handle, x: Handle, d: number, cards: number, card: number): void;
  /** Whether products are by cuBLAS. */
  readonly hasBlas: boolean;
  startTimer(): void;
  /** Seconds on the card's clock since startTimer, after everything launched between. */
  stopTimer(): number;
  usage(): CudaUsage;
  /** Gives the pool's memory to the card. */
  trim(): void;
}

/** Memory in bytes, and what crossed the bus since the device was opened. */
export interface CudaUsage {
  readonly usedBytes: number;
  readonly pooledBytes: number;
  readonly peakBytes: number;
  readonly bytesToDevice: number;
  readonly bytesToHost: number;
  readonly copiesToDevice: number;
  readonly copiesToHost: number;
}

/**
 * `blasLibraries`: where cuBLAS may be, by name or path; the first that starts is taken. `rangeLibraries`: the same of NVTX, for the names
 * of calls on a profiler's time line.
 */
export type OpenCuda = (
  memoryLimitBytes: number | undefined,
  blasLibraries: readonly string[],
  rangeLibraries?: readonly string[],
  card?: number,
) => NativeCuda;

/** Open cards that hand each other pieces of arrays; see native/addon/cudaGroup.h. */
export interface NativeCudaGroup extends Pick<NativeCuda, 'record'> {
  readonly devices: readonly NativeCuda[];
  /** who carries the pieces, in words */
  readonly transport: string;
  /** Elements [bounds[c], bounds[c + 1]) of card c's array go to the same place of the others'. */
  share(arrays: readonly Handle[], bounds: readonly number[]): void;
  /** Bytes that arrived at cards, and calls of `share`. */
  shared(): { readonly bytes: number; readonly times: number };
}

/** `ncclLibraries`: where NCCL may be; without one cards copy from each other. */
export type OpenCudaGroup = (
  cards: readonly number[],
  memoryLimitBytes: number | undefined,
  blasLibraries: readonly string[],
  rangeLibraries: readonly string[],
  ncclLibraries: readonly string[],
) => NativeCudaGroup;

export interface NativeCpu {
  readonly isa: string;
  readonly lanes: number;
  readonly threads: number;
  readonly kernels: Readonly<Record<string, NativeFunction>>;
}

/** From packages/kernels/src as from packages/kernels/dist. */
const EMULATED_ADDON = '../../../native/build/emulated/agentmmrecEmulated.node';

/** What native/load.cjs exports. */
interface AddonLoader {
  addonFile(): string;
  loadAddon(): NativeAddon;
  /** the prebuilt packages that would do on this platform, best first */
  readonly packages: readonly string[];
}

const loader = whenUsed(() => createRequire(import.meta.url)('@agentmmrec/native') as AddonLoader);

/** The addon, loaded once. Fails with how to get one where there is none. */
export const loadAddon = whenUsed(() => found(() => loader().loadAddon()));

/** The addon's file: the one compiled here, else a prebuilt package's. Fails with how to get one where there is none. */
export function addonFile(): string {
  return found(() => loader().addonFile());
}

/** The prebuilt packages that would do on this platform, best first. */
export function prebuiltPackages(): readonly string[] {
  return loader().packages;
}

function found<T>(look: () => T): T {
  try {
    return look();
  } catch (cause) {
    const prebuilt = prebuiltPackages().at(-1);
    throw new AmrError({
      what: 'native kernels',
      got: cause instanceof Error ? cause.message.split('\n')[0] : String(cause),
      expected: prebuilt ? `the package ${prebuilt}, or kernels compiled here` : 'kernels compiled here',
      hint: 'npm run build:native in a checkout; where it is installed as a package npx agentmmrec-build, which needs a C++20 compiler and CMake',
      kind: 'failed',
      cause,
    });
  }
}

/** The addon of the emulated card: its shim can also be told to fail, and to run threads backwards. */
export interface EmulatedAddon {
  readonly openCuda: OpenCuda;
  readonly openCudaGroup: OpenCudaGroup;
  /** The nth next call of a CUDA runtime function answers `code`; nth 0 forgets all that was asked for. */
  failNext(name: string, nth: number, code: number): void;
  /** Runs the threads of a block from the last to the first, which shows missing barriers. */
  setReverseOrder(reverse: boolean): void;
  /** Makes another card the current one behind the device's back. */
  setCurrentCard(card: number): void;
  /** The sum of 1, 2, 4, 1, ... over `count` entries of a sparse matrix that begin at `begin`, which may be beyond 32 bits. */
  sumEntriesFrom(begin: number, count: number): number;
  /** Launches, bytes copied and the like since the start, by name. */
  counters(): Record<string, number>;
  /** Launches since the start, by kernel. */
  launchesByKernel(): Record<string, number>;
}

let emulated: EmulatedAddon | undefined;

/** The emulated card's addon, which only a checkout has and `npm run test:cuda-emulated` builds. */
export function loadEmulatedAddon(): EmulatedAddon {
  try {
    emulated ??= createRequire(import.meta.url)(EMULATED_ADDON) as EmulatedAddon;
    return emulated;
  } catch (cause) {
    throw new AmrError({
      what: 'device cuda-emulated',
      got: 'an emulation that was not built',
      expected: 'the addon that node test/cudaOnHost/build.mjs leaves in native/build/emulated',
      hint: 'run npm run test:cuda-emulated in a checkout, or use --device cpu',
      cause,
    });
  }
}

/** In the place of a kernel that the addon does not have for a device. */
export function absentKernel(kernel: string, device: string): NativeFunction {
  return () => {
    throw new AmrError({
      what: kernel,
      got: `no such kernel on ${device}`,
      expected: 'a device that has it',
      hint: 'rebuild the addon with npm run build:native, or use another device',
      kind: 'internal',
    });
  };
}

/** `AMR_CUBLAS`, and the folders where Python environments and CUDA toolkits are looked for. */
export function blasEnvironment(): { library?: string; roots: string[] } {
  const { AMR_CUBLAS: library, VIRTUAL_ENV, CONDA_PREFIX, CUDA_HOME, HOME } = process.env;
  const own = [VIRTUAL_ENV, CONDA_PREFIX, CUDA_HOME, HOME && `${HOME}/.local`];
  return { library: library || undefined, roots: own.filter((root): root is string => !!root) };
}

/** What is asked for or `AMR_NCCL` names (a library, or `none`), else the names under which the loader finds NCCL. */
export function ncclLibraries(asked = process.env.AMR_NCCL): string[] {
  if (asked) return asked === 'none' ? [] : [asked];
  return ['libnccl.so.2', 'libnccl.so'];
}

/** `AMR_NVTX` (a library, or `none`), else the names under which CUDA toolkits have NVTX. */
export function rangeLibraries(): string[] {
  const { AMR_NVTX: named } = process.env;
  if (named) return named === 'none' ? [] : [named];
  return ['libnvtx3interop.so.1', 'libnvtx3interop.so', 'libnvToolsExt.so.1', 'libnvToolsExt.so'];
}

/** `AMR_ISA`, `AMR_THREADS` and `AMR_PIN`, which stand in for options not given. An empty value counts as not set. */
export function environmentOptions(): { isa?: string; threads?: number; pinned?: boolean } {
  const { AMR_ISA: isa, AMR_THREADS: threads, AMR_PIN: pin } = process.env;
  if (pin && pin !== 'on' && pin !== 'off') {
    throw new AmrError({ what: 'AMR_PIN', got: pin, expected: 'on or off', hint: 'leave AMR_PIN unset for off' });
  }
  return {
    isa: isa || undefined,
    threads: threads ? Number(threads) : undefined,
    pinned: pin ? pin === 'on' : undefined,
  };
}

interface CallError extends Error {
  what: string;
  got: string;
  expected: string;
}

/** By its code, not its class: in a worker or a test the addon's Error may be another realm's. */
export function isCallError(error: unknown): error is CallError {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'AMR_CALL';
}

/** An error the addon threw, as an AmrError of ours; anything else unchanged. */
export function asAmrError(error: unknown, kind: 'input' | 'internal', hint: string): unknown {
  if (!isCallError(error)) return error;
  return new AmrError({ what: error.what, got: error.got, expected: error.expected, hint, kind, cause: error });
}
