import type { Device, Kernels } from '@agentmmrec/kernels';
import type { Work } from './costModel.js';
import type { PeerCase } from './peer.js';
import type { Rates } from './rates/rates.js';
import type { Size } from './sizes.js';

/** One thing measured: our call, what it moves and computes, and the peers that do the same. */
export interface BenchmarkCase {
  readonly name: string;
  /** Bytes that must cross the memory bus at least once, and floating point operations; 0 where they say nothing. */
  readonly bytes: number;
  readonly flops: number;
  /** what the cost model predicts the time from, one after the other; absent where there is no model (see kernelWork.ts) */
  readonly work?: (rates: Rates) => readonly Work[];
  /** where the case stands in the scaling tables: one table per `of` and `axis`, one line per `at` */
  readonly scaling?: { readonly of: string; readonly axis: string; readonly at: number };
  /** One run. A case that times itself, as in a process of its own, returns its seconds. */
  run(): TimedRun;
  /** exactly this many counted runs and no warm-up, for runs that take minutes */
  readonly rounds?: number;
  /** our output after `run`, compared with the peer's; absent where the peer's order of operations differs by design */
  readonly result?: () => Float32Array | Int32Array;
  readonly peers: readonly (PeerCase & { readonly name: string })[];
  /** Other versions of ours, measured in the same rounds (`own spmm`, `plain TypeScript`, `1 thread`). */
  readonly others?: readonly Contender[];
  /** targets of the issue by peer name: at least this many times faster */
  readonly targets?: Readonly<Record<string, number>>;
  /** numbers beside the time (memory, throughput), asked for once after the last run */
  readonly facts?: () => Fact[] | Promise<Fact[]>;
  /** What bounds the case and what was tried: shown where a target is missed. The one home of that text. */
  readonly bound?: string;
  /** gives back what the case holds */
  readonly release?: () => void;
}

/** Nothing, or the seconds the run took by its own clock; now or later. */
// biome-ignore lint/suspicious/noConfusingVoidType: most runs are plain calls that return nothing
export type TimedRun = void | number | Promise<void | number>;

export interface Contender {
  readonly name: string;
  /** the part of the work one run does (rows, steps), whose time is divided by it; 1 when absent */
  readonly share?: number;
  run(): TimedRun;
}

/** A number worth reporting beside the time, with the bound it is held to. */
export interface Fact {
  readonly name: string;
  readonly value: number;
  readonly unit: 'bytes' | 'seconds' | 'per second' | 'count' | 'ratio';
  readonly target?: { readonly atMost?: number; readonly atLeast?: number };
}

/** What a suite may need beside its device and size. */
export interface SuiteContext {
  /** the CPU device with another number of threads and the same instruction set; null where the run is about another device */
  withThreads(threads: number): Device | null;
  /** what the machine can do on that device, measured once a run */
  ratesOf(device: Device): Promise<Rates>;
  /** threads of the run */
  readonly threads: number;
  /** the plain TypeScript kernels, on arrays of the CPU device; null where the run is about another device */
  readonly plain: Kernels | null;
  /** program and first words of the command line, for children */
  readonly command: readonly string[];
  readonly dataRoot: string;
  readonly workspace: string;
  /** for child processes */
  readonly environment: NodeJS.ProcessEnv;
}

export interface Suite {
  readonly name: string;
  /** false: runs only when asked for by name */
  readonly byDefault?: false;
  /** false: brings its own inputs, so it runs once and not per size */
  readonly perSize?: false;
  /** The cases at a size. Inputs are seeded; memory belongs to the case and is garbage when the case is dropped. */
  cases(
    device: Device,
    size: Size,
    context: SuiteContext,
  ): Generator<BenchmarkCase, void, void> | AsyncGenerator<BenchmarkCase, void, void>;
}

/** The plain TypeScript version beside ours, on a part of the work where all of it would take minutes. */
export function plainTypeScript({ plain }: SuiteContext, run: (kernels: Kernels) => void, share = 1): Contender[] {
  return plain ? [{ name: 'plain TypeScript', share, run: () => run(plain) }] : [];
}
