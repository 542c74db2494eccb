import type { Metrics } from '@agentmmrec/experiments';

/** `stopped`: it can go on with --resume; `planned`: asked for by an experiment and not begun. */
export type RunState = 'finished' | 'training' | 'stopped' | 'failed' | 'planned';

/** A run in one line of a list. What is not known yet is null. */
export interface RunSummary {
  readonly id: string;
  /** `train` leaves a model; `study` is a run of an experiment */
  readonly kind: 'train' | 'study';
  readonly label: string;
  readonly model: string;
  readonly data: string;
  /** of the training data */
  readonly fingerprint: string;
  readonly seed: number | null;
  readonly state: RunState;
  /** milliseconds since 1970 */
  readonly startedAtMs: number | null;
  /** done so far */
  readonly epochs: number;
  /** at most so many; early stopping may end a run before */
  readonly plannedEpochs: number | null;
  readonly secondsPerEpoch: number | null;
  readonly device: string | null;
  readonly reasoner: string | null;
  readonly peakRssBytes: number | null;
  /** validation of the best epoch */
  readonly valid: Metrics | null;
  readonly test: Metrics | null;
  readonly testReranked: Metrics | null;
  /** features were drawn from a seed */
  readonly synthetic: boolean;
  /** why it failed, or what of it cannot be read */
  readonly problem: string | null;
}

/** Where a run stood after an epoch (from 1). */
export interface CurvePoint {
  readonly epoch: number;
  readonly loss: number | null;
  readonly validRecall20: number | null;
}

/** All that is known of a run. */
export interface RunDetails extends RunSummary {
  readonly options: Readonly<Record<string, unknown>>;
  readonly training: Readonly<Record<string, unknown>>;
  readonly knowledge: {
    readonly reasoner: string;
    readonly rerankDepth: number;
    readonly begin: number;
    readonly end: number;
  } | null;
  readonly curve: readonly CurvePoint[];
  readonly bestEpoch: number | null;
  readonly feedback: readonly { readonly period: number; readonly report: unknown }[];
  readonly remarks: readonly string[];
}

const ofDetails = new Set(['options', 'training', 'knowledge', 'curve', 'bestEpoch', 'feedback', 'remarks']);

/** The line of a list out of all that is known. */
export function summaryOf(run: RunDetails): RunSummary {
  return Object.fromEntries(Object.entries(run).filter(([name]) => !ofDetails.has(name))) as unknown as RunSummary;
}
