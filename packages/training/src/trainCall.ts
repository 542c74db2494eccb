import { AmrError, type Log } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { type Evaluation, evaluateRanking } from '@agentmmrec/evaluation';
import type { Device } from '@agentmmrec/kernels';
import type { BuiltModel, Model } from '@agentmmrec/models';
import type { EpochRecord } from './checkpoint.js';
import type { FeedbackHook } from './hooks.js';
import type { TrainableData } from './runIdentity.js';
import type { TrainOptions } from './trainOptions.js';

/** What a training needs. */
export interface TrainCall {
  readonly model: Model;
  /** options of the model; missing ones take their defaults */
  readonly options?: Readonly<Record<string, unknown>>;
  readonly data: TrainableData;
  /** for early stopping and the choice of the epoch only */
  readonly validation: Interactions;
  readonly device: Device;
  readonly seed: number;
  readonly training?: Partial<TrainOptions>;
  readonly feedback?: FeedbackHook;
  readonly log?: Log;
  /** aborted by Ctrl-C: the run stops at the next step, saves itself and throws */
  readonly signal?: AbortSignal;
  /** Where the run is saved; an existing file of another run is replaced. Without it an interrupted run is lost. */
  readonly checkpointPath?: string;
  /** go on from `checkpointPath` */
  readonly resume?: boolean;
  /** the command that goes on, for the hint of an interruption */
  readonly resumeCommand?: string;
  /** called after each epoch */
  readonly onEpoch?: (record: EpochRecord) => void;
}

/** Validation of the model as it is. */
export function evaluateOnValidation(
  call: Pick<TrainCall, 'device' | 'validation'> & { readonly data: Pick<TrainableData, 'train'> },
  model: BuiltModel,
): Evaluation {
  const { device, data, validation } = call;
  return evaluateRanking({ device, ranking: model.ranking(), train: data.train, truth: validation });
}

/** The error of a run that was stopped and saved. */
export function interruption(call: Pick<TrainCall, 'checkpointPath' | 'resumeCommand'>, epoch: number): AmrError {
  const { checkpointPath, resumeCommand } = call;
  const again = resumeCommand ?? 'train again with the same options and --resume';
  return new AmrError({
    what: 'training',
    got: `an interruption in epoch ${epoch + 1}`,
    expected: 'to train to the end',
    hint: checkpointPath ? `to go on: ${again}` : 'nothing was saved: the same command begins anew',
    kind: 'interrupted',
  });
}
