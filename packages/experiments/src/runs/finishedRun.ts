import type { MemoryStats } from '@agentmmrec/memory';
import type { Metrics, RunRecord } from '../study/runRecord.js';

/** Where and how long a run was made. */
export interface RunCost {
  readonly startedAtMs: number;
  readonly wallSeconds: number;
  readonly machine: string;
  readonly device: string;
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What a finished run left. */
export interface FinishedRun {
  readonly cost: RunCost;
  /** of `train` */
  readonly record: RunRecord | null;
  /** of `select`: the best validation metrics, and after how many epochs it ended */
  readonly selection: {
    readonly valid: Metrics;
    readonly epochs: number;
    readonly secondsPerEpoch: number | null;
  } | null;
  /** of `knowledge`: digest of what the model was asked with, and what it wrote */
  readonly knowledge: {
    readonly reasoner: string;
    readonly digest: string;
    readonly entries: number;
    /** whose weights wrote them; absent in runs that were kept before it was recorded */
    readonly writers?: MemoryStats['writers'];
  } | null;
  /** of a kept run: the code that made it; absent: the code that is asked for */
  readonly codeVersion?: string;
}

export interface FailedRun {
  readonly reason: string;
}
