import { AmrError, type CountedProgress, following, type Log } from '@agentmmrec/core';
import type { LoadingValues } from '@agentmmrec/datasets';
import type { OnPreparing, PrepareElsewhere } from '@agentmmrec/explorer';
import { flagName } from '../arguments/optionNames.js';
import type { Session } from '../session/session.js';
import { ownProcess } from './ownProcess.js';

/** It saves nothing, and a long computation hears no signal: whoever stops the server does not wait for it. */
const PATIENCE_MS = 500;

/** What one such process tells another. */
export interface PreparationProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Makes what a server answers from by processes of this command (`serve prepare`).
 * @param loading how the data set is read
 */
export function preparer(session: Session, loading: LoadingValues): PrepareElsewhere {
  return async (asked, onProgress, signal) => {
    signal.throwIfAborted();
    const { workspace, deviceChoice, threads } = session;
    const given = { ...asked, ...loading, workspace, device: deviceChoice, threads };
    const flags = Object.entries(given).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [`--${flagName(name)}=${value}`],
    );
    const { ended, stop, kill } = ownProcess(['serve', 'prepare', ...flags], (message) => {
      const { done, total } = message as PreparationProgress;
      onProgress(done, total);
    });
    let patience: NodeJS.Timeout | undefined;
    const end = () => {
      stop();
      patience = setTimeout(kill, PATIENCE_MS);
    };
    signal.addEventListener('abort', end, { once: true });
    try {
      const { code, error } = await ended;
      if (code !== 0) throw failed(code, error);
    } finally {
      clearTimeout(patience);
      signal.removeEventListener('abort', end);
    }
  };
}

/** Says what is made ready as it begins, and how far it is. @param meanwhile what is true until it is ready */
export function preparingShown(log: Log, meanwhile: string): { readonly onProgress: OnPreparing; end(): void } {
  let shown: CountedProgress | null = null;
  return {
    onProgress(label, done, total) {
      if (total === null) {
        shown?.end();
        log.info(`making ready ${label}${meanwhile}`);
        shown = following(log, `making ready ${label}`);
      } else shown?.onProgress(done, total);
    },
    end: () => shown?.end(),
  };
}

function failed(code: number, error: string): AmrError {
  return new AmrError({
    what: 'making ready what the server answers from',
    got: error || `exit code ${code}`,
    expected: 'the lists of a run or the neighbours by a memory',
    hint: 'run agentmmrec serve prepare by hand to see why',
    kind: 'failed',
  });
}
