import type { Study } from '../study/study.js';
import { performRun } from './performRun.js';
import type { Launch } from './runner.js';
import type { PlannedRun } from './runSpec.js';
import type { RunStore } from './runStore.js';

/**
 * Does runs in this process in place of processes of their own: for tables that are part of a command, whose runs are short or share
 * what is dear to make. The Runner above is told one at a time. Studies have the signal themselves, so nothing is left to stop.
 * @param withStudy calls `work` with a study on the data and the memory of the run
 */
export function launchHere(
  store: RunStore,
  withStudy: (run: PlannedRun, work: (study: Study) => Promise<void>) => Promise<void>,
): Launch {
  return (run, _id, onProgress) => ({
    ended: withStudy(run, async (study) => void (await performRun(run, study, store, onProgress))).then(
      () => ({ code: 0, error: '' }),
      (cause: unknown) => ({ code: 1, error: cause instanceof Error ? cause.message : String(cause) }),
    ),
    stop() {},
  });
}
