import type { Evaluation } from '@agentmmrec/evaluation';
import type { BuiltModel } from '@agentmmrec/models';
import type { EpochRecord, RunIdentity } from './checkpoint.js';
import type { TrainCall } from './trainCall.js';
import { TrainingRun } from './trainingRun.js';

/** What a training came to; the model is the caller's to release. */
export interface TrainingResult {
  readonly identity: RunIdentity;
  /** the model with the parameters of the best epoch (of the last one without selection) */
  readonly model: BuiltModel;
  /** epoch (from 0) whose parameters were kept; null without selection */
  readonly bestEpoch: number | null;
  /** epochs trained, those before a resume included */
  readonly epochs: number;
  /**
   * Mean seconds of sampling, forward, backward and Adam over all positives; evaluation and feedback not included. Over the
   * epochs this process trained whole; null when there were none.
   */
  readonly secondsPerEpoch: number | null;
  readonly history: readonly EpochRecord[];
  /** of the kept parameters; null without selection */
  readonly validation: Evaluation | null;
  readonly feedbackReports: readonly { readonly period: number; readonly report: unknown }[];
  /** highest resident memory of the process so far */
  readonly peakRssBytes: number;
  readonly remarks: readonly string[];
}

/**
 * Trains a model with BPR triples and Adam, stops early on unrounded validation Recall@20, and ends with the best parameters.
 * Equal calls give equal bits, whether or not they were interrupted and resumed. The test split cannot be reached from here.
 * @throws AmrError interrupted: the signal was aborted; the checkpoint is saved and the hint is the command that goes on
 * @throws AmrError input: options, data the model cannot use, a checkpoint of another run
 * @throws AmrError failed: a loss that is no number
 */
export async function trainModel(call: TrainCall): Promise<TrainingResult> {
  const run = call.device.reclaimOnFailure(() => new TrainingRun(call));
  let hasEnded = false;
  try {
    await run.train();
    run.sayWhatValidationTook();
    const { history, feedbackReports, bestEpoch } = run;
    const validation = run.restoreBest();
    hasEnded = true;
    return {
      identity: run.identity,
      model: run.model,
      bestEpoch,
      epochs: history.length,
      secondsPerEpoch: run.secondsPerEpoch,
      history,
      validation,
      feedbackReports,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      remarks: [...run.model.remarks, ...run.remarks],
    };
  } finally {
    run.release(); // before the model: rows that wait for the optimizer are brought up to date in its memory
    if (!hasEnded) run.model.release();
  }
}
