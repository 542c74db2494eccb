import { existsSync } from 'node:fs';
import { AmrError } from '@agentmmrec/core';
import { readModelOptions, withoutRetired } from '@agentmmrec/models';
import { type Checkpoint, type RunIdentity, readCheckpoint } from './checkpoint.js';
import type { FeedbackHook } from './hooks.js';
import { checkIdentity, knowledgeIdentity } from './runIdentity.js';
import type { TrainCall } from './trainCall.js';
import type { TrainOptions } from './trainOptions.js';

/** Everything about a call that decides the bits of its parameters. */
export function identityOf(
  call: TrainCall,
  { batchSize, learningRate, negatives, optimizer, precision }: TrainOptions & { readonly learningRate: number },
): RunIdentity {
  const { model, options, data, seed, feedback } = call;
  return {
    model: model.name,
    options: readModelOptions(model, options ?? {}),
    data: data.name,
    fingerprint: data.fingerprint,
    ...knowledgeIdentity(data),
    encoders: data.encoders,
    seed,
    batchSize,
    learningRate,
    // JSON leaves it out: checkpoints of ordinary runs keep their bytes.
    negatives: negatives === 'all' ? undefined : negatives,
    optimizer: optimizer === 'lazy-adam' ? optimizer : undefined,
    precision: precision === null || precision === 'fp32' ? undefined : precision,
    feedback: feedback ? feedbackIdentity(feedback) : null,
  };
}

/** Under the names that checkpoints have. */
function feedbackIdentity({ feedbackEvery, feedbackPeriods, identity }: FeedbackHook): RunIdentity['feedback'] {
  // "Every period" may be said as undefined or as Infinity, which JSON does not know.
  const periods = Number.isFinite(feedbackPeriods) ? feedbackPeriods : null;
  return { ...identity, everyEpochs: feedbackEvery, periods };
}

/**
 * The checkpoint a call goes on from. More epochs or another patience than before are fine, another run is not.
 * @throws AmrError input: no checkpoint, a damaged one, or one of another run
 */
export function savedRun(call: TrainCall, identity: RunIdentity): Checkpoint {
  const { checkpointPath: path, device, log } = call;
  if (!path || !existsSync(path)) {
    throw new AmrError({
      what: 'resuming a run',
      got: path ? `no checkpoint at ${path}` : 'no checkpoint',
      expected: 'what an earlier run of the same command saved',
      hint: 'train without --resume, or name the file with --checkpoint',
    });
  }
  const saved = readCheckpoint(path);
  const options = withoutRetired(call.model, saved.identity.options);
  checkIdentity(path, { ...saved.identity, options }, identity);
  if (saved.device !== device.name) {
    log?.warn(`${path} was trained on ${saved.device}; going on with ${device.name}, the last bits may differ`);
  }
  return saved;
}
