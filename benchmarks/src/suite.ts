import type { Device } from '@agentmmrec/kernels';
import type { PeerCase } from './peer.js';
import type { Size } from './sizes.js';

/** One thing measured: our call, what it moves and computes, and the peers that do the same. */
export interface BenchmarkCase {
  readonly name: string;
  /** bytes that must cross the memory bus at least once, and floating point operations; the cost model's two numbers */
  readonly bytes: number;
  readonly flops: number;
  run(): void;
  /** our output after `run`, compared with the peer's; absent where the peer's order of operations differs by design */
  readonly result?: () => Float32Array | Int32Array;
  readonly peers: readonly (PeerCase & { readonly name: string })[];
  /** other versions of ours, measured in the same rounds (`own spmm`, `plain TypeScript`) */
  readonly others?: readonly { readonly name: string; run(): void }[];
  /** targets of the issue by peer name: at least this many times faster */
  readonly targets?: Readonly<Record<string, number>>;
}

export interface Suite {
  readonly name: string;
  /** The cases at a size. Inputs are seeded; memory belongs to the case and is garbage when the case is dropped. */
  cases(device: Device, size: Size): Generator<BenchmarkCase>;
}
