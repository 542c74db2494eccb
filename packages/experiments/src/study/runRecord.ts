import type { Evaluation, MetricName } from '@agentmmrec/evaluation';
import { isReconstruction } from '@agentmmrec/models';
import type { RerankReport } from '@agentmmrec/training';
import type { RerankedExample } from './rerankedExamples.js';

/** Recall and NDCG by name. */
export type Metrics = Readonly<Record<MetricName, number>>;

/** One finished training with its only look at the test split. */
export interface RunRecord {
  readonly model: string;
  readonly data: string;
  /** of the training data; runs are paired user by user where it is equal */
  readonly fingerprint: string;
  readonly seed: number;
  /** `cpu` or `cuda`, with the instruction set or card */
  readonly device: string;
  /** who made the knowledge, or null when the model had none */
  readonly reasoner: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly epochs: number;
  /** null when a resumed run had no whole epoch left to time */
  readonly secondsPerEpoch: number | null;
  readonly peakRssBytes: number;
  /** by epoch, from 1 */
  readonly curve: readonly EpochPoint[];
  readonly valid: Metrics;
  /** before reranking, with every user's own values */
  readonly test: Evaluation;
  /** after reranking, where lists were reranked */
  readonly testReranked: Evaluation | null;
  /** how many users were reranked, whose calls failed, what was mended */
  readonly reranking: RerankReport | null;
  /** a few users before and after reranking; empty without */
  readonly examples: readonly RerankedExample[];
  /** features were drawn from a seed, not measured on content: the numbers say nothing about real multimodality */
  readonly synthetic: boolean;
  /** reports of the feedback rounds, in order; empty without feedback */
  readonly feedback: readonly { readonly period: number; readonly report: unknown }[];
  readonly remarks: readonly string[];
}

export interface EpochPoint {
  readonly epoch: number;
  /** mean training loss of the epoch's steps; null for a model that is not trained by a loss */
  readonly loss: number | null;
  /** validation Recall@20, or null where the epoch was not evaluated */
  readonly validRecall20: number | null;
}

/** The result line of `train --json`, in the order and with the names that readers of it rely on. */
export function resultLine(run: RunRecord): Readonly<Record<string, unknown>> {
  const { model, data, seed, device, reasoner, epochs, secondsPerEpoch, peakRssBytes, valid } = run;
  const reranked = run.testReranked === null ? {} : { testReranked: run.testReranked.metrics };
  const stamps = {
    ...(run.synthetic && { synthetic: true }),
    ...(isReconstruction(model) && { reconstruction: true }),
  };
  const test = run.test.metrics;
  return {
    model,
    data,
    seed,
    device,
    reasoner,
    epochs,
    secondsPerEpoch,
    peakRssBytes,
    valid,
    test,
    ...reranked,
    ...stamps,
  };
}
