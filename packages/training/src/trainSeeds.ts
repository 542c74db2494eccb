import type { TrainCall } from './trainCall.js';
import { type TrainingResult, trainModel } from './trainModel.js';

/**
 * Trains the same call once for each seed, one after the other, and hands each result on. Only what `finish` returns is kept:
 * the memory of its model goes back to the device before the next one is built.
 * @param call.checkpointPath the file of each seed
 * @param finish takes what is wanted from a result: metrics per user, the final evaluation
 * @throws as `trainModel`; seeds that were finished go on from their checkpoint when `resume` is set
 */
export async function trainSeeds<T>(
  call: Omit<TrainCall, 'seed' | 'checkpointPath'> & { checkpointPath?: (seed: number) => string },
  seeds: readonly number[],
  finish: (result: TrainingResult, seed: number) => T | Promise<T>,
): Promise<T[]> {
  const finished: T[] = [];
  for (const seed of seeds) {
    const result = await trainModel({ ...call, seed, checkpointPath: call.checkpointPath?.(seed) });
    try {
      finished.push(await finish(result, seed));
    } finally {
      result.model.release?.();
    }
  }
  return finished;
}
